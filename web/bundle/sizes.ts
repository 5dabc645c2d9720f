/**
 * What the element weighs, and what of. `npm run size` prints it; a test holds the script to `BUDGET`.
 *
 * The script is all that a page needs to be there and to be used. Some chunks follow it once the page is painted and
 * has nothing else to do; the others come when they are wanted.
 */
import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';
import { minified } from './link.ts';

/**
 * Bytes of the script, compressed, with all that a conversation, its composer, Markdown and citations need. The test
 * fails above `BUDGET`, which follows the script down, to `GOAL`; it is never raised.
 */
export const GOAL = 45 * 1024;
export const BUDGET = 66 * 1024;

/** Chunks that every page loads by itself before it is painted: they count with the script. There are none. */
const AT_ONCE: readonly string[] = [];

/** Chunks that every page loads by itself after that, when it is idle. A browser test knows them too. */
const AFTERWARDS: readonly string[] = ['afterwards', 'checkOptions', 'later'];

export interface Weight {
  readonly name: string;
  readonly raw: number;
  readonly gzip: number;
}

export interface Sizes {
  readonly script: Weight;
  /** The script with the chunks that are loaded at once. */
  readonly first: Weight;
  /** What follows by itself after the first paint. */
  readonly afterwards: readonly Weight[];
  /** What the script would lose, compressed, without each of its modules; the heaviest first. */
  readonly modules: readonly Weight[];
  readonly chunks: readonly Weight[];
}

/** Weighs a build and hands over the result: what stands before, and what after, the plugin that links its chunks. */
export function weigh(done: (sizes: Sizes) => void): [before: Plugin, after: Plugin] {
  let modules: readonly Weight[] = [];
  const before: Plugin = {
    name: 'weigh-modules',
    generateBundle: {
      order: 'pre',
      handler(_options, bundle) {
        const entry = Object.values(bundle).find((file) => file.type === 'chunk' && file.isEntry);
        modules = entry?.type === 'chunk' ? heaviest(entry) : [];
      },
    },
  };
  const after: Plugin = {
    name: 'weigh-files',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        done(sizesOf(bundle, modules));
      },
    },
  };
  return [before, after];
}

export function sizesOf(bundle: Rolldown.OutputBundle, modules: readonly Weight[]): Sizes {
  const files = Object.values(bundle)
    .filter((file) => file.type === 'asset' && file.fileName.endsWith('.js'))
    .map((file) => weightOf(file.fileName, String(file.type === 'asset' ? file.source : '')));
  const script = files.find(({ name }) => name === 'chatkit.js');
  if (!script) throw new Error('The build has no chatkit.js.');
  const chunks = files.filter(({ name }) => !name.endsWith('chatkit.js'));
  const named = (names: readonly string[]): Weight[] =>
    chunks.filter(({ name }) => names.some((each) => name.includes(`/${each}-`)));
  const first = total([script, ...named(AT_ONCE)]);
  return { script, first, afterwards: named(AFTERWARDS), modules, chunks: chunks.sort(byWeight) };
}

/** A table for people: the script, what is in it, and what comes later. */
export function table({ first, afterwards, modules, chunks }: Sizes): string {
  const row = ({ name, raw, gzip }: Weight): string =>
    `${kilobytes(gzip)} gzip ${kilobytes(raw)}  ${name.replace(/^.*\/(?=src|node_modules)/, '')}`;
  const left = BUDGET - first.gzip;
  const verdict = left < 0 ? `${kilobytes(-left).trim()} over` : `${kilobytes(left).trim()} left`;
  return [
    `${row(first)}: loaded at once (${kilobytes(BUDGET).trim()} allowed, ${verdict}; the goal is ${kilobytes(GOAL).trim()})`,
    'of which the script (what would go with each):',
    ...modules.map(row),
    `${row(total(afterwards))}: after the first paint, when idle`,
    'loaded when wanted:',
    ...chunks.filter((chunk) => !afterwards.includes(chunk)).map(row),
  ].join('\n');
}

function total(weights: readonly Weight[]): Weight {
  const sum = (of: (weight: Weight) => number): number => weights.reduce((all, each) => all + of(each), 0);
  return {
    name: weights.map(({ name }) => name).join(' + '),
    raw: sum(({ raw }) => raw),
    gzip: sum(({ gzip }) => gzip),
  };
}

function heaviest(entry: Rolldown.OutputChunk): Weight[] {
  const codes = Object.entries(entry.modules).map(([name, module]) => [name, alone(module.code)] as const);
  const whole = gzipSync(codes.map(([, code]) => code).join('\n')).length;
  const weights = codes.map(([name, code]) => {
    const others = codes.filter(([other]) => other !== name).map(([, each]) => each);
    return { name, raw: code.length, gzip: whole - gzipSync(others.join('\n')).length };
  });
  return weights.sort(byWeight);
}

/** A module's code minified by itself, nothing of it dropped. */
function alone(code: string | null): string {
  return code === null ? '' : minified(code, { isModule: false, compress: false });
}

function weightOf(name: string, code: string): Weight {
  return { name, raw: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length };
}

function byWeight(a: Weight, b: Weight): number {
  return b.gzip - a.gzip;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(2).padStart(7)} KB`;
}
