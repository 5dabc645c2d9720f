/**
 * What the server says in every sequence of the protocol, byte for byte, and what becomes of it here.
 *
 * The recordings are made by `python -m tests.wire.record`, which also explains their comments. The states
 * beside them are written by `npx vitest run src/state/wire.test.ts -u`, and read before they are committed.
 */
import { expect, test } from 'vitest';
import { readEvents } from '../protocol/sse';
import type { ThreadItem } from '../protocol/types.gen';
import { readEvent, readItem } from '../protocol/wire';
import { emptyChat, plainText, type ChatState } from './model';
import { completeToolCall, dropAfter, reduce, settle } from './reduce';

const recordings = import.meta.glob<string>('../../../tests/wire/s[0-9][0-9]-*.sse', {
  query: '?raw',
  import: 'default',
  eager: true,
});

interface Exchange {
  readonly request: { readonly type: string; readonly params: Record<string, unknown> };
  /** The bytes of a stream; empty where the reply was JSON or a refusal. */
  readonly stream: string;
  readonly json: string | null;
}

function exchanges(recording: string): Exchange[] {
  const told = recording.split(/^: == /m)[0] ?? '';
  return told.split(/^: -> /m).flatMap((part) => {
    if (part === '') return [];
    const at = part.indexOf('\n\n');
    const reply = part.slice(at + 2);
    const json = /^: <- (\{.*)$/m.exec(reply)?.[1] ?? null;
    const stream = reply.startsWith(': <- ') ? '' : reply;
    return [{ request: JSON.parse(part.slice(0, at)) as Exchange['request'], stream, json }];
  });
}

/** The bytes in small pieces, which cut events, lines and characters in two. */
function inPieces(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.slice(at, (at += 7)));
    },
  });
}

const dataOf = (event: string | { readonly data: string | null }): string | null =>
  typeof event === 'string' ? event : event.data;

/** What the element does itself when it sends the request. */
function before(state: ChatState, { request: { type, params } }: Exchange): ChatState {
  if (type === 'threads.retry_after_item') return dropAfter(state, String(params.item_id));
  if (type !== 'threads.add_client_tool_output') return state;
  const call = state.entries.findLast(
    ({ item }) => item.type === 'client_tool_call' && item.status === 'pending',
  );
  return call ? completeToolCall(state, call.item.id, params.result) : state;
}

interface Turn {
  readonly request: string;
  readonly canCancel: boolean;
  readonly progress: string | null;
  readonly unfinished: readonly string[];
}

/** How things stand when the stream has ended, before the element clears up behind it. */
async function play(start: ChatState, { request, stream }: Exchange): Promise<[ChatState, Turn]> {
  let state = start;
  for await (const event of readEvents(inPieces(stream))) {
    const data = dataOf(event);
    if (data === null) continue;
    const said = readEvent(JSON.parse(data));
    if (!said) throw new Error(`not an event: ${data}`);
    state = reduce(state, said);
  }
  const unfinished = state.entries.filter((entry) => !entry.isFinal).map((entry) => entry.item.id);
  const { canCancel, progress } = state;
  return [state, { request: request.type, canCancel, progress: progress?.text ?? null, unfinished }];
}

/** An item in the words that matter for its type. */
function describe(item: ThreadItem): unknown {
  switch (item.type) {
    case 'user_message':
      return { text: plainText(item.content), quoted: item.quoted_text };
    case 'assistant_message':
      return {
        text: item.content.map((part) => part.text).join('\n\n'),
        cited: item.content.flatMap((part) => part.annotations?.map(({ source }) => source.title) ?? []),
      };
    case 'client_tool_call':
      return { name: item.name, status: item.status, output: item.output };
    case 'widget':
      return { widget: item.widget };
    case 'generated_image':
      return { url: item.image?.url };
    case 'structured_input':
      return { status: item.status, answers: item.inputs.map((input) => input.answer) };
    case 'workflow':
      return { tasks: item.workflow.tasks, summary: item.workflow.summary };
    case 'task':
      return { task: item.task };
    default:
      return {};
  }
}

/** JSON with one line for each entry of a list: a difference shows in the line that it is about. */
function inLines(value: Record<string, unknown>): string {
  const lines = Object.entries(value).map(([key, entry]) => {
    const list = Array.isArray(entry) && entry.length > 0;
    const shown = list
      ? `[\n${entry.map((each) => `    ${JSON.stringify(each)}`).join(',\n')}\n  ]`
      : JSON.stringify(entry);
    return `  ${JSON.stringify(key)}: ${shown}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

test.each(Object.keys(recordings).sort())('%s', async (path) => {
  let state = emptyChat;
  const turns: Turn[] = [];
  for (const exchange of exchanges(recordings[path] ?? '')) {
    state = before(state, exchange);
    if (exchange.json !== null) {
      const changed = readItem((JSON.parse(exchange.json) as { updated_item?: unknown }).updated_item);
      if (changed) state = reduce(state, { type: 'thread.item.replaced', item: changed });
    }
    if (exchange.stream === '') continue;
    const [played, turn] = await play(state, exchange);
    turns.push(turn);
    state = settle(played);
  }
  const { thread } = state;
  const summary = {
    thread: { id: thread?.id, title: thread?.title, status: thread?.status },
    turns,
    items: state.entries.map(({ item, isFinal, progress }) => ({
      id: item.id,
      type: item.type,
      isFinal,
      progress,
      ...(describe(item) as object),
    })),
    notices: state.notices,
    failure: state.failure,
  };
  await expect(inLines(summary)).toMatchFileSnapshot(path.replace(/\.sse$/, '.state.json'));
});
