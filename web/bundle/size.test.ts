// @vitest-environment node
/** The script stays within its budget; what is in it is printed when it does not. */
import { build } from 'vite';
import { expect, test, vi } from 'vitest';
import { BUDGET, table, weigh, type Sizes } from './sizes';

test('the first load is within its budget', { timeout: 180_000 }, async () => {
  const weighed: Sizes[] = [];
  vi.stubEnv('NODE_ENV', 'production'); // as in a build: a test's would be for developers
  await build({ mode: 'weigh', logLevel: 'error', plugins: weigh((sizes) => weighed.push(sizes)) });
  const sizes = weighed[0];
  if (!sizes) throw new Error('Nothing was built.');
  expect(sizes.chunks.some(({ name }) => name.includes('HistoryPanel'))).toBe(true);
  expect(sizes.first.gzip, table(sizes)).toBeLessThanOrEqual(BUDGET);
});
