import { expect, test } from 'vitest';
import { position } from './popup';

const room = { width: 400, height: 400 };
const box = { width: 100, height: 100 };
const at = (left: number, top: number) => ({ left, top, width: 50, height: 20 });

test('it opens on the wished side, or the other one where there is no room', () => {
  expect(position(at(100, 100), box, room, { side: 'bottom', align: 'start' })).toEqual({
    left: 100,
    top: 126,
  });
  expect(position(at(100, 350), box, room, { side: 'bottom', align: 'start' }).top).toBe(244);
  expect(position(at(100, 20), box, room, { side: 'top', align: 'end' })).toEqual({ left: 50, top: 46 });
  expect(position(at(200, 200), box, room, { side: 'left', align: 'center' })).toEqual({
    left: 94,
    top: 160,
  });
  expect(position(at(200, 200), box, room, { side: 'right', align: 'start' }).left).toBe(256);
});

test('it stays within the window', () => {
  expect(position(at(380, 100), box, room, { side: 'bottom', align: 'start' }).left).toBe(292);
  expect(position(at(0, 0), { width: 900, height: 900 }, room, { side: 'bottom', align: 'center' })).toEqual({
    left: 8,
    top: 8,
  });
});
