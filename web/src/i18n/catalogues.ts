/**
 * Where translations come from: one file a locale, loaded when it is asked for. The build puts a function in the
 * place of this one that finds them by their names, see `bundle/words.ts`.
 */
import type { Catalogue } from './message';

const FILES = import.meta.glob<Catalogue>('./locales/*.json', { import: 'default' });

/** `attempt` counts those that failed: browsers may remember a failure for its address. */
export type ImportCatalogue = (locale: string, attempt: number) => Promise<Catalogue>;

export const importCatalogue: ImportCatalogue = async (locale) => {
  const load = FILES[`./locales/${locale}.json`];
  if (!load) throw new Error(`There is no catalogue for ${locale}`);
  return load();
};
