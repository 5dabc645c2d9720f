/** What has come while nobody looked: where it begins, and how much it is. Pure. */
import type { ThreadItem } from '../../protocol/types.gen';
import type { ChatState, Entry } from '../../state/model';
import type { Unread } from '../../state/store';

/** What counts as a message; steps and tool calls only lead up to one. */
const MESSAGES: ReadonlySet<ThreadItem['type']> = new Set([
  'user_message',
  'assistant_message',
  'widget',
  'generated_image',
  'structured_input',
]);

/** What is unread when `before` has become `now`; `isSeen` says whether the end of the thread is being looked at. */
export function noteNew(
  unread: Unread | null,
  before: ChatState,
  now: ChatState,
  isSeen: boolean,
): Unread | null {
  if (before.entries === now.entries && before.thread?.id === now.thread?.id) return unread;
  if (before.thread?.id !== now.thread?.id && before.thread !== null) return null;
  // Whoever writes has seen what is above.
  if (now.entries.at(-1)?.isLocal) return null;
  if (isSeen || before.entries.length === 0) return unread;
  const fresh = added(before.entries, now.entries).filter(({ item }) => MESSAGES.has(item.type));
  const [first] = fresh;
  if (!first) return unread;
  return unread && unread.count > 0
    ? { ...unread, count: unread.count + fresh.length }
    : { key: first.key, count: fresh.length };
}

/** The entries behind what used to be the last one. */
function added(before: readonly Entry[], now: readonly Entry[]): readonly Entry[] {
  const last = before.at(-1)?.key;
  const at = now.findLastIndex((entry) => entry.key === last);
  return at < 0 ? [] : now.slice(at + 1);
}
