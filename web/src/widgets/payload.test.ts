import { expect, test } from 'vitest';
import { mergePayload } from './payload';

test('fields go with the payload, by their paths', () => {
  const fields = [
    ['todo.title', 'A'],
    ['todo.at.day', '1'],
    ['ok', true],
  ] as const;
  expect(mergePayload({ id: 7 }, fields)).toEqual({
    payload: { id: 7, todo: { title: 'A', at: { day: '1' } }, ok: true },
    dropped: [],
  });
  expect(mergePayload(undefined, fields.slice(2)).payload).toEqual({ ok: true });
});

test('what the action says itself wins, and the field is named', () => {
  const own = { id: 7, todo: { title: 'B' } };
  const fields = [['id', '8'], ['todo.title', 'A'], ['todo.id', '1'], ['id.x', '2']] as const; // prettier-ignore
  expect(mergePayload(own, fields)).toEqual({
    payload: { id: 7, todo: { title: 'B', id: '1' } },
    dropped: ['id', 'todo.title', 'id.x'],
  });
  expect(own).toEqual({ id: 7, todo: { title: 'B' } });
});

test('a payload that is no object stays as it is', () => {
  expect(mergePayload('x', [['a', '1']])).toEqual({ payload: 'x', dropped: ['a'] });
  expect(mergePayload([1], [])).toEqual({ payload: [1], dropped: [] });
});

test('no name reaches what every object has', () => {
  const { payload, dropped } = mergePayload({}, [
    ['__proto__.polluted', '1'],
    ['constructor.prototype.polluted', '1'],
  ]);
  expect(dropped).toEqual(['__proto__.polluted']);
  expect(payload).toEqual({ constructor: { prototype: { polluted: '1' } } });
  expect('polluted' in {}).toBe(false);
});
