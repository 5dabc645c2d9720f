// @vitest-environment node
/** The script stays within its budget; what is in it is printed when it does not. */
import { readFileSync } from 'node:fs';
import { build } from 'vite';
import { expect, test, vi } from 'vitest';
import { english } from '../src/i18n/later';
import { BUDGET, table, weigh, type Sizes } from './sizes';

const sizes = await measured();

async function measured(): Promise<Sizes> {
  const weighed: Sizes[] = [];
  vi.stubEnv('NODE_ENV', 'production'); // as in a build: a test's would be for developers
  await build({ mode: 'weigh', logLevel: 'error', plugins: weigh((each) => weighed.push(each)) });
  const [only] = weighed;
  if (!only) throw new Error('Nothing was built.');
  return only;
}

test('the first load is within its budget', () => {
  expect(sizes.chunks.some(({ name }) => name.includes('HistoryPanel'))).toBe(true);
  expect(sizes.first.gzip, table(sizes)).toBeLessThanOrEqual(BUDGET);
});

test('the script says nothing whose English comes later', () => {
  const own = sizes.modules.map(({ name }) => name).filter((name) => /\/src\/(?!i18n).*\.tsx?$/.test(name));
  expect(own.length).toBeGreaterThan(50);
  const said = own.flatMap((name) => {
    const words = readFileSync(name, 'utf8').matchAll(/\b(?:t|messages\.value|labels)\??\.(\w+)/g);
    return [...words].map(([, word = '']) => `${word} in ${name}`);
  });
  expect(said.length).toBeGreaterThan(30);
  expect(said.filter((each) => (each.split(' ')[0] ?? '') in english)).toEqual([]);
});
