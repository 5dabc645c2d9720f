/** Turns at a server whose runs outlive their connections: stopped, reloaded, shared between tabs. */
import { effect } from '@preact/signals';
import { expect, test, vi } from 'vitest';
import * as say from '../testing/events';
import { rig, texts, type Rig } from '../testing/rig';
import { RunServer, type ScriptedRun } from '../testing/runs';
import { json, live, sse } from '../testing/server';
import { settled, TestSurroundings } from '../testing/surroundings';

interface Tab extends Rig {
  readonly server: RunServer;
}

function tab(
  raw: Record<string, unknown> = {},
  server = new RunServer(),
  surroundings = new TestSurroundings(),
): Tab {
  return { ...rig(raw, server, surroundings), server };
}

/** A further tab of the same browser. */
const another = (of: Tab, raw: Record<string, unknown> = {}): Tab => tab(raw, of.server, of.surroundings);

const stored = (
  server: RunServer,
  items: readonly object[],
  activeRun: string | null = null,
  metadata: object = { active_run_id: activeRun },
): void =>
  void server.on('threads.get_by_id', () => json(say.thread('thr_1', { items: { data: items }, metadata })));

function ask(r: Tab, text = 'Hi'): void {
  r.store.draft.value = { text, tags: [], quote: '' };
  r.conversation.submit();
}

/** A new thread whose answer has begun: `Hi`, `Part`. */
async function answering(r = tab()): Promise<{ r: Tab; run: ScriptedRun }> {
  ask(r);
  const run = await r.server.begun(1);
  run.say(...say.answering('Part'));
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part']));
  return { r, run };
}

function finish(run: ScriptedRun, text = 'Part done'): void {
  run.say(say.delta('a', text.slice(4)), say.done(say.assistant('a', text)));
  run.end();
}

const count = (r: Tab, type: string): number => r.server.of(`threads.${type}`).length;

test('a broken connection is said calmly while it lasts; the answer goes on where it was', async () => {
  const { r, run } = await answering();
  r.server.on('threads.resume', () => Promise.reject(new TypeError('Failed to fetch')), r.server.resume);
  run.cut();
  await settled();
  expect(r.store.isReconnecting.value).toBe(true);
  expect(r.store.phase.value).toBe('responding');
  expect(texts(r.store)).toEqual(['Hi', 'Part']);
  await r.surroundings.advance(500);
  expect(r.store.isReconnecting.value).toBe(false);
  finish(run);
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Part done']);
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'response.end']);
});

test('a connection that cannot be had again leaves a row whose Retry follows on', async () => {
  const { r, run } = await answering();
  r.server.on('threads.resume', () => Promise.reject(new TypeError('Failed to fetch')));
  run.cut();
  await r.surroundings.advance(90_000);
  expect(r.store.phase.value).toBe('idle');
  expect(r.store.isReconnecting.value).toBe(false);
  expect(r.store.chat.value.failure).toEqual({
    message: null,
    about: 'unreachable',
    canRetry: true,
    plan: { kind: 'resume', threadId: 'thr_1', after: 'run_1:5' },
  });
  r.server.on('threads.resume', r.server.resume);
  r.conversation.retryFailure();
  await settled();
  expect(r.store.chat.value.failure).toBeNull();
  finish(run);
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Part done']);
  expect(count(r, 'create')).toBe(1);
});

test('the client tool of a run that was begun here is run here, however often it was followed on', async () => {
  const onClientTool = vi.fn(() => ({}));
  const { r, run } = await answering(tab({ onClientTool }));
  r.server.on('threads.resume', () => Promise.reject(new TypeError('Failed to fetch')));
  run.cut();
  await r.surroundings.advance(90_000);
  r.server.on('threads.resume', r.server.resume);
  r.conversation.retryFailure();
  run.say(say.done(say.toolCall('t', 'pick', {})));
  run.end();
  (await r.server.begun(2)).end();
  await r.idle();
  expect(onClientTool).toHaveBeenCalledOnce();
});

test('Retry of a message that nobody answered sends it under the same key', async () => {
  const r = tab();
  r.server.on('threads.create', () => Promise.reject(new TypeError('Failed to fetch')), r.server.submit);
  ask(r);
  await r.idle();
  r.conversation.retryFailure();
  (await r.server.begun(1)).say(say.created(), say.done(say.user('u')));
  const [first, second] = r.server.of('threads.create');
  expect(first?.metadata).toEqual({ resumable: true, idempotency_key: 'key-1' });
  expect(second?.init.body).toBe(first?.init.body);
});

test('Retry of a retry that nobody answered sends it under the same key', async () => {
  const { r, run } = await answering(tab());
  run.say(say.failure({ allow_retry: true }));
  run.end();
  await r.idle();
  r.server.on('threads.retry_after_item', () => Promise.reject(new TypeError('x')), r.server.submit);
  r.conversation.retryFailure();
  await r.surroundings.advance(0);
  (await r.server.begun(2)).end();
  const keys = r.server.of('threads.retry_after_item').map((asked) => asked.metadata?.idempotency_key);
  expect(keys).toEqual(['key-2', 'key-2']);
});

test('Retry of a message whose run is over is another run', async () => {
  const r = tab();
  ask(r);
  const run = await r.server.begun(1);
  run.say(say.failure({ message: 'Not now', allow_retry: true }));
  run.end();
  await r.idle();
  r.conversation.retryFailure();
  await r.server.begun(2);
  const keys = r.server.of('threads.create').map((asked) => asked.metadata?.idempotency_key);
  expect(new Set(keys).size).toBe(2);
});

test.each([
  [409, { code: 'conflict', message: 'An answer is being written.' }],
  [503, { code: 'overloaded', message: 'Too many answers at once.' }],
])('a refusal with HTTP %i is shown in the words of the server', async (status, body) => {
  const r = tab();
  r.server.on('threads.create', () => json(body, status));
  ask(r);
  await r.idle();
  expect(r.store.chat.value.failure?.message).toBe(body.message);
  expect(count(r, 'create')).toBe(1);
});

test('every request of a turn has a key of its own', async () => {
  const { r, run } = await answering(tab({ onClientTool: () => ({}) }));
  run.say(say.done(say.toolCall('t', 'pick', {})));
  run.end();
  (await r.server.begun(2)).end();
  await r.idle();
  expect(r.server.of('threads.add_client_tool_output')[0]?.metadata).toEqual({
    resumable: true,
    idempotency_key: 'key-2',
  });
});

test('Stop ends the run at the server and shows what it still says', async () => {
  const { r, run } = await answering();
  r.conversation.stop();
  r.conversation.stop();
  await settled();
  expect(r.server.of('threads.stop').map((asked) => asked.params)).toEqual([
    { thread_id: 'thr_1', run_id: 'run_1' },
  ]);
  expect(r.store.phase.value).toBe('responding');
  run.say(say.done(say.assistant('a', 'Part.')));
  run.end();
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Part.']);
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'response.end']);
  expect(r.surroundings.pending).toEqual([]);
});

test('Stop waits three seconds for the end of the run', async () => {
  const { r, run } = await answering();
  r.conversation.stop();
  await r.surroundings.advance(2_999);
  expect(r.store.phase.value).toBe('responding');
  await r.surroundings.advance(1);
  expect(r.store.phase.value).toBe('idle');
  expect(run.followers[0]?.aborted).toBe(true);
  expect(r.store.chat.value.failure).toBeNull();
});

test('a Stop that does not reach the server ends the turn here and says that it failed', async () => {
  const { r } = await answering();
  r.server.on('threads.stop', () => Promise.reject(new TypeError('Failed to fetch')));
  r.conversation.stop();
  await r.idle();
  expect(r.heard()).toEqual(['response.start', 'thread.change', 'error', 'response.end']);
});

test('no client tool is run once the turn has been stopped', async () => {
  const onClientTool = vi.fn(() => ({}));
  const { r, run } = await answering(tab({ onClientTool }));
  r.conversation.stop();
  run.say(say.done(say.toolCall('t', 'pick', {})));
  run.end();
  await r.idle();
  expect(onClientTool).not.toHaveBeenCalled();
});

test('at a server without ids Stop only closes the connection', async () => {
  const r = tab();
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  ask(r);
  const stream = await opened;
  stream.send(say.created(), say.done(say.user('u')), say.opts(true));
  await vi.waitFor(() => expect(r.store.chat.value.canCancel).toBe(true));
  r.conversation.stop();
  await r.idle();
  expect(stream.aborted).toBe(true);
  expect(r.server.asked).toHaveLength(1);
});

test('a thread that is opened in mid-answer goes on: responding, stoppable, nothing twice', async () => {
  const { r: before, run } = await answering();
  const r = another(before);
  stored(r.server, [say.user('u')], 'run_1');
  await r.conversation.setThreadId('thr_1');
  expect(r.store.phase.value).toBe('responding');
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part']));
  expect(r.server.of('threads.resume')[0]?.params).toEqual({ thread_id: 'thr_1', after: 'run_1:0' });
  expect(r.heard()).toEqual(['thread.load.start', 'thread.change', 'thread.load.end', 'response.start']);
  r.conversation.stop();
  await settled();
  expect(count(r, 'stop')).toBe(1);
  finish(run);
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Part done']);
  expect(r.heard().at(-1)).toBe('response.end');
});

test('a run can be stopped before it has said that it can', async () => {
  const { r: before, run } = await answering();
  const r = another(before);
  const silent = live();
  r.server.on('threads.resume', silent.reply);
  stored(r.server, [say.user('u')], 'run_1');
  await r.conversation.setThreadId('thr_1');
  r.conversation.stop();
  await settled();
  expect(count(r, 'stop')).toBe(1);
  run.end();
});

test('a replay takes nothing apart that is shown already', async () => {
  const { r: before, run } = await answering();
  run.say(
    say.updatedThread({ title: 'T' }),
    say.done(say.assistant('a', 'Part one')),
    say.event({ type: 'client_effect', name: 'go', data: {} }),
    say.added(say.assistant('b')),
    say.delta('b', 'Two'),
  );
  const r = another(before);
  r.server.on('threads.get_by_id', () =>
    json(
      say.thread('thr_1', {
        title: 'T',
        metadata: { active_run_id: 'run_1' },
        items: { data: [say.user('u'), say.assistant('a', 'Part one')] },
      }),
    ),
  );
  r.store.history.value = {
    threads: [
      { id: 'thr_2', created_at: '' },
      { id: 'thr_1', created_at: '', title: 'T' },
    ],
    status: 'ready',
    cursor: null,
  };
  await r.conversation.setThreadId('thr_1');
  const shown = new Set<string>();
  const titles = new Set<string | undefined>();
  const end = effect(() => {
    shown.add(texts(r.store).join('|'));
    titles.add(r.store.chat.value.thread?.title);
    titles.add(r.store.history.value.threads[1]?.title);
  });
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part one', 'Two']));
  end();
  expect([...shown]).toEqual(['Hi|Part one', 'Hi|Part one|', 'Hi|Part one|Two']);
  expect([...titles]).toEqual(['T']);
  expect(r.heard()).not.toContain('effect');
});

test('a snapshot overrides what was loaded', async () => {
  const { r: before, run } = await answering();
  const r = another(before);
  stored(r.server, [say.user('u'), say.assistant('a', 'Part')], 'run_1');
  r.server.snapshot = [
    say.updatedThread({}),
    say.done(say.user('u')),
    say.added(say.assistant('a', 'Part two')),
  ];
  await r.conversation.setThreadId('thr_1');
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part two']));
  run.end();
});

test('an item that begins anew replaces what was shown of it', async () => {
  const { r, run } = await answering();
  run.say(say.added(say.assistant('a')), say.delta('a', 'Anew'));
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Anew']));
  run.end();
  await r.idle();
});

test('a tab that shows the thread follows a run that another one begins', async () => {
  const { r: one, run } = await answering();
  finish(run);
  await one.idle();
  const onClientTool = vi.fn(() => ({}));
  const two = another(one, { onClientTool });
  two.conversation.begin();
  one.conversation.begin();
  stored(one.server, [say.user('u'), say.assistant('a', 'Part done')]);
  await two.conversation.setThreadId('thr_1');
  ask(one, 'More');
  const second = await one.server.begun(2);
  second.say(say.done(say.user('u2', 'More')), say.added(say.assistant('b')), say.delta('b', 'Su'));
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Part done', 'More', 'Su']));
  expect(two.store.phase.value).toBe('responding');
  second.say(say.done(say.assistant('b', 'Sure')), say.done(say.toolCall('t', 'pick', {})));
  second.end();
  await two.idle();
  expect(onClientTool).not.toHaveBeenCalled();
  expect(texts(two.store).slice(0, 4)).toEqual(['Hi', 'Part done', 'More', 'Sure']);
});

test('a run that another tab begins while the thread is being loaded is followed', async () => {
  const { r: one, run } = await answering();
  finish(run);
  await one.idle();
  one.conversation.begin();
  const two = another(one);
  two.conversation.begin();
  const early = json(
    say.thread('thr_1', {
      items: { data: [say.user('u'), say.assistant('a', 'Part done')] },
      metadata: { active_run_id: null },
    }),
  );
  let reply: (response: Response) => void = () => undefined;
  one.server.on('threads.get_by_id', () => new Promise<Response>((resolve) => (reply = resolve)));
  const loading = two.conversation.setThreadId('thr_1');
  ask(one, 'More');
  const second = await one.server.begun(2);
  second.say(say.done(say.user('u2', 'More')), say.opts(true), say.added(say.assistant('b', 'M')));
  await vi.waitFor(() => expect(texts(one.store)).toEqual(['Hi', 'Part done', 'More', 'M']));
  reply(early);
  await loading;
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Part done', 'More', 'M']));
  second.say(say.done(say.assistant('b', 'More done')));
  second.end();
  await two.idle();
  expect(texts(two.store)).toEqual(['Hi', 'Part done', 'More', 'More done']);
});

test('a run that another tab begins is followed once, though the loaded thread names it too', async () => {
  const { r: one, run } = await answering();
  finish(run);
  await one.idle();
  one.conversation.begin();
  const two = another(one);
  two.conversation.begin();
  const late = json(
    say.thread('thr_1', {
      items: { data: [say.user('u'), say.user('u2', 'More')] },
      metadata: { active_run_id: 'run_2' },
    }),
  );
  let reply: (response: Response) => void = () => undefined;
  one.server.on('threads.get_by_id', () => new Promise<Response>((resolve) => (reply = resolve)));
  const loading = two.conversation.setThreadId('thr_1');
  ask(one, 'More');
  const second = await one.server.begun(2);
  second.say(say.done(say.user('u2', 'More')));
  await settled();
  reply(late);
  await loading;
  second.end();
  await two.idle();
  await settled();
  expect(count(one, 'resume')).toBe(1);
});

test('a run that another tab begins before this one has seen the end of the last is followed after it', async () => {
  const { r: one, run } = await answering();
  one.conversation.begin();
  const two = another(one);
  two.conversation.begin();
  stored(one.server, [say.user('u')], 'run_1');
  await two.conversation.setThreadId('thr_1');
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Part']));
  const [, follower] = run.followers;
  if (!follower) throw new Error('the second tab does not follow');
  run.followers.pop();
  finish(run);
  await one.idle();
  ask(one, 'More');
  (await one.server.begun(2)).say(say.done(say.user('u2', 'More')), say.added(say.assistant('b', 'M')));
  await settled();
  expect(texts(two.store)).toEqual(['Hi', 'Part']);
  follower.cut();
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Part done', 'More', 'M']));
});

test('an answer written anew in one tab replaces the old one in the other', async () => {
  const { r: one, run } = await answering();
  finish(run);
  await one.idle();
  const two = another(one);
  two.conversation.begin();
  one.conversation.begin();
  stored(one.server, [say.user('u'), say.assistant('a', 'Part done')]);
  await two.conversation.setThreadId('thr_1');
  one.conversation.retryTurn({
    key: 'u',
    message: null,
    asked: 'u',
    replies: [],
    earlier: [],
    goesOn: false,
  });
  const second = await one.server.begun(2);
  second.say(say.done(say.assistant('b', 'Better')), say.done(say.toolCall('t', 'pick', {})));
  second.end();
  (await one.server.begun(3)).say(say.done(say.assistant('c', 'Best')));
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Better', 'client_tool_call', 'Best']));
});

test('other threads, busy tabs, unsent messages and other endpoints follow nothing', async () => {
  const { r: one, run } = await answering();
  finish(run);
  await one.idle();
  one.conversation.begin();
  stored(one.server, [say.user('u'), say.assistant('a', 'Part done')]);
  const elsewhere = another(one);
  elsewhere.conversation.begin();
  const unsent = another(one);
  unsent.conversation.begin();
  const stranger = another(one, { api: { url: '/other', fetch: one.server.fetch } });
  stranger.conversation.begin();
  const gone = another(one);
  gone.conversation.begin();
  for (const r of [unsent, stranger, gone]) await r.conversation.setThreadId('thr_1');
  gone.conversation.abort();
  one.server.on('threads.add_user_message', () => json({}, 500), one.server.submit);
  ask(unsent, 'Lost');
  await unsent.idle();
  ask(one, 'More');
  (await one.server.begun(2)).say(say.done(say.user('u2', 'More')));
  await settled();
  for (const r of [elsewhere, unsent, stranger, gone]) expect(r.store.phase.value).toBe('idle');
  expect(count(one, 'resume')).toBe(0);
});

test('an element that goes away leaves the run alone and is back in it afterwards', async () => {
  const { r, run } = await answering();
  r.conversation.abort();
  await r.idle();
  expect(run.followers[0]?.aborted).toBe(true);
  expect(count(r, 'stop')).toBe(0);
  stored(r.server, [say.user('u')], 'run_1');
  r.conversation.resume();
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part']));
  finish(run);
  await r.idle();
  expect(texts(r.store)).toEqual(['Hi', 'Part done']);
});

test('a thread that is left in mid-answer is not stopped, and goes on when it is opened again', async () => {
  const { r, run } = await answering();
  await r.conversation.newChat();
  expect(r.store.chat.value.thread).toBeNull();
  expect(count(r, 'stop')).toBe(0);
  stored(r.server, [say.user('u')], 'run_1');
  await r.conversation.select('thr_1');
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part']));
  await r.conversation.select('thr_1');
  expect(r.store.phase.value).toBe('responding');
  finish(run);
  await r.idle();
});

test('a thread that is deleted in mid-answer is stopped first', async () => {
  const { r, run } = await answering();
  const deleting = r.conversation.deleteThread('thr_1');
  await settled();
  expect(count(r, 'stop')).toBe(1);
  run.end();
  await deleting;
  r.conversation.history.settle();
  expect(count(r, 'delete')).toBe(1);
  expect(r.store.chat.value.thread).toBeNull();
});

test('a snapshot replaces what came after the last message', async () => {
  const { r, run } = await answering();
  r.server.snapshot = [
    say.updatedThread({ title: 'T' }),
    say.done(say.user('u')),
    say.done(say.assistant('b', 'Whole')),
  ];
  run.cut();
  run.end();
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Whole']));
  expect(r.store.chat.value.thread?.title).toBe('T');
  expect(count(r, 'get_by_id')).toBe(0);
});

test('a turn that was broken off while we were away can be tried again', async () => {
  const { r, run } = await answering();
  r.server.snapshot = [
    say.updatedThread({}),
    say.done(say.user('u')),
    say.failure({ message: 'It broke off.', allow_retry: true }),
  ];
  r.server.runs.length = 0;
  run.cut();
  await r.idle();
  expect(r.store.chat.value.failure).toEqual({
    message: 'It broke off.',
    canRetry: true,
    plan: { kind: 'after_item', itemId: 'u' },
  });
  expect(texts(r.store)).toEqual(['Hi']);
});

test('a snapshot of a later turn means that the thread is read again', async () => {
  const { r, run } = await answering();
  const all = [
    say.user('u'),
    say.assistant('a', 'Part done'),
    say.user('u2', 'More'),
    say.assistant('b', 'Ok'),
  ];
  stored(r.server, all);
  r.server.snapshot = [
    say.updatedThread({}),
    say.done(say.user('u2', 'More')),
    say.done(say.assistant('b', 'Ok')),
  ];
  r.server.runs.length = 0;
  run.cut();
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Part done', 'More', 'Ok']));
});

test('a question that nobody answered says so when its thread is opened, and can be asked again', async () => {
  const r = tab();
  stored(r.server, [say.user('u0'), say.assistant('a', 'x'), say.user('u')]);
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure).toEqual({
    message: null,
    about: 'unanswered',
    canRetry: true,
    plan: { kind: 'after_item', itemId: 'u' },
  });
  expect(r.conversation.canSubmit()).toBe(true);
  expect(r.heard()).not.toContain('error');
  stored(r.server, [say.user('u'), say.assistant('a', 'Late')]);
  await r.conversation.fetchUpdates();
  expect(r.store.chat.value.failure).toBeNull();
  stored(r.server, [say.user('u')]);
  await r.conversation.fetchUpdates();
  expect(r.store.chat.value.failure).toBeNull();
});

test('a server that does not say whether it answers is not taken for one that does not', async () => {
  const r = tab();
  stored(r.server, [say.user('u')], null, {});
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure).toBeNull();
});

test('an answer that was broken off says so when its thread is opened, and can be had anew', async () => {
  const r = tab();
  const brokenOff = { active_run_id: null, broken_off: true };
  stored(r.server, [say.user('u'), say.assistant('a', 'Half')], null, brokenOff);
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure).toEqual({
    message: null,
    about: 'brokenOff',
    canRetry: true,
    plan: { kind: 'after_item', itemId: 'u' },
  });
  expect(r.conversation.canSubmit()).toBe(true);
  r.conversation.retryFailure();
  (await r.server.begun(1)).say(say.done(say.assistant('b', 'Whole')));
  await vi.waitFor(() => expect(texts(r.store)).toEqual(['Hi', 'Whole']));
  expect(r.store.chat.value.failure).toBeNull();
});

test('an answer that goes on is not taken for one that was broken off', async () => {
  const { r: one } = await answering();
  const two = another(one);
  stored(one.server, [say.user('u')], 'run_1', { active_run_id: 'run_1', broken_off: true });
  await two.conversation.setThreadId('thr_1');
  expect(two.store.chat.value.failure).toBeNull();
});

test.each([
  ['a tool call', [say.user('u'), say.toolCall('t', 'pick', {})]],
  ['an end of turn', [say.user('u'), { ...say.user('e'), type: 'end_of_turn' }]],
  ['nothing', []],
])('a thread that ends with %s is not taken for unanswered', async (_, items) => {
  const r = tab();
  stored(r.server, items);
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure).toBeNull();
});

test('a thread that is closed asks nobody to try again', async () => {
  const r = tab();
  r.server.on('threads.get_by_id', () =>
    json(say.thread('thr_1', { status: { type: 'closed' }, items: { data: [say.user('u')] } })),
  );
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure).toBeNull();
});

test('fetchUpdates finds a run that began unheard', async () => {
  const { r: one, run } = await answering();
  const two = another(one);
  stored(one.server, [say.user('u'), say.assistant('x', 'y')]);
  await two.conversation.setThreadId('thr_1');
  stored(one.server, [say.user('u')], 'run_1');
  await two.conversation.fetchUpdates();
  await vi.waitFor(() => expect(texts(two.store)).toEqual(['Hi', 'Part']));
  finish(run);
  await two.idle();
});

test('another server is not taken for one that resumes', async () => {
  const { r, run } = await answering();
  finish(run);
  await r.idle();
  r.conversation.reset();
  r.server.on('threads.create', () => sse());
  ask(r);
  await r.idle();
  expect(count(r, 'create')).toBe(2);
});
