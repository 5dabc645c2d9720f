import { expect, test } from 'vitest';
import { en } from './en';
import { english as later } from './later';
import { compile } from './message';

const english = compile('en', { ...en, ...later });

test('what needs no value is a string, what needs one a function', () => {
  expect(english.send).toBe('Send message');
  expect(english.removeTool({ tool: 'Search' })).toBe('Remove Search');
});

test('the form of a plural follows the language, the number its writing', () => {
  const source = { files: { one: '{count} file', other: '{count} files' } } as const;
  expect(compile('en', source).files({ count: 1 })).toBe('1 file');
  expect(compile('en', source).files({ count: 1200 })).toBe('1,200 files');
  const polish = {
    files: { one: '{count} plik', few: '{count} pliki', many: '{count} plików', other: '{count} pliku' },
  };
  const count = (n: number): string => compile('pl-PL', source, polish).files({ count: n });
  expect([1, 3, 5, 22, 1.5].map(count)).toEqual(['1 plik', '3 pliki', '5 plików', '22 pliki', '1,5 pliku']);
});

test('a form that is missing is replaced by the general one', () => {
  const source = { files: { other: '{count} files' } } as const;
  expect(compile('ar', source).files({ count: 2 })).toContain('files');
});

test('a value is put in as it is, once', () => {
  expect(english.imageBlocked({ host: '{host} $& <b>' })).toBe('Image from {host} $& <b>, not shown');
});

test('in a right-to-left language a value does not reorder its surroundings', () => {
  expect(compile('ar', en).removeTool({ tool: 'GPT' })).toBe('Remove \u2068GPT\u2069');
});

test('keys that a translation lacks are English', () => {
  const german = compile('de-DE', en, { send: 'Nachricht senden' });
  expect([german.send, german.copy]).toEqual(['Nachricht senden', 'Copy']);
});

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [12.4, '12 seconds'],
  [60, '1 minute'],
  [65, '1 minute, 5 seconds'],
  [3720, '1 hour, 2 minutes'],
])('%d seconds are %s', (seconds, shown) => {
  expect(english.format.duration(seconds)).toBe(shown);
});

test.each([
  ['de-DE', '1 Stunde, 1 Minute und 5 Sekunden'],
  ['es-ES', '1 hora, 1 minuto y 5 segundos'],
  ['cs-CZ', '1 hodina, 1 minuta a 5 sekund'],
  ['ja-JP', '1 時間 1 分 5 秒'],
])('%s joins the units of a duration in its own way', (locale, shown) => {
  const blanks = /\s/g; // of several kinds
  expect(compile(locale, en).format.duration(3665).replace(blanks, ' ')).toBe(shown);
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1,023 bytes'],
  [1536, '1.5 kB'],
  [104857600, '100 MB'],
  [5 * 1024 ** 4, '5,120 GB'],
])('%d bytes are %s', (bytes, shown) => {
  expect(english.format.size(bytes)).toBe(shown);
});

test('numbers, times and days are written as the locale does', () => {
  const german = compile('de-DE', en).format;
  expect(german.number(1234.5)).toBe('1.234,5');
  expect(german.percent(0.25)).toBe('25\u00a0%');
  expect(german.duration(5)).toBe('5 Sekunden');
  expect(german.days(-1)).toBe('gestern');
  expect(german.date(new Date(2026, 0, 31))).toBe('31.01.2026');
  expect(german.clock(65)).toBe('1:05');
});
