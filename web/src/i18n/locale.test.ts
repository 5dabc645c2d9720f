import { expect, test } from 'vitest';
import { LOCALES, resolveLocale } from './locale';
import { direction } from './message';

/** The two lists of the published types: locales with a translation, and the codes that lead to one. */
const TRANSLATED =
  'am ar bg-BG bn-BD bs-BA ca-ES cs-CZ da-DK de-DE el-GR es-419 es-ES et-EE fi-FI fr-CA fr-FR gu-IN hi-IN hr-HR ' +
  'hu-HU hy-AM id-ID is-IS it-IT ja-JP ka-GE kk kn-IN ko-KR lt lv-LV mk-MK ml mn mr-IN ms-MY my-MM nb-NO nl-NL ' +
  'pa pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI so-SO sq-AL sr-RS sv-SE sw-TZ ta-IN te-IN th-TH tl tr-TR uk-UA ' +
  'ur vi-VN zh-CN zh-HK zh-TW';
const BARE =
  'bg bn bs ca cs da de el es et fi fr gu hi hr hu hy id is it ja ka kn ko lv mk mr ms my nb nl pl pt ro ru sk sl ' +
  'so sq sr sv sw ta te th tr uk vi zh';

test.each(TRANSLATED.split(' '))('%s is a locale of its own, in any spelling', (locale) => {
  expect(resolveLocale(locale)).toBe(locale);
  expect(resolveLocale(locale.toLowerCase())).toBe(locale);
  expect(resolveLocale(` ${locale.toUpperCase().replace('-', '_')} `)).toBe(locale);
  expect(LOCALES).toContain(locale);
});

test.each(BARE.split(' '))('%s leads to a locale of its own language', (code) => {
  const resolved = resolveLocale(code);
  expect(resolved.split('-')[0]).toBe(code);
  expect(LOCALES).toContain(resolved);
});

test.each(LOCALES)('a region that %s does not name keeps the language', (locale) => {
  const language = locale.split('-')[0] ?? '';
  expect(resolveLocale(`${language}-XX`).split('-')[0]).toBe(language);
});

test.each([
  ['en', 'en'],
  ['en-GB', 'en-GB'],
  ['en_GB', 'en-GB'],
  ['de', 'de-DE'],
  ['de-AT', 'de-DE'],
  ['PT-pt', 'pt-PT'],
  ['pt', 'pt-BR'],
  ['pt-AO', 'pt-PT'],
  ['es', 'es-ES'],
  ['es-MX', 'es-419'],
  ['es-US', 'es-419'],
  ['es-EA', 'es-ES'],
  ['fr', 'fr-FR'],
  ['fr-BE', 'fr-FR'],
  ['zh', 'zh-CN'],
  ['zh-Hans', 'zh-CN'],
  ['zh-Hans-HK', 'zh-CN'],
  ['zh-SG', 'zh-CN'],
  ['zh-Hant', 'zh-TW'],
  ['zh-Hant-HK', 'zh-TW'],
  ['zh-MO', 'zh-HK'],
  ['sr-Latn-RS', 'sr-RS'],
  ['no', 'nb-NO'],
  ['nn-NO', 'nb-NO'],
  ['fil-PH', 'tl'],
  ['ar-EG', 'ar'],
  ['he-IL', 'he'],
  ['iw', 'he'],
  ['fa-IR', 'fa'],
])('%s becomes %s', (wanted, resolved) => {
  expect(resolveLocale(wanted)).toBe(resolved);
});

test.each(['xx', '', 'tlh', 'english', 'en-!', 'en-US\r\nX: y', '../de'])('%j becomes English', (wanted) => {
  expect(resolveLocale(wanted)).toBe('en');
});

test.each(['ar', 'ur', 'he', 'fa-IR'])('%s is read from right to left', (locale) => {
  expect(direction(locale)).toBe('rtl');
});

test.each(['en-GB', 'arn', 'th-TH'])('%s is read from left to right', (locale) => {
  expect(direction(locale)).toBe('ltr');
});
