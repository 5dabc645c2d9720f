/** The colours that widgets name: tokens, which follow the page's theme, and the steps of a palette. Pure. */

/** What a colour is in the light scheme and in the dark one. */
export type Colour = readonly [light: string, dark: string];

const STEPS = [25, 50, 75, 100, 200, 300, 400, 500, 600, 700, 800, 900, 950, 1000];
const GRAY_STEPS = [
  0, 25, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 650, 700, 750, 800, 850, 900, 925,
  950, 975, 1000,
];

const HUES: Readonly<Record<string, string>> = {
  blue: 'f5faffe5f3ffcce6ff99ceff66b5ff339cff0285ff0169cc004f99003f7a01356600284d000e1a000d19',
  green: 'edfaf2d9f4e4b8ebcc8cdfad66d49240c97704b84c00a24000863500692a004f1f003716011c0b001207',
  red: 'fff0f0ffd9d9ffc6c5ffa4a2ff8583ff6764fa423ee02e2aba2623911e1b6e16154d100e280b0a1f0909',
  orange: 'fff5f0ffe7d9ffcfb4ffb790ff9e6cff8549fb6a22e25507b9480d923b0f6d2e0f4a2206281105211107',
  yellow: 'fffbedfff6d9ffeeb8ffe48cffdb66ffd240ffc300e0ac00ba8e00916f006e54004d3b00261d001a1400',
  purple: 'f9f5feefe5fee0cefdceb0fbbe95faad7bf9924ff78046d96b3ab4532d8d3f226a2c184a160c25100a19',
  pink: 'fff4f9ffe8f3ffd4e8ffbadaffa3ceff8cc1ff66ade04c91ba437a963c676e2c4a4d1f3429101c1a0a11',
};
/** Gray turns around with the scheme: `gray-900` is what text is written in, by day and by night. */
const GRAYS: Colour = [
  'fffcf9f3eddfcdb9af9f8f765d4f41393028211c181613100d',
  '0d101316181c21283039414f5d768f9fafb9cddcedf3f3f9ff',
];

/** Names for what a colour is used for, and the element's own property that each stands for. */
export type Tokens = Readonly<Record<string, string>>;

export const TEXT: Tokens = {
  prose: 'var(--ck-text)',
  primary: 'var(--ck-text)',
  emphasis: 'var(--ck-text)',
  secondary: 'var(--ck-text-muted)',
  tertiary: 'var(--ck-text-faint)',
  success: 'var(--ck-w-success)',
  warning: 'var(--ck-w-warning)',
  caution: 'var(--ck-w-caution)',
  danger: 'var(--ck-w-danger)',
  info: 'var(--ck-w-info)',
  discovery: 'var(--ck-w-discovery)',
};
export const BACKGROUND: Tokens = {
  surface: 'var(--ck-surface)',
  'surface-secondary': 'var(--ck-subtle)',
  'surface-tertiary': 'var(--ck-pressed)',
  'surface-elevated': 'var(--ck-surface-raised)',
  'surface-elevated-secondary': 'var(--ck-hover)',
};
export const BORDER: Tokens = {
  default: 'var(--ck-border)',
  subtle: 'var(--ck-w-line-subtle)',
  strong: 'var(--ck-border-strong)',
};
/** The series of a chart, in the order in which they take their colours. */
export const SERIES: Tokens = {
  blue: 'var(--ck-w-blue)',
  purple: 'var(--ck-w-purple)',
  orange: 'var(--ck-w-orange)',
  green: 'var(--ck-w-green)',
  red: 'var(--ck-w-red)',
  yellow: 'var(--ck-w-yellow)',
  pink: 'var(--ck-w-pink)',
};

/** `blue-500`, `gray-100`, `alpha-10`; null for what is no step of the palette. */
export function primitive(name: string): Colour | null {
  const [, hue = '', digits = ''] = /^([a-z]+)-(\d{1,4})$/.exec(name) ?? [];
  const step = Number(digits);
  if (hue === 'alpha') return step <= 100 ? [`rgb(13 13 13/${step}%)`, `rgb(255 255 255/${step}%)`] : null;
  if (hue === 'gray') {
    const at = GRAY_STEPS.indexOf(step) * 2;
    const gray = (ramp: string): string => `#${ramp.slice(at, at + 2).repeat(3)}`;
    return at < 0 ? null : [gray(GRAYS[0]), gray(GRAYS[1])];
  }
  const at = STEPS.indexOf(step) * 6;
  const ramp = Object.hasOwn(HUES, hue) ? HUES[hue] : undefined;
  if (at < 0 || ramp === undefined) return null;
  const same = `#${ramp.slice(at, at + 6)}`;
  return [same, same];
}
