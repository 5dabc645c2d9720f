/**
 * TeX to MathML nodes. Temml reads the TeX and makes a tree, which is taken over element by element: what is
 * not known here is left out, and no string of markup is ever made. `\href`, `\class` and their like are refused.
 */
import { h, type ComponentChildren, type VNode } from 'preact';
import temml from 'temml';

const ELEMENTS = new Set(
  (
    'math mrow mi mn mo ms mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd ' +
    'mstyle mpadded mphantom mmultiscripts mprescripts none menclose'
  ).split(' '),
);
const ATTRIBUTES = new Set(
  (
    'display displaystyle scriptlevel mathvariant stretchy symmetric fence separator form lspace rspace minsize ' +
    'maxsize movablelimits largeop accent linethickness columnalign rowspacing width height depth voffset notation'
  ).split(' '),
);
const STYLES = new Set(
  (
    'border borderTop borderBottom borderLeft borderRight padding paddingTop paddingBottom paddingLeft paddingRight ' +
    'marginLeft fontWeight fontStyle mathDepth textAlign whiteSpace width'
  ).split(' '),
);
/** Lengths, numbers and words: nothing that could load or cover something. */
const PLAIN = /^[\w\s.%+-]*$/;
/** In em and points. A formula must not be larger than a page. */
const MAX_SIZE: [number, number] = [30, 300];
const MAX_EXPANSIONS = 500;
const MAX_NODES = 5000;

/** One node of Temml's tree, as far as it is looked at. */
interface TexNode {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly style?: Readonly<Record<string, unknown>>;
  readonly classes?: readonly unknown[];
  readonly children?: readonly TexNode[];
}

/** The formula, or null for what is none. */
export function mathml(tex: string, display: boolean): VNode | null {
  try {
    const tree = temml.__renderToMathMLTree(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      strict: false,
      maxSize: MAX_SIZE,
      maxExpand: MAX_EXPANSIONS,
    }) as TexNode;
    return tree.type === 'math' ? (new Builder().build(tree) as VNode) : null;
  } catch {
    return null; // not TeX, too deep or too long: shown as it was written
  }
}

class Builder {
  #left = MAX_NODES;

  build(node: TexNode): ComponentChildren {
    if (this.#left-- <= 0) throw new Error('The formula is too large.');
    if (typeof node.text === 'string') return node.text;
    const children = (node.children ?? []).map((child) => this.build(child));
    if (node.type === undefined) return children; // a fragment
    if (typeof node.type !== 'string' || !ELEMENTS.has(node.type)) throw new Error('Not MathML.');
    return h(node.type, propsOf(node), children);
  }
}

function propsOf({ attributes = {}, style = {}, classes = [] }: TexNode): Record<string, unknown> {
  const props: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (ATTRIBUTES.has(name) && PLAIN.test(String(value))) props[name] = String(value);
  }
  const styles = Object.entries(style).filter(
    ([name, value]) => STYLES.has(name) && PLAIN.test(String(value)),
  );
  // Set one by one, which a policy without inline styles allows; where MathML is not known, nothing has a style.
  if (styles.length > 0)
    props.ref = (element: Partial<ElementCSSInlineStyle> | null) =>
      Object.assign(element?.style ?? {}, Object.fromEntries(styles));
  const names = classes.filter((name) => /^tml-[\w-]+$/.test(String(name)));
  if (names.length > 0) props.class = names.join(' ');
  return props;
}
