import { expect, test } from 'vitest';
import { covered } from './keyboard';

const page = { height: 800 };
const whole = { top: 0, bottom: 800 };

test.each([
  ['no keyboard', whole, { offsetTop: 0, height: 800, scale: 1 }, 0],
  ['a keyboard of 300', whole, { offsetTop: 0, height: 500, scale: 1 }, 300],
  ['the page was pushed up by it', whole, { offsetTop: 120, height: 500, scale: 1 }, 180],
  ['an element that ends above it', { top: 0, bottom: 450 }, { offsetTop: 0, height: 500, scale: 1 }, 0],
  ['zoomed in', whole, { offsetTop: 0, height: 400, scale: 2 }, 0],
  ['an element longer than the page', { top: 0, bottom: 2000 }, { offsetTop: 0, height: 500, scale: 1 }, 0],
  ['a small element', { top: 550, bottom: 800 }, { offsetTop: 0, height: 500, scale: 1 }, 90],
])('%s', (_, box, seen, room) => {
  expect(covered(box, page, seen)).toBe(room);
});
