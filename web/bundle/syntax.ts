/** Looking through the syntax trees that the bundler's parser makes. */

export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export function isIdentifier(value: unknown): value is { name: string } {
  return (value as Node | undefined)?.type === 'Identifier';
}

export type IsLocal = (name: string) => boolean;

/** Every node below `value`; `isLocal` tells whether a function around it has a name of its own. */
export function visit(
  value: unknown,
  see: (node: Node, isLocal: IsLocal) => void,
  outer: IsLocal = () => false,
): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  const own = 'params' in node ? declared(node) : null;
  const isLocal = own ? (name: string) => own.has(name) || outer(name) : outer;
  if (typeof node.type === 'string') see(node, isLocal);
  for (const each of Object.values(node)) visit(each, see, isLocal);
}

/** The names that a function declares, those of its inner functions included. */
function declared(value: unknown, names = new Set<string>(), isPattern = false): Set<string> {
  if (typeof value !== 'object' || value === null) return names;
  if (isPattern && isIdentifier(value)) names.add(value.name);
  const isDeclarator = (value as Node).type === 'VariableDeclarator';
  for (const [key, each] of Object.entries(value)) {
    declared(each, names, isPattern || key === 'params' || (isDeclarator && key === 'id'));
  }
  return names;
}
