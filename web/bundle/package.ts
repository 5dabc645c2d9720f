/** What the npm package has beside its module: the script for pages without a bundler, types, and the licence. */
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { declarations } from './declarations.ts';

/** `built` is the folder of the script and its chunks, which `npm run build` writes; `out` that of the package. */
export function packageFiles(built: string, out: string): Plugin {
  return {
    name: 'package-files',
    closeBundle() {
      if (!existsSync(`${built}/chatkit.js`)) throw new Error('`npm run build` comes first.');
      cpSync(built, `${out}/script`, { recursive: true, filter: (path) => !/\.(gz|br)$/.test(path) });
      writeFileSync(`${out}/chatkit.d.ts`, declarations('src/element.ts', 'ChatKitElement'));
      cpSync('../LICENSE', 'LICENSE');
    },
  };
}
