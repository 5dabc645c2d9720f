import type { Plugin } from 'vite';

/**
 * Keeps marked's lexer, in the dialect that `rich/lex` asks for, and drops the rest of it, a quarter: its one module sets
 * up a parser, a renderer, other dialects and a global instance as it loads, which no bundler may leave out unasked.
 */
export const lexerOnly: Plugin = {
  name: 'marked-lexer-only',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/marked/lib/marked.esm.js')) return null;
    let kept = '';
    const builder = /function (\w)\(\w,\w=""\)\{[^}]*source/.exec(code)?.[1];
    if (builder === undefined) this.error('marked no longer builds its rules as it did');
    const rule = new RegExp(`(?<=[=:])${builder}\\(`, 'g');
    code = code
      .replace(/this\.options\.pedantic/g, '!1')
      .replace(/this\.options\.(gfm|breaks)/g, '!0')
      .replace(/,pedantic:\w+(?=\})/g, '')
      .replace(rule, `/* @__PURE__ */${builder}(`);
    for (const statement of this.parse(code).body) {
      const text = code.slice(statement.start, statement.end);
      // What is hung on the function `marked`, and read from it again.
      if (statement.type === 'ExpressionStatement' || /^var \w+=\w+\.\w+,/.test(text)) continue;
      if (statement.type !== 'ExportNamedDeclaration') {
        kept += `${text.replace(/^var \w+=(?=new )/, '$&/* @__PURE__ */')}\n`;
        continue;
      }
      const lexer = /\b(\w+) as Lexer\b/.exec(text)?.[1];
      if (lexer === undefined) this.error('marked no longer exports its lexer as it did');
      kept += `export { ${lexer} as Lexer };\n`;
    }
    return { code: kept, map: null, moduleSideEffects: false };
  },
};
