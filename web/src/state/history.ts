/** The list of conversations, newest first. Pure. */
import type { ThreadMetadata, ThreadStreamEvent } from '../protocol/types.gen';

export interface HistoryState {
  readonly threads: readonly ThreadMetadata[];
  /** `more`: what follows those loaded is on its way. */
  readonly status: 'idle' | 'loading' | 'more' | 'ready' | 'failed';
  /** Where the next page starts; null where the list ends. */
  readonly cursor: string | null;
}

export const emptyHistory: HistoryState = { threads: [], status: 'idle', cursor: null };

/** A thread that was deleted here and can still be brought back: the server has not been asked yet. */
export interface Deleted {
  readonly thread: ThreadMetadata;
  /** Its place in the list. */
  readonly at: number;
  /** Whether it was the one on screen. */
  readonly wasShown: boolean;
}

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
  return { ...state, threads: state.threads.filter((row) => row.id !== threadId) };
}

export function restore(state: HistoryState, { thread, at }: Deleted): HistoryState {
  const { threads } = remove(state, thread.id);
  return { ...state, threads: [...threads.slice(0, at), thread, ...threads.slice(at)] };
}
