import { expect, test } from 'vitest';
import { isAccepted, pickerTypes, sizeLimit } from './limits';

const MEGABYTES_100 = 100 * 1024 * 1024;

test.each([
  ['image/png', 7, 7],
  ['image/png', { 'image/png': 1, 'image/*': 2, '*': 3 }, 1],
  ['image/gif', { '*': 3, 'image/*': 2, 'image/png': 1 }, 2],
  ['text/plain;charset=utf-8', { 'text/plain': 1 }, 1],
  ['text/plain', { '*': 3, 'image/*': 2 }, 3],
  ['text/plain', { '': 4, 'image/*': 2 }, 4],
  ['text/plain', { 'image/*': 2 }, MEGABYTES_100],
])('a file of type %s may have, of %j, %i bytes', (type, maxSize, limit) => {
  expect(sizeLimit(type, maxSize as number)).toBe(limit);
});

test.each([
  ['a.png', 'image/png', {}, true],
  ['a.png', 'image/png', { 'image/*': [] }, true],
  ['a.PDF', '', { 'application/pdf': ['.pdf'] }, true],
  ['a.txt', 'text/plain', { 'application/pdf': ['.pdf'], 'image/*': ['.png'] }, false],
  ['a.txt', 'text/plain', { '*/*': [] }, true],
])('%s of type %s, of %j: %s', (name, type, accept, isTaken) => {
  expect(isAccepted({ name, type }, accept)).toBe(isTaken);
});

test('the picker is told types and endings', () => {
  expect(pickerTypes({ 'image/*': ['.png', 'jpg'], '*': [] })).toBe('image/*,.png');
});
