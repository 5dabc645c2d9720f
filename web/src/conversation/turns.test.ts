import { expect, test, vi } from 'vitest';
import { rig, texts, type Rig } from '../testing/rig';
import * as say from '../testing/events';
import { json, live, sse } from '../testing/server';

const answer = (text = 'Hello'): Response => sse(say.opts(true), say.done(say.assistant('a', text)));
const first = (...rest: Parameters<typeof sse>): Response =>
  sse(say.created(), say.done(say.user('u')), say.opts(true), ...rest);

function type(r: Rig, text: string): void {
  r.store.draft.value = { text, tags: [], quote: '' };
  r.conversation.submit();
}

/** A rig with one answered turn in the thread thr_1. */
async function answered(raw: Record<string, unknown> = {}): Promise<Rig> {
  const r = rig(raw);
  r.server.on('threads.create', () => first(say.done(say.assistant('a', 'Hello'))));
  type(r, 'Hi');
  await r.idle();
  r.events.length = 0;
  return r;
}

test('case 11: the first message creates the thread; its bubble is shown at once and only once', async () => {
  const r = rig();
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  type(r, '  Hi\n');
  expect(texts(r.store)).toEqual(['Hi']);
  expect(r.store.draft.value.text).toBe('');
  const stream = await opened;
  expect(r.server.asked[0]?.params).toEqual({
    input: {
      content: [{ type: 'input_text', text: 'Hi' }],
      quoted_text: '',
      attachments: [],
      inference_options: {},
    },
  });
  stream.send(say.created(), say.done(say.user('u')), say.opts(true), say.done(say.assistant('a', 'Hello')));
  stream.end();
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Hello']);
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'response.end']);
  expect(r.events).toContainEqual(['thread.change', { threadId: 'thr_1' }]);
});

test('case 12: a title that arrives in the stream reaches the header and the history', async () => {
  const r = rig();
  r.server.on('threads.create', () =>
    first(say.updatedThread({ title: 'T' }), say.done(say.assistant('a', 'Hello'))),
  );
  type(r, 'Hi');
  await r.idle();
  expect(r.store.chat.value.thread?.title).toBe('T');
  expect(r.store.history.value.threads.map((row) => row.title)).toEqual(['T']);
  expect(texts(r.store)).toEqual(['Hi', 'Hello']);
});

test('case 13: the second message goes to the thread and changes none', async () => {
  const r = await answered();
  r.server.on('threads.add_user_message', () =>
    sse(say.done(say.user('u2', 'More')), say.done(say.assistant('b', 'Sure'))),
  );
  type(r, 'More');
  await r.idle();
  expect(r.server.of('threads.add_user_message')[0]?.params).toMatchObject({ thread_id: 'thr_1' });
  expect(r.heard()).toEqual(['response.start', 'response.end']);
  expect(texts(r.store)).toEqual(['Hi', 'Hello', 'More', 'Sure']);
});

test.each([
  ['an HTTP error', () => json({}, 500)],
  ['an empty stream', () => sse()],
  ['a broken connection', () => Promise.reject(new TypeError('Failed to fetch'))],
])('case 8: after %s the bubble stays, and Retry sends the same request again', async (_, failing) => {
  const r = await answered();
  r.server.on('threads.add_user_message', failing, () =>
    sse(say.done(say.user('u2', 'More')), say.done(say.assistant('b', 'Sure'))),
  );
  type(r, 'More');
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Hello', 'More']);
  expect(r.store.chat.value.failure).toMatchObject({
    message: null,
    canRetry: true,
    plan: { kind: 'resend' },
  });
  expect(r.heard()).toEqual(['response.start', 'error', 'response.end']);
  r.conversation.retryFailure();
  await r.idle();
  const [one, two] = r.server.of('threads.add_user_message');
  expect(two?.params).toEqual(one?.params);
  expect(texts(r.store)).toEqual(['Hi', 'Hello', 'More', 'Sure']);
  expect(r.store.chat.value.failure).toBeNull();
});

test('a refusal is shown in the words of the server', async () => {
  const r = await answered();
  r.server.on('threads.add_user_message', () => json({ message: 'Your budget is spent.' }, 402));
  type(r, 'More');
  await r.idle();
  expect(r.store.chat.value.failure?.message).toBe('Your budget is spent.');
});

test('case 33: Retry after an echoed message asks for an answer to it anew', async () => {
  const r = rig();
  r.server.on('threads.create', () =>
    first(say.done(say.assistant('half', 'Half')), say.failure({ code: 'stream.error', allow_retry: true })),
  );
  const { reply, opened } = live();
  r.server.on('threads.retry_after_item', reply);
  type(r, 'Hi');
  await r.idle();
  expect(r.store.chat.value.failure).toEqual({
    message: null,
    canRetry: true,
    plan: { kind: 'after_item', itemId: 'u' },
  });
  r.conversation.retryFailure();
  const stream = await opened;
  expect(r.server.of('threads.retry_after_item')[0]?.params).toEqual({ thread_id: 'thr_1', item_id: 'u' });
  expect(texts(r.store)).toEqual(['Hi']);
  stream.send(say.done(say.assistant('b', 'Whole')));
  stream.end();
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Whole']);
});

test('case 32: an error that allows no retry offers none', async () => {
  const r = rig();
  r.server.on('threads.create', () =>
    first(say.failure({ message: 'Blocked', allow_retry: false }), say.updatedThread({ title: 'T' })),
  );
  type(r, 'Hi');
  await r.idle();
  expect(r.store.chat.value.failure).toEqual({ message: 'Blocked', canRetry: false, plan: null });
  expect(r.store.chat.value.thread?.title).toBe('T');
});

test('case 35: Stop closes the connection, keeps what was said and reports no error', async () => {
  const r = rig();
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  type(r, 'Hi');
  const stream = await opened;
  stream.send(...say.answering('Part'));
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part']));
  r.conversation.stop();
  await r.idle();
  expect(stream.aborted).toBe(true);
  expect(r.store.chat.value.entries.at(-1)).toMatchObject({ isFinal: true });
  expect(r.store.chat.value.failure).toBeNull();
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'response.end']);
});

test('case 36: without leave to cancel there is no stopping, and nothing else is sent meanwhile', async () => {
  const r = rig();
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  type(r, 'Hi');
  const stream = await opened;
  stream.send(say.created(), say.done(say.user('u')), say.opts(false));
  await vi.waitFor(() => expect(r.store.chat.value.thread).not.toBeNull());
  r.conversation.stop();
  type(r, 'Too early');
  expect(stream.aborted).toBe(false);
  expect(r.store.draft.value.text).toBe('Too early');
  stream.send(say.done(say.assistant('a', 'Done')));
  stream.end();
  await r.idle();
  expect(r.server.asked).toHaveLength(1);
});

test('case 30: a client effect is an event and nothing else', async () => {
  const r = rig();
  r.server.on('threads.create', () =>
    first(
      say.event({ type: 'client_effect', name: 'highlight', data: { i: 1 } }),
      say.done(say.assistant('a', 'x')),
    ),
  );
  type(r, 'Hi');
  await r.idle();
  expect(r.events).toContainEqual(['effect', { name: 'highlight', data: { i: 1 } }]);
  expect(texts(r.store)).toEqual(['Hi', 'x']);
});

test('case 46: hidden items are no subject of feedback', async () => {
  const r = rig();
  const hidden = { type: 'thread.item.added', item: { id: 'h', type: 'hidden_context_item', content: 'x' } };
  const body = [say.created(), say.done(say.user('u')), hidden, say.done(say.assistant('a', 'x'))]
    .map((event) => `data: ${JSON.stringify(event)}\n\n`)
    .join('');
  r.server.on(
    'threads.create',
    () => new Response(body, { headers: { 'Content-Type': 'text/event-stream' } }),
  );
  type(r, 'Hi');
  await r.idle();
  const [entry] = r.store.chat.value.entries.slice(1);
  if (!entry) throw new Error('no answer');
  const turn = { key: 'k', message: null, asked: 'u', replies: [entry], earlier: [], goesOn: false };
  r.conversation.rate(turn, 'positive');
  r.conversation.rate(turn, 'positive');
  expect(r.server.of('items.feedback').map((asked) => asked.params)).toEqual([
    { thread_id: 'thr_1', item_ids: ['a'], kind: 'positive' },
  ]);
});

test('case 47: a client tool is run once the stream is over, inside the same turn', async () => {
  let finish: (result: Record<string, unknown>) => void = () => undefined;
  const onClientTool = vi.fn(() => new Promise<Record<string, unknown>>((resolve) => (finish = resolve)));
  const r = rig({ onClientTool });
  r.server.on('threads.create', () => first(say.done(say.toolCall('t', 'pick', { a: 1 }))));
  r.server.on('threads.add_client_tool_output', () => answer('Picked'));
  type(r, 'Hi');
  await vi.waitFor(() => expect(onClientTool).toHaveBeenCalledOnce());
  expect(onClientTool).toHaveBeenCalledWith({ name: 'pick', params: { a: 1 } });
  expect(r.store.phase.value).toBe('responding');
  finish({ ok: true });
  await r.idle();
  expect(r.server.of('threads.add_client_tool_output')[0]?.params).toEqual({
    thread_id: 'thr_1',
    result: { ok: true },
  });
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'response.end']);
  expect(onClientTool).toHaveBeenCalledOnce();
});

test.each([
  ['undefined', (): undefined => undefined, {}, 0],
  [
    'an error',
    (): never => {
      throw new Error('no');
    },
    { error: 'no' },
    1,
  ],
] as const)(
  'case 48: a handler that gives %s still answers the assistant',
  async (_, onClientTool, result, errors) => {
    const r = rig({ onClientTool });
    r.server.on('threads.create', () => first(say.done(say.toolCall('t', 'pick', {}))));
    r.server.on('threads.add_client_tool_output', () => answer());
    type(r, 'Hi');
    await r.idle();
    expect(r.server.of('threads.add_client_tool_output')[0]?.params).toEqual({ thread_id: 'thr_1', result });
    expect(r.heard().filter((name) => name === 'error')).toHaveLength(errors);
  },
);

test('case 49: a second call means a second round trip', async () => {
  const onClientTool = vi.fn(({ name }: { name: string }): Record<string, unknown> => ({ name }));
  const r = rig({ onClientTool });
  r.server.on('threads.create', () => first(say.done(say.toolCall('t1', 'one', {}))));
  r.server.on(
    'threads.add_client_tool_output',
    () => sse(say.done(say.toolCall('t2', 'two', {}))),
    () => answer(),
  );
  type(r, 'Hi');
  await r.idle();
  expect(r.server.of('threads.add_client_tool_output').map((asked) => asked.params.result)).toEqual([
    { name: 'one' },
    { name: 'two' },
  ]);
});

test('a turn can be stopped while a client tool hangs', async () => {
  const onClientTool = vi.fn(() => new Promise<Record<string, unknown>>(() => undefined));
  const r = rig({ onClientTool });
  r.server.on('threads.create', () => first(say.done(say.toolCall('t', 'pick', {}))));
  type(r, 'Hi');
  await vi.waitFor(() => expect(onClientTool).toHaveBeenCalledOnce());
  r.conversation.stop();
  await r.idle();
  expect(r.server.of('threads.add_client_tool_output')).toEqual([]);
  expect(r.store.chat.value.failure).toBeNull();
});

test('case 71: a tool that does not persist is sent once and then cleared', async () => {
  const r = await answered();
  r.setOptions({ composer: { tools: [{ id: 'web', label: 'Web', icon: 'globe' }] } });
  r.server.on('threads.add_user_message', () => sse(say.done(say.user('u2'))));
  r.conversation.selectTool('web', 'menu');
  type(r, 'More');
  await r.idle();
  expect(r.server.of('threads.add_user_message')[0]?.params).toMatchObject({
    input: { inference_options: { tool_choice: { id: 'web' } } },
  });
  const changes = r.events.filter(([name]) => name === 'tool.change').map(([, detail]) => detail);
  expect(changes).toEqual([{ toolId: 'web' }, { toolId: null }]);
});

test('case 72: the default model is sent; a disabled one is never chosen', async () => {
  const models = [
    { id: 'a', label: 'A', disabled: true },
    { id: 'b', label: 'B' },
    { id: 'c', label: 'C', default: true },
  ];
  const r = rig();
  r.setOptions({ composer: { models } });
  r.server.on('threads.create', () => first());
  await r.conversation.setComposerValue({ selectedModelId: 'a' });
  type(r, 'Hi');
  await r.idle();
  expect(r.server.asked[0]?.params).toMatchObject({ input: { inference_options: { model: 'c' } } });
});

test('case 75: a message of the page carries its own choices and leaves the draft alone', async () => {
  const r = await answered();
  r.store.draft.value = { text: 'draft', tags: [], quote: '' };
  r.server.on('threads.create', () => sse(say.created('thr_2'), say.done(say.user('x', 'q'))));
  await r.conversation.sendUserMessage({
    text: 'q',
    reply: 'quoted',
    toolChoice: { id: 't' },
    model: 'm',
    newThread: true,
  });
  await r.idle();
  expect(r.server.of('threads.create')[1]?.params).toMatchObject({
    input: { quoted_text: 'quoted', inference_options: { tool_choice: { id: 't' }, model: 'm' } },
  });
  expect(r.store.draft.value.text).toBe('draft');
  expect(r.store.chat.value.thread?.id).toBe('thr_2');
});

test('case 77: a prompt made of parts is sent as it is, with the data a tag needs', async () => {
  const r = rig();
  r.server.on('threads.create', () => first());
  const prompt = [
    { type: 'input_text' as const, text: 'ask ' },
    { type: 'input_tag' as const, id: 'e', text: 'Bob' },
  ];
  r.conversation.choosePrompt({ label: 'Ask', prompt, icon: null });
  await r.idle();
  expect(r.server.asked[0]?.params).toMatchObject({
    input: {
      content: [
        { type: 'input_text', text: 'ask ' },
        { type: 'input_tag', id: 'e', text: 'Bob', data: {} },
      ],
    },
  });
  expect(r.events).toContainEqual(['log', { name: 'startScreenPrompt.select', data: { text: 'Ask' } }]);
});

test('case 82: what comes at the wrong time is rejected and not sent', async () => {
  const r = rig();
  await expect(r.conversation.sendCustomAction({ type: 'a' })).rejects.toMatchObject({
    name: 'IntegrationError',
  });
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  type(r, 'Hi');
  const stream = await opened;
  await expect(r.conversation.sendUserMessage({ text: 'x' })).rejects.toThrow('already responding');
  await expect(r.conversation.setThreadId('thr_9')).rejects.toThrow('already responding');
  stream.end();
  await r.idle();
  await expect(r.conversation.sendUserMessage({ text: '  ' })).rejects.toThrow('empty');
  expect(r.server.asked).toHaveLength(1);
});

test('a custom action settles with its stream and sends only what the wire knows', async () => {
  const r = await answered();
  r.server.on(
    'threads.custom_action',
    () => sse(say.opts(true)),
    () => sse(say.failure({ message: 'No' })),
  );
  const action = { type: 'a', payload: { x: 1 }, handler: 'server' };
  await r.conversation.sendCustomAction(action, 'item_1');
  expect(r.server.of('threads.custom_action')[0]?.params).toEqual({
    thread_id: 'thr_1',
    item_id: 'item_1',
    action: { type: 'a', payload: { x: 1 } },
  });
  await expect(r.conversation.sendCustomAction({ type: 'a' })).rejects.toThrow('No');
});
