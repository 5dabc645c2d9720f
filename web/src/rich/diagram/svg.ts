/**
 * SVG text to Preact nodes: a strict reader for what a machine wrote, which ends at anything it does not know.
 * No parser of the browser is asked, so Trusted Types have nothing to object to. Pure.
 */
import { h, type ComponentChildren, type VNode } from 'preact';

const ELEMENTS = new Set(
  'svg g defs marker rect circle ellipse line polyline polygon path text tspan'.split(' '),
);
/** Left out with all that they hold. */
const DROPPED = new Set(['style', 'title', 'desc']);
const NUMBERS =
  'x y x1 y1 x2 y2 cx cy r rx ry dx dy width height refX refY markerWidth markerHeight stroke-width font-size ' +
  'font-weight opacity fill-opacity stroke-opacity';
const WORDS =
  'text-anchor font-style text-decoration orient stroke-linecap stroke-linejoin dominant-baseline points viewBox ' +
  'stroke-dasharray';
/** How the value of each attribute may look. */
const ATTRIBUTES: ReadonlyMap<string, RegExp> = new Map([
  ...NUMBERS.split(' ').map((name) => [name, /^-?[\d.]+(?:e-?\d+)?(?:px|em|%)?$/] as const),
  ...WORDS.split(' ').map((name) => [name, /^[\w\s.,-]*$/] as const),
  ['d', /^[MmLlHhVvCcSsQqTtAaZz\d\s.,e-]*$/],
  ['transform', /^(?:(?:rotate|translate|scale)\([\d\s.,e-]*\)\s*)*$/],
  ['fill', /^(?:var\(--[\w-]+\)|none|currentColor)$/],
  ['stroke', /^(?:var\(--[\w-]+\)|none|currentColor)$/],
]);
const REFERENCE = /^url\(#([\w-]+)\)$/;
const TAG = /<(\/?)([a-zA-Z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y;
const PAIR = /([\w:-]+)="([^"]*)"/g;
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const MOST_ELEMENTS = 5000;
const DEEPEST = 30;

interface Open {
  name: string;
  props: Record<string, unknown>;
  children: ComponentChildren[];
}

/** Raises for anything that is not such a drawing. */
export function readSvg(text: string, id: string, label: string): VNode {
  const stack: Open[] = [];
  let elements = 0;
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) !== '<') {
      const end = text.indexOf('<', at);
      const words = text.slice(at, end < 0 ? text.length : end);
      stack.at(-1)?.children.push(decode(words));
      at += words.length;
      continue;
    }
    TAG.lastIndex = at;
    const match = TAG.exec(text);
    if (!match) throw new Error('Not a drawing.');
    const [whole, closing, name = '', attributes = '', selfClosing] = match;
    at += whole.length;
    if (++elements > MOST_ELEMENTS || stack.length > DEEPEST) throw new Error('Too large a drawing.');
    if (DROPPED.has(name)) {
      if (!selfClosing) at = text.indexOf(`</${name}>`, at) + name.length + 3;
      continue;
    }
    if (closing) {
      const done = stack.pop();
      if (done?.name !== name) throw new Error('Not well-formed.');
      const node = h(name, done.props, done.children);
      const parent = stack.at(-1);
      if (!parent) return node;
      parent.children.push(node);
      continue;
    }
    if (!ELEMENTS.has(name) || (stack.length === 0) !== (name === 'svg')) throw new Error(`A <${name}>.`);
    const props = { ...propsOf(attributes, id), ...(name === 'svg' && { role: 'img', 'aria-label': label }) };
    if (selfClosing) stack.at(-1)?.children.push(h(name, props));
    else stack.push({ name, props, children: [] });
  }
  throw new Error('Not complete.');
}

function propsOf(attributes: string, id: string): Record<string, unknown> {
  const props: Record<string, unknown> = {};
  for (const [, name = '', raw = ''] of attributes.matchAll(PAIR)) {
    const value = decode(raw);
    const reference = REFERENCE.exec(value)?.[1];
    if (name === 'id' && /^[\w-]+$/.test(value)) props.id = `${id}-${value}`;
    else if (/^marker-(?:start|mid|end)$/.test(name) && reference !== undefined)
      props[name] = `url(#${id}-${reference})`;
    else if (ATTRIBUTES.get(name)?.test(value)) props[name] = value;
    // Whatever colour it is, it is not the theme's.
    else if (name === 'fill') props.fill = 'var(--_node-fill)';
    else if (name === 'stroke') props.stroke = 'var(--_node-stroke)';
  }
  return props;
}

function decode(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
        ? String.fromCodePoint(code)
        : '\ufffd';
    },
  );
}
