/** From the locale a page asks for to one ChatKit knows. Pure. */

/** The locales there is a catalogue for besides English: all that ChatKit knows, and two more that read from the right. */
export const LOCALES = (
  'am ar bg-BG bn-BD bs-BA ca-ES cs-CZ da-DK de-DE el-GR es-419 es-ES et-EE fa fi-FI fr-CA fr-FR gu-IN he hi-IN ' +
  'hr-HR hu-HU hy-AM id-ID is-IS it-IT ja-JP ka-GE kk kn-IN ko-KR lt lv-LV mk-MK ml mn mr-IN ms-MY my-MM ' +
  'nb-NO nl-NL pa pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI so-SO sq-AL sr-RS sv-SE sw-TZ ta-IN te-IN ' +
  'th-TH tl tr-TR uk-UA ur vi-VN zh-CN zh-HK zh-TW'
).split(' ');

/** Codes whose first locale in the list would not be the right one, and names for languages that are in it. */
const ALIASES: Readonly<Record<string, string>> = {
  es: 'es-ES',
  fr: 'fr-FR',
  pt: 'pt-BR',
  no: 'nb-NO',
  nn: 'nb-NO',
  fil: 'tl',
  iw: 'he',
  in: 'id-ID',
  sh: 'sr-RS',
  mo: 'ro-RO',
  yue: 'zh-HK',
  'zh-mo': 'zh-HK',
};

/** The one locale sent as `Accept-Language`; English stays as it was written. */
export function resolveLocale(wanted: string): string {
  const given = wanted.trim().replace(/_/g, '-');
  const tag = given.toLowerCase();
  const [language = '', second = ''] = tag.split('-');
  if (language === 'en') return isWellFormed(given) ? given : 'en';
  const exact = LOCALES.find((locale) => locale.toLowerCase() === tag);
  if (exact !== undefined) return exact;
  if (second === 'hant') return 'zh-TW';
  // Spanish of Europe and Africa is written as in Spain; all else is American.
  if (language === 'es' && !['', 'ea', 'gq', 'ic', 'eh', 'ph'].includes(second)) return 'es-419';
  if (language === 'pt' && second !== '') return 'pt-PT';
  const alias = ALIASES[tag] ?? ALIASES[language];
  return alias ?? LOCALES.find((locale) => locale.toLowerCase().split('-')[0] === language) ?? 'en';
}

/** `Intl` throws at what is no language tag, and so do headers. */
function isWellFormed(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
