/** Days as text, `2030-01-31`, and the month that they stand in. Without time zones. Pure. */

const DAY = 86_400_000;

const dateOf = (day: string): Date => new Date(`${day}T00:00:00Z`);
const written = (date: Date): string => date.toISOString().slice(0, 10);

export function addDays(day: string, count: number): string {
  return written(new Date(dateOf(day).getTime() + count * DAY));
}

/** The same day of another month, or that month's last. */
export function addMonths(day: string, count: number): string {
  const date = dateOf(day);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count + 1, 0));
  last.setUTCDate(Math.min(date.getUTCDate(), last.getUTCDate()));
  return written(last);
}

/** The weeks of the month that `day` is in, each whole; `first` is the day that weeks begin with, 1 for Monday. */
export function weeks(day: string, first: number): string[][] {
  const month = `${day.slice(0, 8)}01`;
  const start = addDays(month, -((dateOf(month).getUTCDay() - (first % 7) + 7) % 7));
  const rows: string[][] = [];
  for (let at = start; at.slice(0, 7) <= day.slice(0, 7); at = addDays(at, 7)) {
    rows.push(Array.from({ length: 7 }, (_, index) => addDays(at, index)));
  }
  return rows;
}

/** Where in its week the day is, from 0. */
export function weekday(day: string, first: number): number {
  return (dateOf(day).getUTCDay() - (first % 7) + 7) % 7;
}

/** Within the bounds, which belong to them. */
export function within(day: string, min: string | null, max: string | null): string {
  if (min !== null && day < min) return min;
  return max !== null && day > max ? max : day;
}

/** The day that weeks begin with where the locale is spoken, 1 for Monday to 7 for Sunday. */
export function firstWeekday(locale: string): number {
  const known = new Intl.Locale(locale) as Intl.Locale & {
    getWeekInfo?: () => { firstDay: number };
    weekInfo?: { firstDay: number };
  };
  return (known.getWeekInfo?.() ?? known.weekInfo)?.firstDay ?? 1;
}

export function format(day: string, locale: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }).format(dateOf(day));
}

export function today(): string {
  const now = new Date();
  return written(new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate())));
}
