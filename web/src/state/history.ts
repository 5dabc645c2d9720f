/** The list of conversations, newest first. Pure. */
import type { ThreadMetadata, ThreadStreamEvent } from '../protocol/types.gen';

export interface HistoryState {
  readonly threads: readonly ThreadMetadata[];
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
}

export const emptyHistory: HistoryState = { threads: [], status: 'idle' };

export function reduceHistory(state: HistoryState, event: ThreadStreamEvent): HistoryState {
  switch (event.type) {
    case 'thread.created':
      if (state.threads.some((row) => row.id === event.thread.id)) return state;
      return { ...state, threads: [event.thread, ...state.threads] };
    case 'thread.updated': {
      const threads = state.threads.map((row) => (row.id === event.thread.id ? event.thread : row));
      return { ...state, threads };
    }
    default:
      return state;
  }
}

export function rename(state: HistoryState, threadId: string, title: string | undefined): HistoryState {
  const threads = state.threads.map((row) => (row.id === threadId ? withTitle(row, title) : row));
  return { ...state, threads };
}

export function withTitle(thread: ThreadMetadata, title: string | undefined): ThreadMetadata {
  if (title !== undefined) return { ...thread, title };
  const untitled = { ...thread };
  delete untitled.title;
  return untitled;
}

export function remove(state: HistoryState, threadId: string): HistoryState {
  return { ...state, threads: without(state.threads, threadId) };
}

function without(threads: readonly ThreadMetadata[], id: string): ThreadMetadata[] {
  return threads.filter((row) => row.id !== id);
}

export type Period = 'today' | 'yesterday' | 'week' | 'month' | 'older';

export interface Group {
  readonly period: Period;
  readonly threads: readonly ThreadMetadata[];
}

/** Threads in the server's order, with a heading wherever the period changes. */
export function groupByPeriod(threads: readonly ThreadMetadata[], now: Date): Group[] {
  const groups: { period: Period; threads: ThreadMetadata[] }[] = [];
  for (const thread of threads) {
    const period = periodOf(new Date(thread.created_at), now);
    const last = groups.at(-1);
    if (last?.period === period) last.threads.push(thread);
    else groups.push({ period, threads: [thread] });
  }
  return groups;
}

function periodOf(date: Date, now: Date): Period {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const day = 24 * 60 * 60 * 1000;
  const age = midnight - date.getTime();
  if (age <= 0) return 'today';
  if (age <= day) return 'yesterday';
  if (age <= 7 * day) return 'week';
  return age <= 30 * day ? 'month' : 'older';
}
