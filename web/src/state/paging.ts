/**
 * Long threads. `threads.get_by_id` returns the oldest items; `items.list` the newest first. The newest page
 * is shown at once, older ones when the reader scrolls up, until they meet the items already in hand.
 */
import type { Page, ThreadItem } from '../protocol/types.gen';
import type { ChatState, Older } from './model';

export interface Loaded {
  readonly items: readonly ThreadItem[];
  readonly older: Older | null;
}

/** `page` (newest first) put in front of `shown`, and what is still missing between it and `head`. */
export function prepend(
  head: readonly ThreadItem[],
  page: Required<Page<ThreadItem>>,
  shown: readonly ThreadItem[],
): Loaded {
  const loaded = [...page.data].reverse();
  const ids = new Set(loaded.map((item) => item.id));
  const meets = head.some((item) => ids.has(item.id));
  const items = unique([...loaded, ...shown]);
  if (meets || !page.has_more) return { items: unique([...head, ...items]), older: null };
  return { items, older: { head, cursor: page.after } };
}

/** Everything once, in the order first seen. */
function unique(items: readonly ThreadItem[]): ThreadItem[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(item.id) && seen.add(item.id));
}

export function showOlder(state: ChatState, loaded: Loaded): ChatState {
  const shown = new Set(state.entries.map((entry) => entry.item.id));
  const added = loaded.items
    .filter((item) => !shown.has(item.id))
    .map((item) => ({ key: item.id, item, isFinal: true, isLocal: false }));
  return { ...state, entries: [...added, ...state.entries], older: loaded.older };
}

/** The thread read again: what is shown and still older stays in front of what was read. */
export function reconcile(state: ChatState, read: Loaded): Loaded {
  const first = read.items[0];
  const at = state.entries.findIndex((entry) => entry.item.id === first?.id);
  if (read.older === null || at < 0) return read;
  const before = state.entries.slice(0, at).map((entry) => entry.item);
  return { items: [...before, ...read.items], older: state.older };
}
