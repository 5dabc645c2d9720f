/**
 * Writes each translation as a file of its own beside the element's chunks, as `words-<fingerprint>-<locale>.js`.
 *
 * As ordinary chunks they would be listed in the script one by one, at more than a kilobyte of its size. They share
 * one fingerprint instead, and are found by the name of their locale.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const SOURCES = 'src/i18n/locales';

/** `folder` is where the chunks are written to, with a slash at its end. */
export function separateWords({ folder }: { folder: string }): Plugin {
  const words = readdirSync(SOURCES).map((file) => {
    const catalogue: unknown = JSON.parse(readFileSync(`${SOURCES}/${file}`, 'utf8'));
    return [file.replace('.json', ''), `export default ${JSON.stringify(catalogue)};\n`] as const;
  });
  const fingerprint = createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 8);
  const name = `words-${fingerprint}-`;
  return {
    name: 'separate-words',
    apply: 'build',
    enforce: 'pre',
    transform(_code, id) {
      if (!id.endsWith('/src/i18n/catalogues.ts')) return null;
      const path = `['${name}' + locale + '.js', attempt ? '?' + attempt : '']`;
      const code = `export const importCatalogue = async (locale, attempt) =>
        (await import(/* @vite-ignore */ ${path})).default;`;
      return { code, map: null };
    },
    generateBundle() {
      for (const [locale, source] of words) {
        this.emitFile({ type: 'asset', fileName: `${folder}${name}${locale}.js`, source });
      }
    },
  };
}
