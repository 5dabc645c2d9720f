/**
 * From the page's theme to CSS custom properties: the only names the views' styles may use. A chunk, for a page that
 * sets more than a colour scheme; what it leaves out stays as in `plain.css`.
 *
 * The gray ramp is built in OKLCH: each step keeps its lightness, whatever the hue, so that contrast does not
 * depend on taste. Pure.
 */
import type { ThemeOption } from '@openai/chatkit';
import { contrast, isDark, MIDDLE, parseColour } from './colour';

type Tokens = Readonly<Record<string, string>>;

/** Lightness of each gray, 0 to 1. */
interface Ramp {
  readonly page: number;
  readonly surface: number;
  readonly subtle: number;
  readonly hover: number;
  readonly pressed: number;
  readonly line: number;
  readonly strong: number;
  readonly faint: number;
  readonly muted: number;
  readonly text: number;
}

const LIGHT: Ramp = {
  page: 1,
  surface: 1,
  subtle: 0.966,
  hover: 0.962,
  pressed: 0.93,
  line: 0.922,
  strong: 0.86,
  faint: 0.54,
  muted: 0.5,
  text: 0.205,
};
const DARK: Ramp = {
  page: 0.2,
  surface: 0.252,
  subtle: 0.272,
  hover: 0.292,
  pressed: 0.335,
  line: 0.305,
  strong: 0.4,
  faint: 0.69,
  muted: 0.73,
  text: 0.945,
};

type Radii = readonly [composer: string, card: string, button: string, small: string];
const PILL: Radii = ['28px', '18px', '999px', '10px'];
const RADII: Readonly<Record<string, Radii>> = {
  pill: PILL,
  round: ['16px', '14px', '12px', '9px'],
  soft: ['10px', '8px', '8px', '6px'],
  sharp: ['2px', '2px', '2px', '1px'],
};
const DENSITY: Readonly<Record<string, number>> = { compact: 0.8, normal: 1, spacious: 1.2 };

/** What `colorScheme` may be: ChatKit's two, and the system's own, which is followed as it changes. */
type Scheme = 'light' | 'dark' | 'system';

/** The style sheet text of a theme. */
export function themeSheet(theme: ThemeOption): string {
  const scheme = theme.colorScheme as Scheme | undefined;
  const own = themeTokens(theme);
  const sheet = rule(scheme === 'dark' ? 'dark' : 'light', own);
  if (scheme !== 'system') return sheet;
  const night = Object.entries(themeTokens({ ...theme, colorScheme: 'dark' }));
  const changed = Object.fromEntries(night.filter(([name, value]) => own[name] !== value));
  return `${sheet}@media (prefers-color-scheme:dark){${rule('dark', changed)}}`;
}

function rule(scheme: 'light' | 'dark', tokens: Tokens): string {
  const declarations = Object.entries(tokens).map(([name, value]) => `--ck-${name}:${value}`);
  return `:host{color-scheme:${scheme};${declarations.join(';')}}`;
}

export function themeTokens(theme: ThemeOption): Tokens {
  const isNight = theme.colorScheme === 'dark';
  return { ...shapeTokens(theme), ...typeTokens(theme), ...colourTokens(theme, isNight) };
}

/** What `table` says of `name`, and not what every object has under it. */
function own<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

function shapeTokens(theme: ThemeOption): Tokens {
  const [composer, card, button, small] = own(RADII, theme.radius) ?? PILL;
  const density = own(DENSITY, theme.density) ?? 1;
  return {
    'radius-composer': composer,
    'radius-md': card,
    'radius-button': button,
    'radius-sm': small,
    density: String(density),
    space: `${4 * density}px`,
    gutter: `${Math.round(20 * density)}px`,
  };
}

function typeTokens({ typography }: ThemeOption): Tokens {
  const [font, mono] = [fontList(typography?.fontFamily), fontList(typography?.fontFamilyMono)];
  return {
    size: `${clamp(typography?.baseSize, 14, 18, 16)}px`,
    ...(font !== null && { font }),
    ...(mono !== null && { 'font-mono': mono }),
  };
}

function colourTokens({ color }: ThemeOption, isNight: boolean): Tokens {
  const gray = grayscale(color?.grayscale);
  const surfaces = surfaceColours(color?.surface);
  const { background } = surfaces;
  // A page may give a dark background to the light scheme: text follows what it is written on.
  const ramp = (surfaces.isNight ?? isNight) ? DARK : LIGHT;
  const onDark = ramp === DARK;
  const accent = accentTokens(color?.accent, gray(ramp.text), onDark);
  // As far from the background as ever, and of its hue: beside a blue, a gray that is less so looks brown.
  const near = (lightness: number): string => {
    if (background === null) return gray(lightness);
    const own = `oklch(from ${background} calc(l + ${round(lightness - ramp.page)}) c h)`;
    return `color-mix(in oklab,${gray(lightness)} 30%,${own})`;
  };
  return {
    surface: background ?? gray(ramp.page),
    'surface-raised': surfaces.elevated ?? near(ramp.surface),
    subtle: near(ramp.subtle),
    'code-bg': near(ramp.subtle),
    hover: near(ramp.hover),
    pressed: near(ramp.pressed),
    border: near(ramp.line),
    'border-strong': near(ramp.strong),
    'text-faint': gray(ramp.faint),
    'text-muted': gray(ramp.muted),
    text: surfaces.text ?? gray(ramp.text),
    danger: onDark ? 'oklch(0.76 0.13 22)' : 'oklch(0.52 0.19 27)',
    'danger-soft': onDark ? 'oklch(0.29 0.05 22)' : 'oklch(0.97 0.015 20)',
    'danger-line': onDark ? 'oklch(0.4 0.08 22)' : 'oklch(0.89 0.05 20)',
    warning: onDark ? 'oklch(0.82 0.12 80)' : 'oklch(0.49 0.11 65)',
    'warning-soft': onDark ? 'oklch(0.29 0.04 75)' : 'oklch(0.975 0.025 85)',
    'warning-line': onDark ? 'oklch(0.42 0.07 75)' : 'oklch(0.89 0.07 85)',
    shade: onDark ? 'rgb(0 0 0/.3)' : 'rgb(0 0 0/.05)',
    'shade-strong': onDark ? 'rgb(0 0 0/.5)' : 'rgb(0 0 0/.14)',
    scrim: onDark ? 'rgb(0 0 0/.5)' : 'rgb(0 0 0/.22)',
    ...accent,
  };
}

/** The gray of a given lightness in the page's hue, tint and shade. */
function grayscale(
  option: { hue?: number; tint?: number; shade?: number } | undefined,
): (lightness: number) => string {
  const hue = clamp(option?.hue, 0, 360, 0);
  const tint = clamp(option?.tint, 0, 9, 0);
  const shade = clamp(option?.shade, -4, 4, 0);
  // The hue is that of colour pickers, where 220 is the blue of slate; as an angle of OKLCH it would be teal.
  const [from, angle] = tint > 0 ? [`from hsl(${hue} 60% 50%) `, 'h'] : ['', '0'];
  return (lightness) => {
    // Tints peak in the middle of the ramp; plain white stays white without a tint or a shade.
    const chroma = (tint / 9) * 0.03 * (1 - Math.abs(lightness - 0.5));
    const shaded = Math.min(1, Math.max(0, lightness + shade * 0.01));
    return `oklch(${from}${round(shaded)} ${round(chroma)} ${angle})`;
  };
}

interface Surfaces {
  readonly background: string | null;
  readonly elevated: string | null;
  readonly text: string | null;
  /** Whether the background is dark; null when that cannot be told. */
  readonly isNight: boolean | null;
}

/** `foreground` is typed as text, but most pages mean the elevated surface: the contrast tells which. */
function surfaceColours(option: { background?: string; foreground?: string } | undefined): Surfaces {
  const background = safeColour(option?.background);
  const foreground = safeColour(option?.foreground);
  const [back, fore] = [background && parseColour(background), foreground && parseColour(foreground)];
  const isText = Boolean(back && fore && contrast(back, fore) >= 3);
  const isReadable = Boolean(back && fore && contrast(back, fore) >= 4.5);
  return {
    background,
    elevated: isText ? background : foreground,
    text: isReadable ? foreground : null,
    isNight: back ? isDark(back) : null,
  };
}

function accentTokens(
  option: { primary?: string; level?: number } | undefined,
  text: string,
  onDark: boolean,
): Tokens {
  const primary = safeColour(option?.primary) ?? text;
  const level = option?.primary === undefined ? 0 : clamp(option.level, 0, 3, 1);
  // Black or white, whichever contrasts with the colour: `y` is the luminance that WCAG speaks of.
  const on = (colour: string): string => {
    const k = `clamp(0,(${MIDDLE} - y)*99999,1)`;
    return `color(from ${colour} xyz-d65 calc(.9505*${k}) ${k} calc(1.089*${k}))`;
  };
  const reading = onDark ? 'max(l,.78)' : 'min(l,.5)';
  const ownLink = onDark ? 'oklch(0.78 0.1 255)' : 'oklch(0.52 0.17 257)';
  const link = option?.primary === undefined ? ownLink : `oklch(from ${primary} ${reading} c h)`;
  const mixed = (share: number): string => `color-mix(in oklab,${primary} ${share}%,var(--ck-surface))`;
  const [soft, bubble] = [
    ['var(--ck-subtle)', 'var(--ck-subtle)'],
    [mixed(9), 'var(--ck-subtle)'],
    [mixed(15), mixed(13)],
    [mixed(20), primary],
  ][level] as [string, string];
  return {
    accent: primary,
    'on-accent': option?.primary === undefined ? (onDark ? '#000' : '#fff') : on(primary),
    link,
    focus: link,
    'accent-soft': soft,
    bubble,
    'on-bubble': level === 3 ? on(primary) : 'var(--ck-text)',
  };
}

/** A colour as written, unless it could end the declaration it is put into, or load something. */
function safeColour(value: unknown): string | null {
  if (typeof value !== 'string' || !/^[\w#%.,()\s/+-]+$/.test(value.trim())) return null;
  const functions = value.match(/[\w-]+(?=\()/g) ?? [];
  return functions.every((name) => COLOUR_FUNCTION.test(name)) ? value.trim() : null;
}

const COLOUR_FUNCTION = /^(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix|light-dark|calc|var)$/i;

/** Family names only: nothing that could end the declaration or load something. */
function fontList(value: unknown): string | null {
  return typeof value === 'string' && /^[\w\s"',.-]+$/.test(value) && value.trim() !== '' ? value : null;
}

function clamp(value: unknown, least: number, most: number, fallback: number): number {
  return typeof value === 'number' && Number.isFinite(value)
    ? Math.min(most, Math.max(least, value))
    : fallback;
}

function round(value: number): number {
  return Math.round(value * 10000) / 10000;
}
