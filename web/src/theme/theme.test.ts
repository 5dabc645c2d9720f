import type { ThemeOption } from '@openai/chatkit';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { contrast, parseColour } from './colour';
import { themeSheet, themeTokens } from './theme';

const lightness = (token: string | undefined): number =>
  Number(/oklch\((?:from hsl\([^)]*\) )?([\d.]+)/.exec(token ?? '')?.[1]);
const tokens = (color: NonNullable<ThemeOption['color']>, colorScheme: 'light' | 'dark' = 'light') =>
  themeTokens({ colorScheme, color });

test.each([
  ['#fff', [255, 255, 255]],
  ['#0d1117', [13, 17, 23]],
  ['rgb(0 128 255 / .5)', [0, 128, 255]],
  ['rgba(0, 20%, 255, 1)', [0, 51, 255]],
  ['hsl(120, 100%, 50%)', [0, 255, 0]],
  ['oklch(0.5 0.1 20)', null],
  ['#12', null],
])('reads %s', (value, expected) => {
  expect(parseColour(value)).toEqual(expected);
});

test('contrast is that of WCAG', () => {
  expect(contrast([255, 255, 255], [0, 0, 0])).toBeCloseTo(21);
  expect(contrast([118, 118, 118], [255, 255, 255])).toBeCloseTo(4.54, 1);
});

test('the two schemes differ in everything that is a colour', () => {
  const [light, dark] = [themeTokens({}), themeTokens({ colorScheme: 'dark' })];
  for (const name of ['surface', 'text', 'text-muted', 'border', 'bubble', 'danger', 'accent']) {
    if (name !== 'bubble') expect(light[name], name).not.toBe(dark[name]);
  }
  expect(themeSheet({ colorScheme: 'dark' })).toContain('color-scheme:dark');
  expect(themeSheet('nonsense' as ThemeOption)).toContain('color-scheme:light');
});

test.each(['light', 'dark'] as const)(
  'grayscale keeps text readable at every shade of the %s scheme',
  (scheme) => {
    for (let shade = -4; shade <= 4; shade++) {
      const {
        surface,
        text,
        'text-faint': faint,
      } = tokens({ grayscale: { hue: 220, tint: 9, shade: shade as 0 } }, scheme);
      expect(Math.abs(lightness(surface) - lightness(text))).toBeGreaterThan(0.65);
      expect(Math.abs(lightness(surface) - lightness(faint))).toBeGreaterThan(0.42);
    }
  },
);

test('the hue of a tint is that of colour pickers: 220 is a blue', () => {
  expect(tokens({ grayscale: { hue: 220, tint: 9 } }).border).toMatch(
    /^oklch\(from hsl\(220 60% 50%\) [\d.]+ [\d.]+ h\)$/,
  );
  expect(tokens({ grayscale: { hue: 220, tint: 0 } }).border).toBe(themeTokens({}).border);
});

test.each(['light', 'dark'] as const)(
  'a page with no theme but the %s scheme gets what is computed',
  (scheme) => {
    const css = readFileSync('src/theme/plain.css', 'utf8').replace(/\s+/g, ' ');
    for (const [name, value] of Object.entries(themeTokens({ colorScheme: scheme }))) {
      const plain = new RegExp(`--ck-${name}: ([^;]*);`).exec(css)?.[1];
      const [, light, dark] = /^light-dark\((.*\)|#\w+), (.*)\)$/.exec(plain ?? '') ?? [];
      const shown = (scheme === 'dark' ? dark : light) ?? plain;
      expect(shown?.replace(/ \/ 0/, '/'), name).toBe(asHex(value));
    }
  },
);

/** A gray of OKLCH as a hex colour, in three digits if it can be; anything else as it is. */
function asHex(value: string): string {
  const gray = /^oklch\(([\d.]+) 0 0\)$/.exec(value)?.[1];
  if (gray === undefined) return value;
  const linear = Number(gray) ** 3;
  const channel = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  const [high = '', low = ''] = Math.round(255 * channel)
    .toString(16)
    .padStart(2, '0');
  return `#${(high === low ? high : high + low).repeat(3)}`;
}

test('grays are of the hue of the background that the page gives, and as far from it as ever', () => {
  const { subtle, 'surface-raised': raised } = tokens(
    { surface: { background: '#0f172a', foreground: '' } },
    'dark',
  );
  expect(subtle).toContain('oklch(from #0f172a calc(l + 0.072) c h)');
  expect(raised).toContain('oklch(from #0f172a calc(l + 0.052) c h)');
});

test('tint, shade, density, radius and size each show', () => {
  const plain = themeTokens({});
  expect(tokens({ grayscale: { hue: 220, tint: 6 } }).border).not.toBe(plain.border);
  expect(lightness(tokens({ grayscale: { hue: 0, tint: 0, shade: -4 } }).surface)).toBeLessThan(1);
  expect(themeTokens({ density: 'compact' }).space).toBe('3.2px');
  expect(themeTokens({ radius: 'sharp' })['radius-composer']).toBe('2px');
  expect(themeTokens({ typography: { baseSize: 99 as 18 } }).size).toBe('18px');
});

test('a foreground near the background is the raised surface; a far one is the text', () => {
  const raised = tokens({ surface: { background: '#0d1117', foreground: '#1d222b' } });
  expect(raised).toMatchObject({ surface: '#0d1117', 'surface-raised': '#1d222b' });
  expect(lightness(raised.text)).toBeGreaterThan(0.9);
  expect(tokens({ surface: { background: '#fff', foreground: '#222' } })).toMatchObject({ text: '#222' });
});

test('what a page writes cannot leave its declaration', () => {
  const sheet = themeSheet({
    typography: { fontFamily: 'x}:host{background:url(//evil.example)' },
    color: { accent: { primary: 'red;}*{display:none', level: 2 } },
  });
  expect(sheet).not.toContain('evil');
  expect(sheet).not.toContain('display:none');
});

test('accent levels go from the send button to the bubble', () => {
  const at = (level: 0 | 1 | 2 | 3) => tokens({ accent: { primary: '#0a7', level } });
  expect(at(0)).toMatchObject({
    accent: '#0a7',
    bubble: 'var(--ck-subtle)',
    'accent-soft': 'var(--ck-subtle)',
  });
  expect(at(1).bubble).toBe('var(--ck-subtle)');
  expect(at(2).bubble).toContain('color-mix');
  expect(at(3)).toMatchObject({ bubble: '#0a7' });
  expect(at(3)['on-bubble']).toContain('#0a7');
});

test("the system's scheme is the light one, and the dark one where the system is dark", () => {
  const system = themeSheet({ colorScheme: 'system' as 'light', density: 'compact' });
  const [light, dark] = system.split('@media (prefers-color-scheme:dark)');
  expect(light).toBe(themeSheet({ density: 'compact' }));
  expect(dark).toContain(`--ck-text:${String(themeTokens({ colorScheme: 'dark' }).text)}`);
  expect(dark).not.toContain('--ck-density');
});
