/** Every translation is whole and in order: what a reader of the language would trip over is found here. */
import { describe, expect, test } from 'vitest';
import { importCatalogue } from './catalogues';
import { en } from './en';
import { english as later } from './later';
import { LOCALES } from './locale';
import { compile, direction, type Catalogue } from './message';

const all = { ...en, ...later };
const english: Catalogue = all;
const keys = Object.keys(english);

/** The texts of a message, each with its plural form. */
function forms(entry: Catalogue[string] | undefined): [form: string, text: string][] {
  if (entry === undefined) return [];
  return typeof entry === 'string' ? [['', entry]] : Object.entries(entry);
}

function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''))].sort();
}

/** Whole numbers up to a thousand, but for none, that take this plural form. */
function numbersOf(form: string, rules: Intl.PluralRules): number[] {
  return Array.from({ length: 1000 }, (_, index) => index + 1).filter((n) => rules.select(n) === form);
}

/** Words that are the same in English and in the language, and so no sign of a missing translation. */
const SHARED: Readonly<Record<string, string>> = {
  'bs-BA': 'frameTitle formula',
  'ca-ES': 'error',
  'cs-CZ': 'frameTitle diagram',
  'da-DK': 'frameTitle diagram',
  'de-DE': 'frameTitle code',
  'es-419': 'frameTitle error',
  'es-ES': 'frameTitle error',
  'fr-CA': 'frameTitle conversation code image source sources suggestions questions',
  'fr-FR': 'frameTitle conversation code image source sources suggestions questions',
  'hr-HR': 'frameTitle formula',
  'id-ID': 'diagram',
  'it-IT': 'frameTitle formula',
  'lv-LV': 'formula',
  'ms-MY': 'formula',
  'nb-NO': 'frameTitle diagram',
  'nl-NL': 'frameTitle code diagram',
  'pl-PL': 'diagram',
  'pt-BR': 'frameTitle',
  'pt-PT': 'frameTitle',
  'ro-RO': 'frameTitle',
  'sk-SK': 'frameTitle diagram',
  'sl-SI': 'formula diagram',
  'sq-AL': 'formula',
  'sv-SE': 'diagram',
  tl: 'frameTitle code diagram',
};

/** Words on buttons, which have little room. */
const BUTTONS = [
  ...['close', 'copy', 'copied', 'retry', 'reload', 'reply', 'next', 'previous', 'submit', 'skip', 'skipAll'],
  ...['rename', 'delete', 'undo', 'cancel', 'dismiss', 'newChat'],
  ...['showSource', 'showDiagram', 'retryAnswer', 'dictate', 'searchFurther'],
] as const satisfies (keyof typeof all)[];

test('every string is shown somewhere', () => {
  const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.*', '!./{en,later}.ts'], {
    eager: true,
    query: '?raw',
    import: 'default',
  });
  const code = Object.values(sources).join('\n');
  expect(code.length).toBeGreaterThan(100_000);
  expect(keys.filter((key) => !new RegExp(`\\.${key}\\b|'${key}'`).test(code))).toEqual([]);
});

test('only the locales that resolve have a catalogue', async () => {
  const files = Object.keys(import.meta.glob('./locales/*.json'));
  expect(files.map((file) => file.replace(/^.*\/|\.json$/g, '')).sort()).toEqual([...LOCALES].sort());
  await expect(importCatalogue('xx', 0)).rejects.toThrow('xx');
});

describe.each(LOCALES)('%s', async (locale) => {
  const catalogue = await importCatalogue(locale, 0);
  const rules = new Intl.PluralRules(locale);
  const texts = keys.flatMap((key) => forms(catalogue[key]).map(([form, text]) => ({ key, form, text })));

  test('has the keys of English', () => {
    expect(Object.keys(catalogue).sort()).toEqual([...keys].sort());
  });

  test('has the plural forms of the language, all of them and no others', () => {
    const wanted = [...rules.resolvedOptions().pluralCategories].sort();
    for (const key of keys.filter((each) => typeof english[each] !== 'string')) {
      expect(Object.keys(catalogue[key] ?? {}).sort(), key).toEqual(wanted);
    }
  });

  test('says the number in every form that stands for more than one', () => {
    for (const { key, form, text } of texts.filter(({ form }) => form !== '')) {
      const isOne = form !== 'other' && numbersOf(form, rules).length <= 1;
      if (!isOne) expect(text, `${key}, ${form}`).toContain('{count}');
    }
  });

  test('has the placeholders of English', () => {
    for (const { key, form, text } of texts) {
      const wanted = placeholders(forms(english[key]).at(-1)?.[1] ?? '');
      const found = placeholders(text);
      if (form !== '' && !found.includes('count')) found.push('count');
      expect(found.sort(), `${key}: ${text}`).toEqual(wanted);
    }
  });

  test('leaves nothing empty, untidy or in markup', () => {
    for (const { key, text } of texts) {
      expect(text, key).toMatch(/^\S(.*\S)?$/);
      expect(text, key).not.toMatch(/[<>&]| {2}|\.\.\.|"|'|\t|\n/);
      const rest = text.replace(/\{\w+\}/g, '');
      expect(rest, key).not.toMatch(/[{}|]/);
    }
  });

  test('leaves nothing in English', () => {
    const same = keys.filter((key) => JSON.stringify(catalogue[key]) === JSON.stringify(english[key]));
    expect(same.join(' ')).toBe(SHARED[locale] ?? '');
  });

  test('keeps the words of buttons short', () => {
    for (const key of BUTTONS) {
      const text = forms(catalogue[key])[0]?.[1] ?? '';
      expect(text.length, `${key}: ${text}`).toBeLessThanOrEqual(Math.max(3 * all[key].length, 16));
    }
  });

  test('reads in its own script', () => {
    const isLatin =
      /^(bs|ca|cs|da|de|es|et|fi|fr|hr|hu|id|is|it|lt|lv|ms|nb|nl|pl|pt|ro|sk|sl|so|sq|sv|sw|tl|tr|vi)\b/;
    if (isLatin.test(locale)) return;
    for (const { key, text } of texts) {
      const letters = text.replace(/\{\w+\}/g, '').replace(/\bAI\b/g, '');
      expect(letters, key).not.toMatch(/[A-Za-z]/);
    }
  });

  test('works', () => {
    const t = compile(locale, all, catalogue);
    const name = direction(locale) === 'rtl' ? '\u2068a.txt\u2069' : 'a.txt';
    expect(t.uploadFailed({ name: 'a.txt' })).toContain(name);
    for (const count of [0, 1, 2, 3, 5, 11, 21, 100, 1000000]) {
      expect(t.unreadCount({ count })).not.toMatch(/[{}]|undefined/);
    }
  });
});
