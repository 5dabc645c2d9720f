/** Builds the element into the Python package: one classic script that also works as a module. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../src/chatkeep/_web',
    emptyOutDir: true,
    target: 'es2022',
    lib: { entry: 'src/define.ts', formats: ['iife'], name: 'chatkeep', fileName: () => 'chatkit.js' },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'] },
});
