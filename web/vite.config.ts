/**
 * Builds into the Python package: `chatkit.js`, the element as one script for any page, and with `--mode page`
 * the chat page that the server shows at `/`. Names are fixed, because the package serves them by name.
 */
import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vitest/config';

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

export default defineConfig(({ command, mode }) => {
  const isPage = mode === 'page';
  return {
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: command === 'build' ? { 'process.env.NODE_ENV': '"production"' } : {},
    plugins: isPage ? [pageFiles] : [],
    build: {
      outDir: '../src/chatkeep/_web',
      emptyOutDir: !isPage,
      target: 'es2022',
      lib: {
        entry: isPage ? 'src/page/page.ts' : 'src/define.ts',
        formats: ['iife'],
        name: 'chatkeep',
        fileName: () => (isPage ? 'page.js' : 'chatkit.js'),
      },
    },
    // The wire fixtures lie beside this folder, where the Python tests read them too.
    server: { fs: { allow: ['..'] } },
    test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
  };
});
