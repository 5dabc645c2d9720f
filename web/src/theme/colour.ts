/** Just enough colour arithmetic to keep text readable on whatever a page chooses. Pure. */

export type Rgb = readonly [red: number, green: number, blue: number];

const NAMED = new Map([
  ['white', '#fff'],
  ['black', '#000'],
]);

/** Channels from 0 to 255 of a hex, `rgb()` or `hsl()` colour; null for any other notation. */
export function parseColour(value: string): Rgb | null {
  const lower = value.trim().toLowerCase();
  const text = NAMED.get(lower) ?? lower;
  return parseHex(text) ?? parseFunction(text);
}

function parseHex(text: string): Rgb | null {
  if (!/^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(text)) return null;
  const digits = text.slice(1);
  const width = digits.length < 6 ? 1 : 2;
  const channel = (at: number): number => {
    const part = digits.slice(at * width, (at + 1) * width);
    return parseInt(width === 1 ? part + part : part, 16);
  };
  return [channel(0), channel(1), channel(2)];
}

function parseFunction(text: string): Rgb | null {
  const match = /^(rgb|hsl)a?\(([^)]+)\)$/.exec(text);
  const parts = (match?.[2] ?? '').split(/[\s,/]+/).filter((part) => part !== '');
  const [a, b, c] = parts.map(parseFloat);
  if (a === undefined || b === undefined || c === undefined || ![a, b, c].every(Number.isFinite)) return null;
  if (match?.[1] === 'hsl') return fromHsl(a, b / 100, c / 100);
  const scale = (value: number, at: number): number => (parts[at]?.endsWith('%') ? value * 2.55 : value);
  return [scale(a, 0), scale(b, 1), scale(c, 2)];
}

function fromHsl(hue: number, saturation: number, lightness: number): Rgb {
  const chroma = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const k = (offset + hue / 30) % 12;
    return 255 * (lightness - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Relative luminance, 0 to 1 (WCAG 2.2). */
export function luminance([red, green, blue]: Rgb): number {
  const linear = (channel: number): number => {
    const value = channel / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** Contrast ratio, 1 to 21 (WCAG 2.2). */
export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The luminance at which black and white contrast equally well. */
export const MIDDLE = 0.179;

export function isDark(colour: Rgb): boolean {
  return luminance(colour) < MIDDLE;
}
