import { expect, test } from 'vitest';
import { direction, messagesFor, resolveLocale } from './locale';

test.each([
  ['en', 'en'],
  ['en-GB', 'en-GB'],
  ['de', 'de-DE'],
  ['de-AT', 'de-DE'],
  ['PT-pt', 'pt-PT'],
  ['pt', 'pt-BR'],
  ['es', 'es-ES'],
  ['es-MX', 'es-419'],
  ['zh', 'zh-CN'],
  ['zh-Hant', 'zh-TW'],
  ['zh-Hant-HK', 'zh-TW'],
  ['zh-MO', 'zh-HK'],
  ['no', 'nb-NO'],
  ['ar-EG', 'ar'],
  ['he', 'he'],
  ['xx', 'en'],
  ['', 'en'],
])('%s becomes %s', (wanted, resolved) => {
  expect(resolveLocale(wanted)).toBe(resolved);
});

test.each(['ar', 'ur', 'he', 'fa-IR'])('%s is read from right to left', (locale) => {
  expect(direction(locale)).toBe('rtl');
});

test('a locale without a translation is shown in English', () => {
  expect(messagesFor('de-DE').send).toBe('Send message');
});
