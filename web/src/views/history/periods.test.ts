import { expect, test } from 'vitest';
import { groupByPeriod, monthName } from './periods';

const now = new Date(2026, 10, 21, 9, 30);

/** Which heading a conversation of that local time stands under. */
function heading(...time: [number, number, number, number?]): string {
  const created_at = new Date(...time).toISOString();
  const period = groupByPeriod([{ id: 't', created_at }], now)[0]?.period;
  return period instanceof Date ? monthName(period, now, 'en') : String(period);
}

test('headings go by the calendar, not by hours', () => {
  expect(heading(2026, 10, 21, 0)).toBe('today');
  expect(heading(2026, 10, 20, 23)).toBe('yesterday');
  expect(heading(2026, 10, 20, 0)).toBe('yesterday');
  expect(heading(2026, 10, 19, 23)).toBe('week');
  expect(heading(2026, 10, 14)).toBe('week');
  expect(heading(2026, 10, 13)).toBe('month');
  expect(heading(2026, 9, 22)).toBe('month');
  expect(heading(2026, 9, 21)).toBe('October');
  expect(heading(2025, 11, 31)).toBe('December 2025');
  expect(heading(2026, 10, 25)).toBe('today');
});

test("the order is the server's: a heading stands wherever the period changes", () => {
  const at = (id: string, ...time: [number, number, number]) => ({
    id,
    created_at: new Date(...time).toISOString(),
  });
  const threads = [at('a', 2026, 10, 21), at('b', 2026, 8, 30), at('c', 2026, 8, 1), at('d', 2026, 10, 21)];
  const groups = groupByPeriod([...threads, { id: 'e', created_at: 'no date' }], now);
  expect(groups.map(({ threads }) => threads.map(({ id }) => id).join(''))).toEqual(['a', 'bc', 'd', 'e']);
});

test("months are named in the reader's language", () => {
  expect(monthName(new Date(2026, 2, 1), now, 'de-DE')).toBe('März');
  expect(monthName(new Date(2024, 2, 1), now, 'ja-JP')).toBe('2024年3月');
});
