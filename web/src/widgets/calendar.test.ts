import { expect, test } from 'vitest';
import { addDays, addMonths, firstWeekday, weekday, weeks, within } from './calendar';

test('days and months are counted without time zones', () => {
  expect(addDays('2030-02-28', 1)).toBe('2030-03-01');
  expect(addDays('2032-02-28', 1)).toBe('2032-02-29');
  expect(addMonths('2030-01-31', 1)).toBe('2030-02-28');
  expect(addMonths('2030-01-31', -12)).toBe('2029-01-31');
});

test('a month is whole weeks', () => {
  const monday = weeks('2030-01-16', 1);
  expect(monday.every((week) => week.length === 7)).toBe(true);
  expect([monday[0]?.[0], monday.at(-1)?.[6]]).toEqual(['2029-12-31', '2030-02-03']);
  expect(weeks('2030-01-16', 7)[0]?.[0]).toBe('2029-12-30');
  expect(weekday('2030-01-16', 1)).toBe(2);
});

test('bounds belong to what may be chosen', () => {
  expect(within('2030-01-01', '2030-01-02', null)).toBe('2030-01-02');
  expect(within('2030-01-02', '2030-01-02', '2030-01-02')).toBe('2030-01-02');
  expect(within('2031-01-01', null, '2030-01-02')).toBe('2030-01-02');
});

test('weeks begin as they do where the locale is spoken', () => {
  expect([firstWeekday('de-DE'), firstWeekday('en-US'), firstWeekday('ar-EG')]).toEqual([1, 7, 6]);
});
