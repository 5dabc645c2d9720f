/**
 * Values of CSS that a widget may say. Whatever comes from the server goes through here before it becomes a style:
 * what is not understood as a whole is left out. Nothing that loads, refers to something or ends a declaration is
 * ever understood. Pure.
 */
import { primitive, type Colour, type Tokens } from './colours';

/** Pixels; nobody needs more, and some layouts break down with more. */
const MOST = 10_000;
const LONGEST = 300;
const SPACE = 4;

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
const LENGTH =
  /^([+-]?(?:\d+\.?\d*|\.\d+))(?:px|r?em|%|ch|ex|lh|pt|fr|[sld]?v(?:w|h|min|max)|cq(?:w|h|i|b|min|max))?$/i;
const LENGTH_WORD = /^(?:auto|none|normal|(?:min|max|fit)-content)$/;
const ARITHMETIC = /^(?:calc|min|max|clamp)$/;
const COLOUR_FUNCTION = /^(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|calc)$/i;
const PAINT_FUNCTION =
  /^(?:(?:repeating-)?(?:linear|radial|conic)-gradient|rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|calc)$/i;
const HARMLESS = /^[\w\s#%.,()+*/-]+$/;

/** A number as such or as text; null for anything else, and for what is beyond all measure. */
export function number(value: unknown): number | null {
  const read = typeof value === 'string' && NUMBER.test(value.trim()) ? Number(value) : value;
  return typeof read === 'number' && Math.abs(read) <= MOST ? read : null;
}

/** Numbers count in steps of 4 pixels; text is one to four lengths. */
export function space(value: unknown): string | null {
  const steps = number(value);
  return steps === null ? lengths(value, 4) : `${steps * SPACE}px`;
}

/** Numbers are pixels; text is a length. */
export function size(value: unknown): string | null {
  const pixels = number(value);
  return pixels === null ? lengths(value, 1) : `${pixels}px`;
}

export function flex(value: unknown): string | null {
  const share = number(value);
  return share === null ? lengths(value, 3) : String(share);
}

/** `16/9`, `1.5`. */
export function ratio(value: unknown): string | null {
  const share = number(value);
  if (share !== null) return share > 0 ? String(share) : null;
  const text = typeof value === 'string' ? value.trim() : '';
  return /^\d{1,5}(?:\.\d{1,4})?\s*[/:]\s*\d{1,5}(?:\.\d{1,4})?$/.test(text) ? text.replace(':', '/') : null;
}

function lengths(value: unknown, most: number): string | null {
  if (typeof value !== 'string' || value.length > LONGEST || !HARMLESS.test(value)) return null;
  if (!callsOnly(value, ARITHMETIC)) return null;
  const isSum = value.includes('(');
  const words = value.split(isSum ? /[\s,()*/]+/ : /\s+/).filter((word) => word !== '');
  const isKnown = words.length > 0 && words.every((word) => isLength(word) || (isSum && isOperator(word)));
  return isKnown && (isSum || words.length <= most) ? value.trim() : null;
}

function isLength(word: string): boolean {
  const amount = LENGTH.exec(word)?.[1];
  return amount === undefined ? LENGTH_WORD.test(word) : Math.abs(Number(amount)) <= MOST;
}

function isOperator(word: string): boolean {
  return /^[+-]$/.test(word) || ARITHMETIC.test(word);
}

/** Whether each `name(` in the text is one of these. */
function callsOnly(text: string, names: RegExp): boolean {
  return [...text.matchAll(/([\w-]*)\(/g)].every(([, name = '']) => names.test(name));
}

/** A token, a step of the palette, a colour of CSS, or one each for light and dark. */
export function colour(value: unknown, tokens: Tokens): Colour | null {
  return either(value, (text) => oneColour(text, tokens, COLOUR_FUNCTION));
}

/** A colour, or a gradient of colours. */
export function paint(value: unknown, tokens: Tokens): Colour | null {
  return either(value, (text) => oneColour(text, tokens, PAINT_FUNCTION));
}

function either(value: unknown, read: (text: string) => Colour | null): Colour | null {
  if (typeof value === 'string') return read(value.trim());
  if (typeof value !== 'object' || value === null) return null;
  const { light, dark } = value as { light?: unknown; dark?: unknown };
  const [day, night] = [light, dark].map((each) => (typeof each === 'string' ? read(each.trim()) : null));
  const one = day ?? night;
  return one ? [(day ?? one)[0], (night ?? one)[1]] : null;
}

function oneColour(text: string, tokens: Tokens, functions: RegExp): Colour | null {
  const token = Object.hasOwn(tokens, text) ? tokens[text] : undefined;
  if (token !== undefined) return [token, token];
  const step = primitive(text);
  if (step) return step;
  const isKnown = text.length <= LONGEST && HARMLESS.test(text) && callsOnly(text, functions);
  if (!isKnown || !/^(?:#[\da-f]{3,8}|[a-z]+|[\w-]+\(.*\))$/is.test(text)) return null;
  // Steps of the palette may be mixed, as in a gradient.
  const mixed = (scheme: 0 | 1): string =>
    text.replace(/\b[a-z]+-\d{1,4}\b/g, (name) => primitive(name)?.[scheme] ?? name);
  return [mixed(0), mixed(1)];
}

export interface Edges<T> {
  readonly top: T | null;
  readonly right: T | null;
  readonly bottom: T | null;
  readonly left: T | null;
}

/** The same for every side, or side by side; `x` and `y` stand for two each, and a side's own name wins. */
export function edges<T>(value: unknown, read: (value: unknown) => T | null): Edges<T> | null {
  const all = read(value);
  if (all !== null) return { top: all, right: all, bottom: all, left: all };
  if (typeof value !== 'object' || value === null) return null;
  const { top, right, bottom, left, x, y } = value as Readonly<Record<string, unknown>>;
  return {
    top: read(top) ?? read(y),
    right: read(right) ?? read(x),
    bottom: read(bottom) ?? read(y),
    left: read(left) ?? read(x),
  };
}

/** Padding or margin. Text of several lengths is taken apart, as CSS does. */
export function spacing(value: unknown): Edges<string> | null {
  const text = space(value);
  if (text === null || text.includes('(')) return edges(value, space);
  const [top = '0', right = top, bottom = top, left = right] = text.split(/\s+/);
  return { top, right, bottom, left };
}

export interface Line {
  /** Pixels. */
  readonly size: number;
  readonly style: string;
  readonly colour: Colour;
}

const LINE_STYLE = /^(?:solid|dashed|dotted|double|groove|ridge|inset|outset)$/;

export function border(value: unknown, tokens: Tokens): Edges<Line> | null {
  const plain = tokens.default ?? 'currentcolor';
  const read = (each: unknown): Line | null => {
    const pixels = number(each);
    if (pixels !== null) return { size: pixels, style: 'solid', colour: [plain, plain] };
    if (typeof each !== 'object' || each === null) return null;
    const line = each as Readonly<Record<string, unknown>>;
    if (!['size', 'color', 'style'].some((name) => name in line)) return null;
    const style = typeof line.style === 'string' && LINE_STYLE.test(line.style) ? line.style : 'solid';
    return { size: number(line.size) ?? 1, style, colour: colour(line.color, tokens) ?? [plain, plain] };
  };
  return edges(value, read);
}

const RADII: Readonly<Record<string, string>> = {
  none: '0',
  '2xs': '2px',
  xs: '4px',
  sm: '6px',
  md: '8px',
  lg: '10px',
  xl: '12px',
  '2xl': '16px',
  '3xl': '20px',
  '4xl': '24px',
  full: '9999px',
  '100%': '100%',
};

export function radius(value: unknown): string | null {
  return typeof value === 'string' && Object.hasOwn(RADII, value) ? (RADII[value] ?? null) : null;
}
