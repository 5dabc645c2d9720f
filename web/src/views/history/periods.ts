/** The history's headings: when a conversation was begun, by the reader's own calendar. Pure. */
import type { ThreadMetadata } from '../../protocol/types.gen';

export type Period = 'today' | 'yesterday' | 'week' | 'month' | 'older';

export interface Group {
  /** A period near today, or the first day of the month that the conversations are of. */
  readonly period: Period | Date;
  readonly threads: readonly ThreadMetadata[];
}

/** Threads in the server's order, with a heading wherever the period changes. */
export function groupByPeriod(threads: readonly ThreadMetadata[], now: Date): Group[] {
  const groups: { period: Period | Date; threads: ThreadMetadata[] }[] = [];
  for (const thread of threads) {
    const period = periodOf(new Date(thread.created_at), now);
    const last = groups.at(-1);
    if (last && String(last.period) === String(period)) last.threads.push(thread);
    else groups.push({ period, threads: [thread] });
  }
  return groups;
}

/** "September", with the year where it is not the present one. */
export function monthName(month: Date, now: Date, locale: string): string {
  const year = month.getFullYear() === now.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return new Intl.DateTimeFormat(locale, { month: 'long', ...year }).format(month);
}

function periodOf(date: Date, now: Date): Period | Date {
  if (Number.isNaN(date.getTime())) return 'older';
  // Midnights differ by whole days but for the hour that summer time takes or gives.
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days <= 0) return 'today';
  if (days === 1) return 'yesterday';
  if (days <= 7) return 'week';
  return days <= 30 ? 'month' : new Date(date.getFullYear(), date.getMonth());
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
