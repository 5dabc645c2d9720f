/**
 * Builds the React page of the browser tests into the directory that OUT_DIR names (an absolute path); with the
 * React of another major version, if OUT_REACT names one that is installed beside the first.
 */
import { defineConfig, loadEnv } from 'vite';

const { OUT_DIR, OUT_REACT } = loadEnv('', '.', 'OUT_');
if (!OUT_DIR) throw new Error('Set OUT_DIR to the directory to build the React page into.');

export default defineConfig({
  root: '../tests/browser/react-page',
  base: './',
  resolve: {
    alias: OUT_REACT ? [{ find: /^(react|react-dom)(?=\/|$)/, replacement: `$1-${OUT_REACT}` }] : [],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'react' } },
  plugins: [
    {
      // The page lies outside web/, its packages inside.
      name: 'packages-of-web',
      enforce: 'pre',
      resolveId(id, importer) {
        if (!importer?.includes('/react-page/') || /^[./\0]/.test(id)) return null;
        return this.resolve(id, new URL(import.meta.url).pathname, { skipSelf: true });
      },
    },
  ],
  build: { outDir: OUT_DIR, emptyOutDir: true, target: 'es2022' },
});
