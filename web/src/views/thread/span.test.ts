import { expect, test } from 'vitest';
import { advance, layOut, rowsAtEnd, rowsWithin, type Span } from './span';

const even = (count: number, height = 100): number[] => Array.from({ length: count }, () => height);
const VIEW = 400;

/** Steps until nothing changes any more; how many it took. */
function steady(from: Span, heights: number[], top: number): { span: Span; steps: number } {
  for (let span = from, steps = 0; ; steps++) {
    const next = advance(span, heights, top, VIEW);
    if (next.from === span.from && next.to === span.to) return { span, steps };
    if (steps > 50) throw new Error('it never comes to rest');
    span = next;
  }
}

test('the rows in sight are those that reach into it, and one at least', () => {
  expect(rowsWithin(even(10), 150, 350)).toEqual({ from: 1, to: 4 });
  expect(rowsWithin(even(10), -500, -100)).toEqual({ from: 0, to: 1 });
  expect(rowsWithin(even(10), 5000, 6000)).toEqual({ from: 9, to: 10 });
  expect(rowsWithin([3000], 1000, 1400)).toEqual({ from: 0, to: 1 });
});

test('an opened thread begins with the rows that fill the view from the end', () => {
  expect(rowsAtEnd(even(500), VIEW)).toEqual({ from: 496, to: 500 });
  expect(rowsAtEnd(even(2), VIEW)).toEqual({ from: 0, to: 2 });
  expect(rowsAtEnd([], VIEW)).toEqual({ from: 0, to: 0 });
});

test('however long the thread, only what is near is shown, and no step makes more than two rows beyond what is in sight', () => {
  for (const count of [30, 500, 5000]) {
    const heights = even(count);
    for (const top of [0, 1234, 100 * count - VIEW]) {
      const { span } = steady({ from: 0, to: 0 }, heights, top);
      expect(span.to - span.from).toBeLessThanOrEqual(14);
      let shown: Span = { from: 0, to: 0 };
      for (let step = 0; step < 12; step++) {
        const next = advance(shown, heights, top, VIEW);
        const seen = rowsWithin(heights, top, top + VIEW);
        expect(next.from).toBeLessThanOrEqual(seen.from);
        expect(next.to).toBeGreaterThanOrEqual(seen.to);
        const made = step === 0 ? 0 : next.to - next.from - (shown.to - shown.from);
        expect(made).toBeLessThanOrEqual(2);
        shown = next;
      }
    }
  }
});

test('there is always a row before and after those in sight for the focus to go to, even if one fills the view', () => {
  const heights = [2000, 2000, 2000, 2000, 2000];
  expect(steady({ from: 0, to: 0 }, heights, 5000).span).toEqual({ from: 1, to: 4 });
});

test('a jump leaves nothing of the rows far away behind', () => {
  const { span } = steady({ from: 0, to: 8 }, even(1000), 50_000);
  expect(span.from).toBeGreaterThan(490);
});

test('rows left out are stood in for by their height, those pinned stay', () => {
  const { rows, gaps } = layOut([10, 20, 30, 40, 50, 60], { from: 2, to: 4 }, [5, 2, -1]);
  expect(rows).toEqual([2, 3, 5]);
  expect(gaps).toEqual([30, 0, 50, 0]);
});
