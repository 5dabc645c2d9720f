/** Short spellings of items and events, as a server would send them. */
import type { ThreadItem, ThreadStreamEvent } from '../protocol/types.gen';
import { readEvent, readItem } from '../protocol/wire';

const base = { thread_id: 'thr_1', created_at: '2030-01-01T00:00:00' };

function item(value: Record<string, unknown>): ThreadItem {
  const read = readItem({ ...base, ...value });
  if (!read) throw new Error(`not an item: ${JSON.stringify(value)}`);
  return read;
}

export const user = (id: string, text = 'Hi'): ThreadItem =>
  item({ id, type: 'user_message', content: [{ type: 'input_text', text }] });

export const assistant = (id: string, ...texts: string[]): ThreadItem =>
  item({ id, type: 'assistant_message', content: texts.map((text) => ({ type: 'output_text', text })) });

export const toolCall = (id: string, name: string, args: Record<string, unknown>): ThreadItem =>
  item({ id, type: 'client_tool_call', status: 'pending', call_id: `call_${id}`, name, arguments: args });

export const image = (id: string, url?: string): ThreadItem =>
  item({ id, type: 'generated_image', ...(url !== undefined && { image: { id: 'ig', url } }) });

export const workflow = (
  id: string,
  type: 'custom' | 'reasoning',
  summary?: { duration: number },
): ThreadItem => item({ id, type: 'workflow', workflow: { type, tasks: [], expanded: false, summary } });

export const thread = (id = 'thr_1', extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  id,
  created_at: '2030-01-01T00:00:00',
  status: { type: 'active' },
  metadata: {},
  items: { data: [], has_more: false },
  ...extra,
});

export function event(value: Record<string, unknown>): ThreadStreamEvent {
  const read = readEvent(value);
  if (!read) throw new Error(`not an event: ${JSON.stringify(value)}`);
  return read;
}

export const created = (id = 'thr_1', extra = {}): ThreadStreamEvent =>
  event({ type: 'thread.created', thread: thread(id, extra) });
export const updatedThread = (extra: Record<string, unknown>, id = 'thr_1'): ThreadStreamEvent =>
  event({ type: 'thread.updated', thread: thread(id, extra) });
export const added = (value: ThreadItem): ThreadStreamEvent => ({ type: 'thread.item.added', item: value });
export const done = (value: ThreadItem): ThreadStreamEvent => ({ type: 'thread.item.done', item: value });
export const replaced = (value: ThreadItem): ThreadStreamEvent => ({
  type: 'thread.item.replaced',
  item: value,
});
export const removed = (id: string): ThreadStreamEvent => ({ type: 'thread.item.removed', item_id: id });
export const opts = (allow: boolean): ThreadStreamEvent => ({
  type: 'stream_options',
  stream_options: { allow_cancel: allow },
});
export const update = (id: string, value: Record<string, unknown>): ThreadStreamEvent =>
  event({ type: 'thread.item.updated', item_id: id, update: value });
export const delta = (id: string, text: string, index = 0): ThreadStreamEvent =>
  update(id, { type: 'assistant_message.content_part.text_delta', content_index: index, delta: text });
export const part = (id: string, kind: 'added' | 'done', text: string, index = 0): ThreadStreamEvent =>
  update(id, {
    type: `assistant_message.content_part.${kind}`,
    content_index: index,
    content: { type: 'output_text', text, annotations: [] },
  });
export const failure = (extra: Record<string, unknown>): ThreadStreamEvent =>
  event({ type: 'error', ...extra });

/** A new thread, its question `u`, and `text` of an answer `a` that is not finished. */
export const answering = (text: string): ThreadStreamEvent[] => [
  created(),
  done(user('u')),
  opts(true),
  added(assistant('a')),
  delta('a', text),
];
