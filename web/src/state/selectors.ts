/** Questions asked of the state. Pure. */
import { lastTurn, type TurnRequest } from '../protocol/additions';
import type { ClientToolCallItem, StructuredInputItem, ThreadItem } from '../protocol/types.gen';
import type { ChatState, Entry, Failure, RetryPlan } from './model';
import type { Turn } from './turns';

/** What the copy button puts on the clipboard. */
export function copyText(turn: Turn): string {
  return repliesOf(turn)
    .map(({ item }) => textOf(item).trim())
    .filter((text) => text !== '')
    .join('\n\n');
}

function repliesOf({ earlier, replies }: Turn): readonly Entry[] {
  return earlier.length === 0 ? replies : [...earlier, ...replies];
}

function textOf(item: ThreadItem): string {
  if (item.type === 'assistant_message') return item.content.map((part) => part.text).join('\n\n');
  return item.type === 'widget' ? (item.copy_text ?? '') : '';
}

export function hasText(turn: Turn): boolean {
  return repliesOf(turn).some(({ item }) => textOf(item).trim() !== '');
}

/** The items that feedback on a turn is about. */
export function feedbackIds(turn: Turn): string[] {
  return [...new Set(repliesOf(turn).map((entry) => entry.item.id))];
}

/** The confirmed user message that a retry would start from. */
export function lastMessageId(state: ChatState): string | null {
  return (
    state.entries.findLast((entry) => entry.item.type === 'user_message' && !entry.isLocal)?.item.id ?? null
  );
}

/** The items that follow the last message. */
export function answersOfLastTurn({ entries }: ChatState): string[] {
  const asked = entries.findLastIndex((entry) => entry.item.type === 'user_message');
  return entries.slice(asked + 1).map((entry) => entry.item.id);
}

/** The tool call the server waits for, if the thread ends with one. */
export function pendingToolCall(state: ChatState): ClientToolCallItem | null {
  const item = state.entries.findLast((entry) => entry.item.type !== 'end_of_turn')?.item;
  return item?.type === 'client_tool_call' && item.status !== 'completed' ? item : null;
}

/** The questions that the thread ends with and nobody has answered. */
export function pendingQuestions(entries: readonly Entry[]): StructuredInputItem | null {
  const item = entries.findLast((entry) => entry.item.type !== 'end_of_turn')?.item;
  return item?.type === 'structured_input' && (item.status ?? 'pending') === 'pending' ? item : null;
}

/** How the turn that `request` began can be tried again; null if it cannot. A turn begun elsewhere has none. */
export function retryPlan(
  state: ChatState,
  request: TurnRequest | null,
  wasEchoed: boolean,
): RetryPlan | null {
  const isMessage = request?.type === 'threads.create' || request?.type === 'threads.add_user_message';
  if (isMessage && !wasEchoed) return { kind: 'resend', request };
  // The questions are still there, with what was answered.
  if (request?.type === 'threads.add_structured_input') return null;
  const itemId = lastMessageId(state);
  if (itemId !== null) return { kind: 'after_item', itemId };
  return request?.type === 'threads.custom_action' ? { kind: 'resend', request } : null;
}

/**
 * What to say of a loaded thread whose last turn did not come to its end: it was broken off, or ends with a
 * question nobody is answering. Servers that do not tell may be answering all the same: there nothing is said.
 */
export function unfinished(state: ChatState): Failure | null {
  const { thread, entries } = state;
  const turn = thread ? lastTurn(thread) : 'unknown';
  const itemId = lastMessageId(state);
  const isOpen = (thread?.status?.type ?? 'active') === 'active';
  if (turn === 'unknown' || turn === 'active' || !isOpen || itemId === null || hasUnsent(state)) return null;
  // Any other last item, a tool call or an end-of-turn marker among them, is an answer of some kind.
  const about = entries.at(-1)?.item.type === 'user_message' ? 'unanswered' : 'brokenOff';
  if (about === 'brokenOff' && turn !== 'broken off') return null;
  return { message: null, about, canRetry: true, plan: { kind: 'after_item', itemId } };
}

/** Whether a message stands here that the server has not taken yet. */
export function hasUnsent(state: ChatState): boolean {
  return state.entries.some((entry) => entry.isLocal);
}

export function withPlan(failure: Failure | null, plan: RetryPlan | null): Failure | null {
  return failure && { ...failure, plan: failure.canRetry ? plan : null };
}

/** Whether `url` may be loaded as an image of this thread: no list means no restriction was stated. */
export function isImageAllowed(
  thread: ChatState['thread'],
  url: URL,
  ownOrigins: readonly string[],
): boolean {
  const domains = thread?.allowed_image_domains;
  if (url.protocol === 'data:' || ownOrigins.includes(url.origin) || domains === undefined) return true;
  return domains.some((domain) => domain.toLowerCase() === url.hostname.toLowerCase());
}
