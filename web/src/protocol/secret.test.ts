import { expect, test, vi } from 'vitest';
import { ClientSecret, hasExpired } from './secret';

const token = (exp: number): string => `h.${btoa(JSON.stringify({ exp }))}.s`;

test('a secret is renewed shortly before it expires; an opaque one is kept', () => {
  expect(hasExpired(token(100), 69_000)).toBe(false);
  expect(hasExpired(token(100), 71_000)).toBe(true);
  expect(hasExpired('opaque', Infinity)).toBe(false);
});

test('requests that need a secret at the same time, or were refused the same one, ask for it once', async () => {
  const secret = new ClientSecret();
  const renew = vi.fn((current: string | null) => Promise.resolve(`${current ?? 'none'}+`));
  expect(await Promise.all([secret.get(renew, null), secret.get(renew, null)])).toEqual(['none+', 'none+']);
  expect(await secret.get(renew, 'none+')).toBe('none++');
  // The second of two that were refused the first secret comes later.
  expect(await secret.get(renew, 'none+')).toBe('none++');
  expect(renew.mock.calls).toEqual([[null], ['none+']]);
});
