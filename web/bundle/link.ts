/**
 * Links the element's chunks to its script.
 *
 * The script runs as a classic one and as a module, so it can export nothing, and a chunk that imported it would
 * run it a second time. So each chunk is made a function of what it needs: `export default (entry, load, ...chunks)
 * => exports`. The script imports one when it is wanted, and calls it with its own bindings. Which code lies where is the bundler's decision; here imports become parameters, and no more.
 *
 * A name exported here must keep its value once the module has run, since it is handed over, not bound: the build
 * fails on one that is assigned anew.
 */
import { createHash } from 'node:crypto';
import { parseSync, minifySync } from 'rolldown/utils';
import type { Plugin, Rolldown } from 'vite';
import { isIdentifier, visit, type Node } from './syntax.ts';

type Chunk = Rolldown.OutputChunk;

/** A chunk's code in pieces. */
interface Parts {
  /** Statements, with `import('./x.js')` made `$load(['x-1234abcd.js'])`. */
  readonly body: string;
  /** What it takes from other chunks: file name to `[their name, its name]`. */
  readonly imports: ReadonlyMap<string, readonly (readonly [string, string])[]>;
  /** What it gives: `[its name, their name]`. */
  readonly exports: readonly (readonly [string, string])[];
}

export interface LinkOptions {
  /** Where the chunks lie, seen from each place where the script lies: `{ 'chatkit.js': './chatkit/1.0.0/' }`. */
  readonly scripts: Readonly<Record<string, string>>;
  /** The folder that the chunks are written to, with a slash at its end. */
  readonly folder: string;
}

/** How a chunk is named to the loader: its file, and the same of each chunk that it needs first. */
type Spec = readonly [file: string, ...needed: Spec[]];

export function linkChunks({ scripts, folder }: LinkOptions): Plugin {
  return {
    name: 'link-chunks',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const chunks = Object.values(bundle).filter((file): file is Chunk => file.type === 'chunk');
        const entry = chunks.find((chunk) => chunk.isEntry);
        if (!entry) throw new Error('There is no entry to link chunks to.');
        const emit = (fileName: string, source: string): void =>
          void this.emitFile({ type: 'asset', fileName, source });
        const linker = new Linker(chunks, entry.fileName, (file, code) => {
          emit(folder + file, code);
        });
        const parts = linker.partsOf(entry);
        const others = new Map(
          Object.values(bundle).flatMap((file) =>
            file.type === 'asset' && file.fileName.startsWith(folder)
              ? [[file.fileName.slice(folder.length), String(file.source)]]
              : [],
          ),
        );
        const hashes = linker.writeHashes(others);
        const integrity = linker.integrity[hashes] ?? '';
        for (const [fileName, base] of Object.entries(scripts)) {
          emit(fileName, minified(asScript(parts, { base, hashes, integrity }), { isModule: false }));
        }
        for (const { fileName } of chunks) Reflect.deleteProperty(bundle, fileName);
      },
    },
  };
}

/** Makes functions of chunks, those first that others name: a chunk's name has the hash of what is in it. */
class Linker {
  /** The hash of each file written. */
  readonly integrity: Record<string, string> = {};
  readonly #chunks: ReadonlyMap<string, Chunk>;
  readonly #entry: string;
  readonly #emit: (file: string, code: string) => void;
  readonly #specs = new Map<string, Spec | 'under way'>();

  constructor(chunks: readonly Chunk[], entry: string, emit: (file: string, code: string) => void) {
    this.#chunks = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
    this.#entry = entry;
    this.#emit = emit;
  }

  partsOf(chunk: Chunk): Parts {
    return take(chunk.code, (file) => this.#specOf(file));
  }

  write(name: string, code: string): string {
    const file = `${name}-${digest('sha256', code, 'hex').slice(0, 8)}.js`;
    this.integrity[file] = hashOf(code);
    this.#emit(file, code);
    return file;
  }

  /** The hashes of what was written, and where to find those of the other files, which fewer pages need. */
  writeHashes(others: ReadonlyMap<string, string>): string {
    const integrity = Object.fromEntries([...others].map(([file, code]) => [file, hashOf(code)]));
    const more = this.write('hashes-of-words', `export default ${JSON.stringify(integrity)}`);
    const list = { ...this.integrity, more };
    return this.write('hashes', `export default ${JSON.stringify(list)}`);
  }

  #specOf(file: string): Spec {
    const known = this.#specs.get(file);
    if (known === 'under way') throw new Error(`${file} is loaded by what it loads.`);
    return known ?? this.#link(file);
  }

  #link(file: string): Spec {
    const chunk = this.#chunks.get(file);
    if (!chunk) throw new Error(`import('${file}') leads to no chunk.`);
    this.#specs.set(file, 'under way');
    const parts = this.partsOf(chunk);
    if (parts.body.includes('$fetch')) throw new Error('Only the script imports by a computed name.');
    const needed = [...parts.imports.keys()].filter((each) => each !== this.#entry);
    const code = minified(asFunction(parts, this.#entry, needed), { isModule: true });
    const spec: Spec = [this.write(chunk.name, code), ...needed.map((each) => this.#specOf(each))];
    this.#specs.set(file, spec);
    return spec;
  }
}

/** The module as the body of a function that is given its imports and returns its exports. */
function asFunction(parts: Parts, entry: string, needed: readonly string[]): string {
  const names = ['$entry', '$load', ...needed.map((_, index) => `$${index}`)];
  const taken = [entry, ...needed].map((file, index) => {
    const pairs = (parts.imports.get(file) ?? []).map(([theirs, ours]) => `${theirs}: ${ours}`);
    return pairs.length > 0 ? `const { ${pairs.join(', ')} } = ${names[index === 0 ? 0 : index + 1]};` : '';
  });
  const given = parts.exports.map(([ours, theirs]) => `${theirs}: ${ours}`);
  return `export default (${names.join(', ')}) => {${taken.join('\n')}\n${parts.body}\nreturn { ${given.join(', ')} };\n};`;
}

interface Loading {
  /** From the script's folder to the chunks'. */
  readonly base: string;
  /** The module that knows each chunk's hash, and its own. */
  readonly hashes: string;
  readonly integrity: string;
}

/**
 * The entry with its chunks' loader, as one statement. Relative addresses of a classic script of another origin
 * resolve against nothing, so they are made from its `src`; a module's resolve against its own address. An import
 * that failed may be remembered by the browser for its address, so the next attempt has another.
 *
 * A page that pins the script by its hash means all of it: then chunks are checked too, by preloading them with
 * theirs. All hashes but one lie in a chunk of their own, since few pages ask for them; those of the files that are no
 * chunks in another, whose own hash the first has. What has no hash is not loaded.
 */
function asScript(parts: Parts, { base, hashes, integrity }: Loading): string {
  if (parts.imports.size > 0) throw new Error('The script would need another before it runs.');
  const shared = parts.exports.map(([ours, theirs]) => `${theirs}: ${ours}`);
  return `(() => {
    'use strict';
    const $own = typeof document === 'undefined' ? null : document.currentScript;
    const $base = $own && $own.src ? new URL(${JSON.stringify(base)}, $own.src).href : ${JSON.stringify(base)};
    const $isPinned = $own && $own.integrity;
    const $tries = {};
    const $made = {};
    const $import = (url, integrity) => new Promise((resolve, reject) => {
      const link = document.createElement('link');
      link.rel = 'modulepreload';
      if (!integrity) throw new Error(url + ' is not known');
      link.integrity = integrity;
      link.href = url;
      link.onload = resolve;
      link.onerror = () => reject(new Error(url + ' is not what it should be'));
      document.head.append(link);
    }).then(() => import(url));
    const $hashes = async (file, again, integrity) => (await $import($base + file + again, integrity)).default;
    const $checked = async (file, again) => {
      const hashes = await $hashes(${JSON.stringify(hashes)}, again, ${JSON.stringify(integrity)});
      const { more } = hashes;
      return $import($base + file + again, hashes[file] ?? (await $hashes(more, again, hashes[more]))[file]);
    };
    const $fetch = (file, again = '') => $isPinned ? $checked(file, again) : import($base + file + again);
    const $load = ([file, ...needed]) => $made[file] ??= (async () => {
      const again = $tries[file] ? '?' + $tries[file] : '';
      try {
        const [module, ...modules] = await Promise.all([
          $fetch(file, again), ...needed.map($load)
        ]);
        return module.default({ ${shared.join(', ')} }, $load, ...modules);
      } catch (error) {
        $tries[file] = ($tries[file] ?? 0) + 1;
        $made[file] = undefined;
        throw error;
      }
    })();
    ${parts.body}
  })();`;
}

function take(code: string, specOf: (file: string) => Spec): Parts {
  const imports = new Map<string, (readonly [string, string])[]>();
  const exports: (readonly [string, string])[] = [];
  const cuts: [number, number, string][] = [];
  const program = parseSync('chunk.js', code).program as unknown as Node & { body: Node[] };
  for (const statement of program.body) {
    if (statement.type === 'ImportDeclaration') {
      const pairs = imports.get(source(statement)) ?? [];
      for (const specifier of nodes(statement.specifiers)) {
        pairs.push([nameOf(specifier.imported), nameOf(specifier.local)]);
      }
      imports.set(source(statement), pairs);
      cuts.push([statement.start, statement.end, '']);
    } else if (statement.type === 'ExportNamedDeclaration') {
      if (statement.declaration || statement.source) throw new Error('The bundler exports in a new way.');
      for (const specifier of nodes(statement.specifiers)) {
        exports.push([nameOf(specifier.local), nameOf(specifier.exported)]);
      }
      cuts.push([statement.start, statement.end, '']);
    } else if (statement.type.startsWith('Export')) {
      throw new Error(`The bundler wrote an ${statement.type}.`);
    }
  }
  const given = new Set(exports.map(([ours]) => ours));
  visit(program, (node, isLocal) => {
    if (node.type === 'ImportExpression') {
      const { start, end, type } = node.source as Node;
      if (type !== 'Literal') {
        // A file that is no chunk, by its name in their folder and what is asked of it.
        cuts.push([node.start, node.end, `$fetch(...(${code.slice(start, end)}))`]);
        return;
      }
      cuts.push([node.start, node.end, `$load(${JSON.stringify(specOf(source(node)))})`]);
    }
    const assigned = node.type === 'AssignmentExpression' ? node.left : node.argument;
    if (node.type !== 'AssignmentExpression' && node.type !== 'UpdateExpression') return;
    if (isIdentifier(assigned) && given.has(assigned.name) && !isLocal(assigned.name)) {
      throw new Error(`'${assigned.name}' is assigned anew, and exported to a chunk that would not see it.`);
    }
  });
  let body = code;
  for (const [start, end, by] of cuts.sort((a, b) => b[0] - a[0])) {
    body = body.slice(0, start) + by + body.slice(end);
  }
  return { body, imports, exports };
}

/** The file name in `from './x.js'` or `import('./x.js')`. */
function source(node: Node): string {
  const { value } = node.source as { value?: unknown };
  if (typeof value !== 'string') throw new Error('An import() must name its module.');
  return value.replace(/^\.\//, '');
}

function nodes(value: unknown): Node[] {
  return value as Node[];
}

function nameOf(node: unknown): string {
  const { name, value } = node as { name?: string; value?: string };
  const found = name ?? value;
  if (found === undefined) throw new Error('The bundler imports a whole chunk as a namespace.');
  return found;
}

export function minified(code: string, how: { isModule: boolean; compress?: false }): string {
  const { code: result, errors } = minifySync('chunk.js', code, {
    module: how.isModule,
    compress: how.compress ?? { target: 'es2022' },
    mangle: true,
    codegen: { removeWhitespace: true },
  });
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return result;
}

/** As `integrity` has it. */
function hashOf(code: string): string {
  return `sha384-${digest('sha384', code, 'base64')}`;
}

function digest(algorithm: string, code: string, form: 'hex' | 'base64'): string {
  return createHash(algorithm).update(code).digest(form);
}
