import { expect, test } from 'vitest';
import { axis, data, series } from './chartData';
import { labelOf, nearest, plot, spans, ticksOf } from './plot';

const rows = data([
  { m: 'Jan', a: 2, b: -1, c: '3' },
  { m: 'Feb', a: 4, b: 3, c: null },
]);
const BOUNDS = { left: 0, top: 0, width: 100, height: 100 };
const GAPS = { bar: null, category: null };

test('ticks are round and span the data', () => {
  expect(ticksOf(0, 149, 4)).toEqual([0, 50, 100, 150]);
  expect(ticksOf(-0.3, 4.9, 3)).toEqual([-2, 0, 2, 4, 6]);
  expect(ticksOf(0, 0, 3).length).toBeGreaterThan(1);
});

test('series of one stack stand on each other, by sign', () => {
  const stacked = series([
    { type: 'bar', dataKey: 'a', stack: 's' },
    { type: 'bar', dataKey: 'b', stack: 's' },
    { type: 'line', dataKey: 'c', stack: 's' },
  ]);
  expect(spans(rows, stacked)).toEqual([
    [[0, 2], [0, 4]],
    [[0, -1], [4, 7]],
    [[0, 3], null],
  ]); // prettier-ignore
});

test('bars stand beside each other within their row', () => {
  const { drawn, centres } = plot(
    rows,
    series([
      { type: 'bar', dataKey: 'a' },
      { type: 'bar', dataKey: 'c' },
    ]),
    BOUNDS,
    GAPS,
  );
  expect(centres).toEqual([25, 75]);
  const [a, c] = drawn;
  expect(a?.bars[0]?.x).toBeLessThan(c?.bars[0]?.x ?? 0);
  expect(a?.bars[1]?.height).toBe(100);
  expect(c?.bars).toHaveLength(1);
  expect(nearest(centres, 60)).toBe(1);
});

test.each([
  'basis',
  'basisClosed',
  'basisOpen',
  'bumpX',
  'bumpY',
  'bump',
  'linear',
  'linearClosed',
  'natural',
  'monotoneX',
  'monotoneY',
  'monotone',
  'step',
  'stepBefore',
  'stepAfter',
  'unheard of',
])('a line may be drawn as %s', (curveType) => {
  const many = data([1, 5, 2, 4].map((n, x) => ({ x, n })));
  const { drawn } = plot(many, series([{ type: 'area', dataKey: 'n', curveType }]), BOUNDS, GAPS);
  expect(drawn[0]?.line).toMatch(/^M[\d.,MLCZQVH-]+$/i);
  expect(drawn[0]?.area).not.toMatch(/NaN/);
});

test('nothing at all and nonsense are charts too', () => {
  for (const [rows, given] of [
    [[], []],
    ['x', 'y'],
    [[{ a: Infinity }], [{ dataKey: 'a' }]],
    [[null], [{}]],
  ]) {
    const { drawn } = plot(data(rows), series(given), BOUNDS, GAPS);
    expect(JSON.stringify(drawn)).not.toMatch(/null,null|NaN/);
  }
});

test('values of the axis have other names', () => {
  const [row] = data([{ day: 1 }]);
  if (!row) throw new Error('no row');
  expect(labelOf(row, axis({ dataKey: 'day', labels: { 1: 'Mon' } }))).toBe('Mon');
  expect(labelOf(row, axis('day'))).toBe('1');
});
