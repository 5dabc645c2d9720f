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

/**
 * Keeps marked's lexer and drops the rest of it, a fifth: its one module sets up a parser, a renderer and a
 * global instance as it loads, which no bundler may leave out unasked.
 */
const lexerOnly: Plugin = {
  name: 'marked-lexer-only',
  apply: 'build',
  transform(code, id) {
    if (!id.endsWith('/marked/lib/marked.esm.js')) return null;
    let kept = '';
    for (const statement of this.parse(code).body) {
      const text = code.slice(statement.start, statement.end);
      // What is hung on the function `marked`, and read from it again.
      if (statement.type === 'ExpressionStatement' || /^var \w+=\w+\.\w+,/.test(text)) continue;
      if (statement.type !== 'ExportNamedDeclaration') {
        kept += `${text.replace(/^var \w+=(?=new )/, '$&/* @__PURE__ */')}\n`;
        continue;
      }
      const lexer = /\b(\w+) as Lexer\b/.exec(text)?.[1];
      if (lexer === undefined) this.error('marked no longer exports its lexer as it did');
      kept += `export { ${lexer} as Lexer };\n`;
    }
    return { code: kept, map: null, moduleSideEffects: false };
  },
};

export default defineConfig(({ command, mode }) => {
  const isPage = mode === 'page';
  return {
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    define: command === 'build' ? { 'process.env.NODE_ENV': '"production"' } : {},
    plugins: isPage ? [pageFiles] : [lexerOnly],
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
