/**
 * Writes `chatkit.d.ts`: ChatKit's own types, and what our element has beside them, taken from its source.
 *
 * Methods of the class that `OpenAIChatKit` does not know are added to it, with every type of ours that they name.
 */
import ts from 'typescript';

const VENDOR = '@openai/chatkit';
const LIFECYCLE = new Set(['connectedCallback', 'disconnectedCallback', 'adoptedCallback']);

export function declarations(file: string, className: string): string {
  const program = ts.createProgram([file], {
    ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, strict: true, skipLibCheck: true },
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    ...{ jsx: ts.JsxEmit.ReactJSX, jsxImportSource: 'preact', types: ['vite/client'] },
    ...{ allowImportingTsExtensions: true, noEmit: true, resolveJsonModule: true },
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const element = source?.statements.find(
    (each): each is ts.ClassDeclaration => ts.isClassDeclaration(each) && each.name?.text === className,
  );
  if (!element) throw new Error(`${file} declares no ${className}`);
  const known = new Set(namesOfVendor(checker, element));
  const own = element.members.filter((member) => isPublic(member) && !known.has(nameOf(member)));
  const found = new Collected(checker);
  for (const member of own) found.visit(member);
  return [
    `/** Types of the <openai-chatkit> element. Generated from its source; do not edit. */`,
    `import type { ${[...found.vendor].sort().join(', ')} } from '${VENDOR}';`,
    `export type * from '${VENDOR}';`,
    ...found.local.values(),
    `declare module '${VENDOR}' {\n  interface OpenAIChatKit {\n${own.map(signature).join('\n')}\n  }\n}`,
    // ChatKit's package has this too, in a file that nothing of it leads to.
    `declare global {\n  interface HTMLElementTagNameMap {\n    'openai-chatkit': OpenAIChatKit;\n  }\n}`,
    '',
  ].join('\n\n');
}

/** What a type mentions: names of ChatKit's package, and declarations of ours, each with what it mentions. */
class Collected {
  readonly vendor = new Set<string>(['OpenAIChatKit']);
  readonly local = new Map<string, string>();
  readonly #checker: ts.TypeChecker;

  constructor(checker: ts.TypeChecker) {
    this.#checker = checker;
  }

  visit(node: ts.Node): void {
    if (ts.isBlock(node)) return;
    if (ts.isTypeReferenceNode(node)) this.#add(node.typeName);
    ts.forEachChild(node, (child) => {
      this.visit(child);
    });
  }

  #add(name: ts.EntityName): void {
    let symbol = this.#checker.getSymbolAtLocation(name);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = this.#checker.getAliasedSymbol(symbol);
    const declaration = symbol?.declarations?.[0];
    if (!symbol || !declaration || this.local.has(symbol.name) || ts.isTypeParameterDeclaration(declaration))
      return;
    const file = declaration.getSourceFile();
    if (file.fileName.includes(`/${VENDOR}/`)) this.vendor.add(symbol.name);
    else if (!file.fileName.includes('/node_modules/')) {
      if (!ts.isInterfaceDeclaration(declaration) && !ts.isTypeAliasDeclaration(declaration)) {
        throw new Error(`${symbol.name} is public, and neither an interface nor an alias`);
      }
      const text = declaration.getText().replace(/^(export )?/, 'export ');
      this.local.set(symbol.name, comment(declaration) + text);
      this.visit(declaration);
    }
  }
}

function namesOfVendor(checker: ts.TypeChecker, element: ts.ClassDeclaration): string[] {
  const clause = element.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ImplementsKeyword);
  const type = clause?.types[0];
  if (!type) throw new Error('The element implements nothing');
  return checker
    .getTypeAtLocation(type)
    .getProperties()
    .map((property) => property.name);
}

function isPublic(member: ts.ClassElement): boolean {
  if (!member.name || ts.isPrivateIdentifier(member.name)) return false;
  const isHidden = ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Static);
  return isHidden === 0 && !LIFECYCLE.has(nameOf(member));
}

function nameOf(member: ts.ClassElement): string {
  return member.name?.getText() ?? '';
}

/** A member as an interface has it. */
function signature(member: ts.ClassElement): string {
  const isSetter = ts.isSetAccessor(member);
  const isTyped = ts.isMethodDeclaration(member) || ts.isGetAccessor(member) ? member.type : isSetter;
  if (!isTyped) throw new Error(`${nameOf(member)} is public and does not say its type`);
  const { body } = member as ts.MethodDeclaration;
  const text = member.getText().slice(0, body ? body.getStart() - member.getStart() : undefined);
  return `${comment(member)}    ${text.trim().replace(/^async /, '')};`;
}

function comment(node: ts.Node): string {
  const said = ts.getJSDocCommentsAndTags(node).filter((each) => ts.isJSDoc(each));
  return said.map((each) => `${each.getText()}\n`).join('');
}
