/**
 * Keeps marked's lexer, in the dialect that `rich/lex` asks for, and drops the rest of it, more than half.
 *
 * Its one module sets up a parser, a renderer, other dialects and a global instance as it loads, which no bundler may
 * leave out unasked. And it puts its expressions together from pieces when it loads; here they are put together by the
 * build, by marked itself, and each becomes a constant, so that those nobody uses go too.
 */
import { Lexer } from 'marked';
import { parseSync } from 'rolldown/utils';
import type { Plugin } from 'vite';
import { visit, type Node } from './syntax.ts';

/** What is known of the options and of what extends the lexer: `[as it is written, as it always is]`. */
const SETTLED: readonly (readonly [RegExp, string])[] = [
  [/this\.options\.pedantic/g, '!1'],
  [/this\.options\.(gfm|breaks)/g, '!0'],
  [/this\.tokenizer\.(\w+)!==\w+\.prototype\.\1/g, '!1'],
  [/this\.tokenizer\.(\w+)===\w+\.prototype\.\1/g, '!0'],
  [/this\.options\.hooks\?\.\w+(\?\.call\([^)]*\))?/g, 'null'],
  [/this\.options\.extensions\?\.(\w+)\?\.some/g, 'this.options.extensions.$1.some'],
  [/this\.options\.extensions\?\.(\w+)\)/g, '!0)'],
  // Which rules apply was decided below.
  [/let (\w)=\{other:(?:(?!this\.).)*!0&&\(.*?this\.tokenizer\.rules=\1/, ''],
  [/static get rules\(\)\{return\{[^}]*\}\}/, ''],
];
export const lexerOnly: Plugin = {
  name: 'marked-lexer-only',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/marked/lib/marked.esm.js')) return null;
    return { code: lexerOf(code), map: null, moduleSideEffects: false };
  },
};

/** The module with the lexer alone. Throws where marked is no longer written as it was. */
export function lexerOf(marked: string): string {
  let code = marked;
  for (const [written, always] of SETTLED) {
    if (code.search(written) < 0) throw new Error(`marked no longer says ${String(written)}`);
    code = code.replace(written, always);
  }
  const { body } = parseSync('marked.js', code).program as unknown as { body: Node[] };
  const textOf = ({ start, end }: Node): string => code.slice(start, end);
  const declared = body.flatMap((statement) => (statement.declarations ?? []) as Node[]);
  const others = declared.find(({ init }) => /^\{codeRemoveIndent:/.test(init ? textOf(init as Node) : ''));
  if (!others) throw new Error('marked no longer has its other rules in one place');

  const rules = new Map<string, string>();
  for (const { key, value } of (others.init as { properties: { key: Node; value: Node }[] }).properties) {
    rules.set(`other.${textOf(key)}`, textOf(value));
  }
  for (const [name, rule] of Object.entries(Lexer.rules.block.gfm)) rules.set(`block.${name}`, String(rule));
  for (const [name, rule] of Object.entries(Lexer.rules.inline.breaks)) {
    rules.set(`inline.${name}`, String(rule));
  }
  const constant = (name: string): string => {
    if (!rules.has(name)) throw new Error(`marked has no rule ${name}`);
    return `$${name.replace('.', '_')}`;
  };

  const read = (statement: Node): string => {
    const edits: [Node, string][] = [];
    visit(statement, (node) => {
      if (node.type === 'MemberExpression') {
        const rule = ruleOf(node, nameOf(others.id));
        if (rule) edits.push([node, constant(rule)]);
      }
      // `let { tag: t } = this.tokenizer.rules.inline`
      const from = node.type === 'VariableDeclarator' ? (node.init as Node | null) : null;
      const kind = from && kindOf(from, null);
      if (!kind) return;
      const pairs = (node.id as { properties: { key: Node; value: Node }[] }).properties;
      const taken = pairs.map(({ key, value }) => `${textOf(value)}=${constant(`${kind}.${textOf(key)}`)}`);
      edits.push([node, ` ${taken.join()}`]);
    });
    let text = textOf(statement);
    for (const [{ start, end }, by] of edits.sort(([a], [b]) => b.start - a.start)) {
      text = text.slice(0, start - statement.start) + by + text.slice(end - statement.start);
    }
    return text;
  };

  const kept = [...rules].map(
    ([name, rule]) => `const ${constant(name)}=${rule.replace(/^\w+\(/, '/* @__PURE__ */$&')};`,
  );
  for (const statement of body) {
    const text = textOf(statement);
    // What is hung on the function `marked`, and read from it again.
    if (statement.type === 'ExpressionStatement' || /^var \w+=\w+\.\w+,/.test(text)) continue;
    if (statement.type === 'ExportNamedDeclaration') {
      const lexer = /\b(\w+) as Lexer\b/.exec(text)?.[1];
      if (lexer === undefined) throw new Error('marked no longer exports its lexer as it did');
      kept.push(`export { ${lexer} as Lexer };`);
    } else if (others.start >= statement.start && others.end <= statement.end) {
      // The rules in their pieces. Of the names of tags, which are text, an expression is made while lexing.
      const words = (statement.declarations as Node[]).filter(
        ({ init }) => (init as Node).type === 'Literal' && typeof (init as Node).value === 'string',
      );
      kept.push(...words.map((each) => `const ${textOf(each)};`));
    } else kept.push(read(statement).replace(/^var \w+=(?=new )/, '$&/* @__PURE__ */'));
  }
  return kept.join('\n');
}

/** `block.code` of `this.rules.block.code`; where `others` is the object of the other rules, `others.x` is one too. */
function ruleOf({ object, property }: Node, others: string): string | null {
  const kind = kindOf(object as Node, others);
  return kind && `${kind}.${nameOf(property)}`;
}

function kindOf(node: Node, others: string | null): string | null {
  if (others !== null && node.type === 'Identifier' && node.name === others) return 'other';
  if (node.type !== 'MemberExpression' || node.computed) return null;
  const kind = nameOf(node.property);
  const isOfRules = ['rules', undefined].includes(
    (node.object as { property?: { name?: string } }).property?.name,
  );
  return isOfRules && ['block', 'inline', 'other'].includes(kind) ? kind : null;
}

function nameOf(node: unknown): string {
  return (node as { name?: string }).name ?? '';
}
