import { afterEach, expect, test, vi } from 'vitest';
import { browser, newKey } from './surroundings';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a key is a random UUID, with TLS and without', () => {
  expect(newKey()).toMatch(UUID);
  vi.stubGlobal('crypto', {
    getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => bytes.map((_, index) => 255 - index),
  });
  expect(newKey()).toBe('fffefdfc-fbfa-49f8-b7f6-f5f4f3f2f1f0');
});

test('tabs that cannot talk, or may not, do without', () => {
  vi.stubGlobal('BroadcastChannel', undefined);
  expect(browser.openChannel('x', () => undefined)).toBeNull();
  vi.stubGlobal('BroadcastChannel', function refuse() {
    throw new DOMException('no', 'SecurityError');
  });
  expect(browser.openChannel('x', () => undefined)).toBeNull();
});

test('what one tab posts the others hear', async () => {
  const heard: unknown[] = [];
  const one = browser.openChannel('x', (message) => heard.push(['one', message]));
  const two = browser.openChannel('x', (message) => heard.push(['two', message]));
  one?.post({ hello: 1 });
  await vi.waitFor(() => expect(heard).toEqual([['two', { hello: 1 }]]));
  one?.close();
  two?.close();
});

test('the network coming back is heard until nobody listens', () => {
  const work = vi.fn();
  const ignore = browser.onOnline(work);
  dispatchEvent(new Event('online'));
  ignore();
  dispatchEvent(new Event('online'));
  expect(work).toHaveBeenCalledOnce();
});
