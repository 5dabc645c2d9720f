/**
 * The next state, given what the server said. Pure: no DOM, no fetch, no clock.
 *
 * Items keep the order in which they were first seen and are never sorted by `created_at`, whose zone is
 * unknown. What makes no sense is ignored, since servers may know more events than this client.
 */
import type { ThreadItem, ThreadMetadata, ThreadStreamEvent } from '../protocol/types.gen';
import { applyUpdate } from './items';
import type { ChatState, Entry } from './model';

const INVISIBLE: ReadonlySet<ThreadItem['type']> = new Set([
  'user_message',
  'client_tool_call',
  'end_of_turn',
  'hidden_context_item',
  'sdk_hidden_context',
]);
/** Items that nothing is shown of. */
const QUIET: ReadonlySet<string> = new Set(['client_tool_call', 'end_of_turn']);
const HIDDEN: ReadonlySet<string> = new Set(['hidden_context_item', 'sdk_hidden_context']);

export function reduce(state: ChatState, event: ThreadStreamEvent): ChatState {
  switch (event.type) {
    case 'thread.created':
      // Told again, it knows less than what has been said of the thread since.
      return state.thread?.id === event.thread.id ? state : { ...state, thread: event.thread };
    case 'thread.updated':
      // Its item page is always empty on the wire: it says nothing about the items.
      return state.thread?.id === event.thread.id ? { ...state, thread: event.thread } : state;
    case 'thread.item.added':
      return clearProgress(upsert(state, event.item, false), event.item);
    case 'thread.item.done':
      return clearProgress(upsert(state, event.item, true), event.item);
    case 'thread.item.replaced':
      return upsert(state, event.item, true);
    case 'thread.item.removed':
      return { ...state, entries: state.entries.filter((entry) => entry.item.id !== event.item_id) };
    case 'thread.item.updated':
      return updateEntry(state, event.item_id, (entry) => ({
        ...entry,
        item: applyUpdate(entry.item, event.update),
        ...(event.update.type === 'generated_image.updated' &&
          event.update.progress !== undefined && { progress: event.update.progress }),
      }));
    case 'stream_options':
      return { ...state, canCancel: event.stream_options.allow_cancel };
    case 'progress_update':
      return { ...state, progress: { text: event.text, icon: event.icon ?? null } };
    case 'notice':
      return {
        ...state,
        notices: [
          ...state.notices,
          {
            // Not their number: some may have been dismissed.
            key: String(Number(state.notices.at(-1)?.key ?? 0) + 1),
            level: event.level,
            title: event.title ?? null,
            message: event.message,
          },
        ],
      };
    case 'error':
      return {
        ...state,
        failure: { message: event.message ?? null, canRetry: event.allow_retry ?? false, plan: null },
      };
    default:
      return state;
  }
}

/** The first event of a snapshot: the turn is told again, whole, from its message on. */
export function reduceSnapshot(state: ChatState, event: ThreadStreamEvent): ChatState {
  const at = state.entries.findLastIndex((entry) => entry.item.type === 'user_message');
  const entries = at < 0 ? state.entries : state.entries.slice(0, at + 1);
  return reduce({ ...state, entries, failure: null, progress: null }, event);
}

function upsert(state: ChatState, item: ThreadItem, isFinal: boolean): ChatState {
  if (HIDDEN.has(item.type)) return state;
  const at = findPlace(state.entries, item, isFinal);
  const known = state.entries[at];
  if (known) {
    const entry = { key: known.key, item, isFinal, isLocal: false };
    return { ...state, entries: state.entries.with(at, entry) };
  }
  const entry = { key: uniqueKey(state.entries, item.id), item, isFinal, isLocal: false };
  return { ...state, entries: [...state.entries, entry] };
}

/** Where `item` goes: over the entry it replaces, or -1 for the end. */
function findPlace(entries: readonly Entry[], item: ThreadItem, isFinal: boolean): number {
  const at = entries.findLastIndex((entry) => entry.item.id === item.id);
  if (at < 0 && item.type === 'user_message') return entries.findLastIndex((entry) => entry.isLocal);
  // Some bridges call every answer by one constant id: a finished answer of an earlier turn stays.
  const isReused = !isFinal && entries[at]?.isFinal === true && hasMessageAfter(entries, at);
  return isReused ? -1 : at;
}

function hasMessageAfter(entries: readonly Entry[], at: number): boolean {
  return entries.some((entry, index) => index > at && entry.item.type === 'user_message');
}

function uniqueKey(entries: readonly Entry[], id: string): string {
  const taken = new Set(entries.map((entry) => entry.key));
  let key = id;
  for (let copy = 2; taken.has(key); copy++) key = `${id}~${copy}`;
  return key;
}

function updateEntry(state: ChatState, id: string, change: (entry: Entry) => Entry): ChatState {
  const at = state.entries.findLastIndex((entry) => entry.item.id === id);
  const entry = state.entries[at];
  return entry ? { ...state, entries: state.entries.with(at, change(entry)) } : state;
}

function clearProgress(state: ChatState, item: ThreadItem): ChatState {
  return state.progress === null || INVISIBLE.has(item.type) ? state : { ...state, progress: null };
}

/** A message as it is shown before the server has confirmed it. */
export function addLocal(state: ChatState, item: ThreadItem): ChatState {
  const entry = { key: item.id, item, isFinal: true, isLocal: true };
  return { ...state, entries: [...state.entries, entry], notices: [], failure: null };
}

/** The turn is over, however it ended: nothing is under way any more, and empty shells go. */
export function settle(state: ChatState, isStopped = false): ChatState {
  const kept = state.entries.filter((entry) => entry.isFinal || !isEmpty(entry.item));
  const last = kept.findLastIndex(({ item }) => !QUIET.has(item.type));
  const entries = kept.map((entry, at): Entry => {
    const ended = entry.isFinal ? entry : { ...entry, isFinal: true };
    return isStopped && at === last ? { ...ended, isStopped } : ended;
  });
  return { ...state, entries, progress: null, canCancel: false };
}

function isEmpty(item: ThreadItem): boolean {
  switch (item.type) {
    case 'assistant_message':
      return item.content.every((part) => part.text === '');
    case 'generated_image':
      return item.image === undefined;
    case 'workflow':
      return item.workflow.tasks.length === 0;
    default:
      return false;
  }
}

/** Without everything that follows the message `itemId`, which is about to be answered anew. */
export function dropAfter(state: ChatState, itemId: string): ChatState {
  const at = state.entries.findLastIndex((entry) => entry.item.id === itemId);
  const entries = at < 0 ? state.entries : state.entries.slice(0, at + 1);
  return { ...state, entries, failure: null, notices: [], progress: null };
}

/** The pending call is answered, so that it is not run again. */
export function completeToolCall(state: ChatState, itemId: string, output: unknown): ChatState {
  return updateEntry(state, itemId, (entry) => ({
    ...entry,
    isFinal: true,
    item:
      entry.item.type === 'client_tool_call' ? { ...entry.item, status: 'completed', output } : entry.item,
  }));
}

/** A thread as it was loaded; entries that stay keep their key, so that what is open stays open. */
export function load(
  state: ChatState,
  thread: ThreadMetadata,
  items: readonly ThreadItem[],
  older: ChatState['older'],
): ChatState {
  const known = new Map(state.entries.map((entry) => [entry.item.id, entry]));
  const entries = items.map((item) => {
    const { key = item.id, isStopped } = known.get(item.id) ?? {};
    return { key, item, isFinal: true, isLocal: false, ...(isStopped && { isStopped }) };
  });
  const unsent = state.entries.filter((entry) => entry.isLocal);
  return { ...state, thread, entries: [...entries, ...unsent], older };
}
