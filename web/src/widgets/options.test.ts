import { expect, test } from 'vitest';
import { isSearchable, matching, stepped, typedAhead } from './options';
import { choices } from './readers';

const options = choices([
  { value: 'a', label: 'Älmhult', description: 'in the south' },
  { value: 'b', label: 'Bergen', disabled: true },
  { value: 'c', label: 'Cádiz' },
]);

test('options are found by any of their words, without accents', () => {
  expect(matching(options, 'alm').map(({ value }) => value)).toEqual(['a']);
  expect(matching(options, 'SOUTH äl').map(({ value }) => value)).toEqual(['a']);
  expect(matching(options, 'cadiz')).toHaveLength(1);
  expect(matching(options, ' ')).toHaveLength(3);
});

test('the keys pass over what cannot be chosen, and go round', () => {
  expect([
    stepped(options, -1, 1),
    stepped(options, 0, 1),
    stepped(options, 2, 1),
    stepped(options, 0, -1),
  ]).toEqual([0, 2, 0, 2]);
  expect(stepped(options, options.length, -1)).toBe(2);
  expect(stepped([], -1, 1)).toBe(-1);
});

test('typing leads to the next that begins so', () => {
  expect(typedAhead(options, 'c', -1)).toBe(2);
  expect(typedAhead(options, 'b', -1)).toBe(-1);
  expect(typedAhead(options, 'al', 0)).toBe(0);
});

test('a long list is searched by default', () => {
  const many = choices(Array.from({ length: 16 }, (_, value) => ({ value })));
  expect([
    isSearchable(many, null),
    isSearchable(many, false),
    isSearchable(options, null),
    isSearchable(options, true),
  ]).toEqual([true, false, false, true]);
});
