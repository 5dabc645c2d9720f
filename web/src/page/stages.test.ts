import { expect, test } from 'vitest';
import { advance, idle, over, type Stage } from './stages';

const ANSWERED = [
  { step: 'search', state: 'running' },
  {
    step: 'search',
    state: 'done',
    passages: 4,
    documents: [{ title: 'Moorings', path: 'm.md' }, null, 'x'],
    milliseconds: 12.5,
  },
  { step: 'answer', state: 'running' },
  { step: 'answer', state: 'writing', milliseconds: 300 },
  { step: 'answer', state: 'done', milliseconds: 900 },
  { step: 'check', state: 'running' },
  { step: 'check', state: 'done', cited: 1, unsupported: 2, milliseconds: 3 },
];

const after = (events: readonly Record<string, unknown>[]): readonly Stage[] => events.reduce(advance, idle);
const states = (stages: readonly Stage[]): string[] => stages.map(({ name, state }) => `${name} ${state}`);

test('all stages are there before the first has begun', () => {
  expect(states(idle)).toEqual(['search waiting', 'answer waiting', 'check waiting']);
});

test('a stage runs, is done and says what came of it', () => {
  expect(states(after(ANSWERED.slice(0, 3)))).toEqual(['search done', 'answer running', 'check waiting']);
  const [search, , check] = after(ANSWERED);
  expect(search).toMatchObject({ detail: '4 passages found', documents: ['Moorings'], milliseconds: 12.5 });
  expect(check).toMatchObject({ detail: '1 citation checked, 2 statements without support' });
});

test('a call of the page in place of an answer is a stage, and another round follows', () => {
  const calling = [...ANSWERED.slice(0, 3), { step: 'tool', state: 'done', tool: 'switch_theme' }];
  expect(states(after(calling))).toEqual([
    'search done',
    'tool done',
    'search waiting',
    'answer waiting',
    'check waiting',
  ]);
  expect(states(after([...calling, ...ANSWERED]))).toEqual([
    'search done',
    'tool done',
    'search done',
    'answer done',
    'check done',
  ]);
});

test('an answer that is stopped leaves no stage running and none waiting', () => {
  expect(states(over(after(ANSWERED.slice(0, 4))))).toEqual(['search done', 'answer ended']);
});

test('what is not known changes nothing', () => {
  for (const data of [
    {},
    { step: 'search' },
    { step: 'search', state: 'sideways' },
    { step: 3, state: 'done' },
  ])
    expect(advance(idle, data)).toBe(idle);
});
