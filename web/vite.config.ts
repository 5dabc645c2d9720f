/**
 * Builds, by mode:
 *
 * - into the Python package: `chatkit.js`, the element as one script for any page, and what it loads later; with
 *   `page`, the chat page that the server shows at `/`. Names are fixed, because the package serves them by name.
 * - `package`: `dist/`, what would be published to npm, or the folder that OUT_DIR names.
 * - `size`: nothing; prints what the script weighs. `weigh`: nothing, for the test that weighs it.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BuildEnvironmentOptions } from 'vite';
import { defineConfig, type Plugin } from 'vitest/config';
import { compress } from './bundle/compress.ts';
import { lexerOnly } from './bundle/lexer.ts';
import { linkChunks } from './bundle/link.ts';
import { packageFiles } from './bundle/package.ts';
import { table, weigh } from './bundle/sizes.ts';
import { separateWords } from './bundle/words.ts';
import manifest from './package.json' with { type: 'json' };

/** Files of the page that need no building. */
const pageFiles: Plugin = {
  name: 'page-files',
  generateBundle() {
    for (const [fileName, path] of [
      ['index.html', 'index.html'],
      ['page.css', 'src/page/page.css'],
    ] as const) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(path, 'utf8') });
    }
  },
};

const SERVED = '../src/chatkeep/_web';
/** Where the package's files go. */
const PACKAGED = process.env.OUT_DIR ?? 'dist';
/** Where the element's files of this version lie, seen from the root of the server. */
const folder = `chatkit/${manifest.version}/`;
/** The first to have all that the styles use; `light-dark()` is the youngest. */
const BROWSERS = ['chrome123', 'edge123', 'firefox128', 'safari17.5'];
const words = separateWords({ folder });
const linked = linkChunks({
  folder,
  scripts: { 'chatkit.js': `./${folder}`, [`${folder}chatkit.js`]: './' },
});
const printed = weigh((sizes) => {
  console.log(table(sizes));
});

const PLUGINS: Readonly<Record<string, Plugin[]>> = {
  page: [pageFiles, compress(SERVED)],
  package: [lexerOnly, packageFiles(`${SERVED}/${folder}`, PACKAGED)],
  size: [lexerOnly, words, linked, ...printed],
  weigh: [lexerOnly, words, linked],
  production: [lexerOnly, words, linked, compress(SERVED)],
};

function building(mode: string): BuildEnvironmentOptions {
  const isPage = mode === 'page';
  const isPackage = mode === 'package';
  const isDry = mode === 'size' || mode === 'weigh';
  return {
    outDir: isPackage ? PACKAGED : SERVED,
    emptyOutDir: !isPage && !isDry,
    copyPublicDir: !isPackage,
    write: !isDry,
    target: 'es2022',
    lib: {
      entry: isPage ? 'src/page/page.ts' : 'src/define.ts',
      formats: [isPage ? 'iife' : 'es'],
      name: 'chatkeep',
      fileName: () => (isPage ? 'page.js' : 'index.js'),
    },
    minify: isPage, // linking minifies the script, and who uses the package minifies that
    cssMinify: true,
    cssTarget: BROWSERS,
    rolldownOptions: isPage
      ? {}
      : {
          preserveEntrySignatures: false,
          output: {
            chunkFileNames: isPackage ? 'chunks/[name]-[hash].js' : '[name].js',
            // What is needed at first stays in the script, whatever else needs it: it cannot wait for another.
            // What the heavy widgets share with the others is no part of the chunk that loads them: it would need itself.
            codeSplitting: {
              groups: [
                { name: 'initial', tags: ['$initial'] },
                { name: 'widgets', test: /src\/widgets\/(?:context|style)\.ts/ },
              ],
            },
          },
        },
  };
}

export default defineConfig(({ command, mode }) => ({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // beautiful-mermaid's own layout library is twenty times as large, and under another licence.
  resolve: {
    alias: {
      'elkjs/lib/elk.bundled.js': fileURLToPath(new URL('src/rich/diagram/layout.ts', import.meta.url)),
    },
  },
  define: command === 'build' ? { 'process.env.NODE_ENV': '"production"' } : {},
  plugins: command === 'build' ? (PLUGINS[mode] ?? []) : [],
  build: building(mode),
  // The wire fixtures lie beside this folder, where the Python tests read them too.
  server: { fs: { allow: ['..'] } },
  test: {
    environment: 'happy-dom',
    include: ['{src,bundle}/**/*.test.{ts,tsx}'],
    server: { deps: { inline: ['beautiful-mermaid'] } },
  },
}));
