/** Code to spans with classes, by highlight.js; its tree is taken over node by node, without a string of markup. */
import { h, type ComponentChildren } from 'preact';
import { createLowlight } from 'lowlight';
import { grammars } from './grammars';

type Node = ReturnType<ReturnType<typeof createLowlight>['highlight']>['children'][number];

const lowlight = createLowlight(grammars);

/** The kinds that have a colour of their own, by highlight.js's names for what it finds. */
const KINDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    keyword: 'keyword literal selector-tag doctag tag meta-keyword',
    string: 'string regexp template-tag selector-attr selector-pseudo char addition link',
    number: 'number symbol bullet variable template-variable',
    comment: 'comment quote meta',
    title: 'title section selector-id selector-class name',
    type: 'type built_in class attr attribute property',
    deleted: 'deletion',
  }).flatMap(([kind, names]) => names.split(' ').map((name) => [`hljs-${name}`, `ck-code-${kind}`])),
);

/** Null where the language is not known. */
export function colour(text: string, language: string): ComponentChildren {
  if (!lowlight.registered(language)) return null;
  try {
    return lowlight.highlight(language, text).children.map(toNode);
  } catch {
    return null;
  }
}

function toNode(node: Node): ComponentChildren {
  if (node.type === 'text') return node.value;
  if (node.type !== 'element') return null;
  const children = node.children.map(toNode);
  const [name] = node.properties['className'] as string[];
  const kind = name !== undefined && Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  return kind === undefined ? children : h('span', { class: kind }, children);
}
