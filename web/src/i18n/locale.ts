/** From the locale a page asks for to one ChatKit knows, and from there to its texts. Pure. */
import { en, type Messages } from './en';

/** The locales ChatKit is known in besides English; servers may answer in any of them. */
const LOCALES = (
  'am ar bg-BG bn-BD bs-BA ca-ES cs-CZ da-DK de-DE el-GR es-419 es-ES et-EE fi-FI fr-CA fr-FR gu-IN hi-IN ' +
  'hr-HR hu-HU hy-AM id-ID is-IS it-IT ja-JP ka-GE kk kn-IN ko-KR lt lv-LV mk-MK ml mn mr-IN ms-MY my-MM ' +
  'nb-NO nl-NL pa pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sl-SI so-SO sq-AL sr-RS sv-SE sw-TZ ta-IN te-IN ' +
  'th-TH tl tr-TR uk-UA ur vi-VN zh-CN zh-HK zh-TW'
).split(' ');

/** Bare or regional codes that the list alone would send elsewhere. */
const SPECIAL: Record<string, string> = {
  es: 'es-ES',
  fr: 'fr-FR',
  pt: 'pt-BR',
  no: 'nb-NO',
  nn: 'nb-NO',
  zh: 'zh-CN',
  'zh-hans': 'zh-CN',
  'zh-hant': 'zh-TW',
  'zh-sg': 'zh-CN',
  'zh-mo': 'zh-HK',
};

const RIGHT_TO_LEFT = new Set(['ar', 'ur', 'he', 'fa']);

/** The one locale sent as `Accept-Language`; English stays as it was written. */
export function resolveLocale(wanted: string): string {
  const tag = wanted.trim().toLowerCase().replace(/_/g, '-');
  const language = tag.split('-')[0] ?? '';
  if (language === 'en' || RIGHT_TO_LEFT.has(tag)) return wanted.trim();
  const exact = LOCALES.find((locale) => locale.toLowerCase() === tag);
  if (exact !== undefined) return exact;
  if (language === 'es' && tag !== 'es') return 'es-419';
  if (language === 'zh' && tag.startsWith('zh-hant')) return 'zh-TW';
  const close = SPECIAL[tag] ?? SPECIAL[language];
  if (close !== undefined) return close;
  return LOCALES.find((locale) => locale.toLowerCase().split('-')[0] === language) ?? 'en';
}

export function direction(locale: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(locale.toLowerCase().split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

/** English for every locale until translations are bundled. */
const CATALOGUES: Readonly<Record<string, Messages>> = { en };

/** The texts for a resolved locale; English where there is no translation. */
export function messagesFor(locale: string): Messages {
  return CATALOGUES[locale] ?? CATALOGUES[locale.split('-')[0] ?? ''] ?? en;
}
