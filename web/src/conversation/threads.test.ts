import { expect, test, vi } from 'vitest';
import type { ThreadItem } from '../protocol/types.gen';
import { rig, texts, type Rig } from '../testing/rig';
import * as say from '../testing/events';
import { json, live, sse, type Asked } from '../testing/server';

const items = (count: number): ThreadItem[] =>
  Array.from({ length: count }, (_, index) =>
    index % 2 ? say.assistant(`i${index}`, `t${index}`) : say.user(`i${index}`, `t${index}`),
  );

/** Serves a thread the way the SDK's store does: the oldest 20 with it, the newest first after that. */
function serveThread(r: Rig, all: ThreadItem[], limit = 50): void {
  r.server.on('threads.get_by_id', ({ params }) =>
    json(
      say.thread(params.thread_id as string, {
        items: { data: all.slice(0, 20), has_more: all.length > 20, after: all[19]?.id },
      }),
    ),
  );
  r.server.on('items.list', ({ params }: Asked) => {
    const newest = [...all].reverse();
    const start = params.after === undefined ? 0 : newest.findIndex((item) => item.id === params.after) + 1;
    const data = newest.slice(start, start + limit);
    return json({ data, has_more: start + limit < newest.length, after: data.at(-1)?.id });
  });
}

test('case 1: the list of conversations is asked for once, in the one language that was resolved', async () => {
  const r = rig({ locale: 'fr' });
  r.conversation.begin();
  await vi.waitFor(() => expect(r.store.history.value.status).toBe('ready'));
  expect(r.server.asked).toHaveLength(1);
  expect(r.server.asked[0]).toMatchObject({
    url: 'http://host.example/chatkit',
    type: 'threads.list',
    params: { order: 'desc' },
    headers: { 'Content-Type': 'application/json', 'Accept-Language': 'fr-FR' },
  });
});

test('case 2: without history nothing is asked for', () => {
  const r = rig({ history: { enabled: false } });
  r.conversation.begin();
  expect(r.server.asked).toEqual([]);
});

test('case 9: a page with nothing but data is the last one', async () => {
  const r = rig();
  r.server.on('threads.list', () => json({ data: [] }));
  await r.conversation.history.load();
  expect(r.store.history.value).toEqual({ threads: [], status: 'ready', cursor: null });
  expect(r.server.asked).toHaveLength(1);
});

/** Serves a list of so many conversations, `size` a page. */
function serveList(r: Rig, count: number, size: number): void {
  const all = Array.from({ length: count }, (_, index) => say.thread(`t${index}`));
  r.server.on('threads.list', ({ params }) => {
    const start = all.findIndex((thread) => thread.id === params.after) + 1;
    const data = all.slice(start, start + size);
    return json({ data, has_more: start + size < count, after: data.at(-1)?.id });
  });
}

test('the list is read page by page as it is asked for, and again as far as it had been read', async () => {
  const r = rig();
  serveList(r, 5, 2);
  const { history } = r.conversation;
  const shown = (): number => r.store.history.value.threads.length;
  await history.load();
  expect(shown()).toBe(2);
  const reading = history.loadMore();
  await history.loadMore();
  await reading;
  expect(shown()).toBe(4);
  await history.load();
  expect(shown()).toBe(4);
  await history.loadMore();
  await history.loadMore();
  expect(shown()).toBe(5);
  expect(r.store.history.value.cursor).toBeNull();
  const after = r.server.asked.map((asked) => asked.params.after);
  expect(after).toEqual([undefined, 't1', undefined, 't1', 't3']);
});

test('a page that brings nothing new ends the list, and one that fails leaves what was read', async () => {
  const r = rig();
  r.server.on(
    'threads.list',
    () => json({ data: [say.thread('a')], has_more: true, after: 'a' }),
    () => json({}, 500),
    () => json({ data: [say.thread('a')], has_more: true, after: 'a' }),
  );
  await r.conversation.history.load();
  await r.conversation.history.loadMore();
  expect(r.store.history.value).toMatchObject({ threads: [{ id: 'a' }], status: 'failed', cursor: 'a' });
  await r.conversation.history.loadMore();
  expect(r.store.history.value).toMatchObject({ threads: [{ id: 'a' }], status: 'ready', cursor: null });
});

test('case 14: the initial thread is loaded, without being announced as a change', async () => {
  const r = rig({ initialThread: 'thr_9' });
  serveThread(r, items(3));
  r.conversation.begin();
  await r.idle();
  expect(r.heard()).toEqual(['thread.load.start', 'thread.load.end']);
  expect(r.events).toContainEqual(['thread.load.start', { threadId: 'thr_9' }]);
  expect(texts(r.store)).toEqual(['t0', 't1', 't2']);
  expect(r.store.scroll.value).toEqual({ to: 'end' });
});

test.each([20, 21, 55, 70, 130])(
  'case 15: a thread of %i items shows its newest and has all of them once',
  async (count) => {
    const r = rig();
    const all = items(count);
    serveThread(r, all);
    await r.conversation.setThreadId('thr_1');
    expect(texts(r.store).at(-1)).toBe(`t${count - 1}`);
    for (let page = 0; r.store.chat.value.older && page < 10; page++) await r.conversation.showOlder();
    expect(r.store.chat.value.entries.map(({ item }) => item.id)).toEqual(all.map(({ id }) => id));
  },
);

test('case 16: an empty page is no end as long as there is more', async () => {
  const r = rig();
  const all = items(60);
  serveThread(r, all);
  r.server.on(
    'items.list',
    () => json({ data: [], has_more: true, after: 'shcx_1' }),
    () => json({ data: all.slice(15).reverse(), has_more: true, after: 'i15' }),
  );
  await r.conversation.setThreadId('thr_1');
  expect(r.server.of('items.list').map((asked) => asked.params.after)).toEqual([undefined, 'shcx_1']);
  expect(r.store.chat.value.entries).toHaveLength(60);
});

test('case 17: back to a new chat: an event, the start screen and no request', async () => {
  const r = rig();
  serveThread(r, items(2));
  await r.conversation.setThreadId('thr_1');
  r.events.length = 0;
  const before = r.server.asked.length;
  await r.conversation.setThreadId(null);
  expect(r.heard()).toEqual(['thread.change']);
  expect(r.events).toContainEqual(['thread.change', { threadId: null }]);
  expect(r.store.chat.value).toMatchObject({ thread: null, entries: [] });
  expect(r.server.asked).toHaveLength(before);
});

test('case 18: nothing changes at startup, so nothing says so', async () => {
  const r = rig();
  r.conversation.begin();
  await vi.waitFor(() => expect(r.store.history.value.status).toBe('ready'));
  expect(r.heard()).toEqual([]);
});

test('a thread that is gone leaves a new chat; one that cannot be reached can be loaded again', async () => {
  const r = rig();
  r.server.on(
    'threads.get_by_id',
    () => json({}, 404),
    () => json({}, 500),
    () => json(say.thread('thr_1', { items: { data: items(2) } })),
  );
  await r.conversation.setThreadId('thr_1');
  expect(r.heard()).toEqual([
    'thread.load.start',
    'thread.change',
    'thread.change',
    'error',
    'thread.load.end',
  ]);
  expect(r.store.chat.value.failure).toBeNull();
  await r.conversation.setThreadId('thr_1');
  expect(r.store.chat.value.failure?.plan).toEqual({ kind: 'reload', threadId: 'thr_1' });
  expect(r.conversation.canSubmit()).toBe(false);
  r.conversation.retryFailure();
  await r.idle();
  expect(texts(r.store)).toEqual(['t0', 't1']);
});

test('case 19: a rename shows at once and is taken back when it is refused', async () => {
  const r = rig();
  serveThread(r, items(2));
  r.server.on('threads.list', () => json({ data: [say.thread('thr_1', { title: 'Old' })] }));
  r.server.on(
    'threads.update',
    () => json(say.thread('thr_1', { title: 'X' })),
    () => json({}, 500),
  );
  await r.conversation.history.load();
  await r.conversation.setThreadId('thr_1');
  const titles = (): unknown[] => [r.store.history.value.threads[0]?.title, r.store.chat.value.thread?.title];
  const renaming = r.conversation.history.rename('thr_1', 'X');
  expect(titles()).toEqual(['X', 'X']);
  await renaming;
  expect(r.server.of('threads.update')[0]?.params).toEqual({ thread_id: 'thr_1', title: 'X' });
  await r.conversation.history.rename('thr_1', 'Y');
  expect(titles()).toEqual(['X', 'X']);
  expect(r.store.historyError.value).toBe('renameFailed');
  expect(r.heard()).toContain('error');
});

/** Two conversations in the list, the first one on screen. */
async function listed(): Promise<{ r: Rig; rows: () => string[]; asked: () => unknown[] }> {
  const r = rig();
  serveThread(r, items(2));
  r.server.on('threads.list', () => json({ data: [say.thread('thr_1'), say.thread('thr_2')] }));
  await r.conversation.history.load();
  await r.conversation.setThreadId('thr_1');
  r.events.length = 0;
  return {
    r,
    rows: () => r.store.history.value.threads.map((row) => row.id),
    asked: () => r.server.of('threads.delete').map((request) => request.params.thread_id),
  };
}

test('case 20: deleting the shown thread leads to the start screen, and to the server ten seconds later', async () => {
  const { r, rows, asked } = await listed();
  await r.conversation.deleteThread('thr_1');
  expect(rows()).toEqual(['thr_2']);
  expect(r.store.chat.value.thread).toBeNull();
  expect(r.events).toContainEqual(['thread.change', { threadId: null }]);
  await r.surroundings.advance(9_999);
  expect(asked()).toEqual([]);
  await r.surroundings.advance(1);
  expect(asked()).toEqual(['thr_1']);
  expect(r.server.of('threads.delete')[0]?.init.keepalive).toBe(true);
  expect(r.store.deleted.value).toBeNull();
});

test('a deletion that is undone never reaches the server, and the thread is on screen again', async () => {
  const { r, rows, asked } = await listed();
  await r.conversation.deleteThread('thr_1');
  await r.conversation.history.load();
  expect(rows()).toEqual(['thr_2']);
  await r.conversation.undoDelete();
  expect(rows()).toEqual(['thr_1', 'thr_2']);
  expect(r.store.chat.value.thread?.id).toBe('thr_1');
  await r.surroundings.advance(60_000);
  expect(asked()).toEqual([]);
});

test('a deletion does not wait for its time when another follows or the page goes away', async () => {
  const { r, asked } = await listed();
  await r.conversation.deleteThread('thr_2');
  await r.conversation.deleteThread('thr_1');
  expect(asked()).toEqual(['thr_2']);
  r.surroundings.leave();
  expect(asked()).toEqual(['thr_2', 'thr_1']);
  r.surroundings.leave();
  await r.surroundings.advance(60_000);
  expect(asked()).toHaveLength(2);
});

test('while somebody is at the way back its time stands still', async () => {
  const { r, asked } = await listed();
  await r.conversation.deleteThread('thr_2');
  r.conversation.history.wait();
  await r.surroundings.advance(60_000);
  expect(asked()).toEqual([]);
  r.conversation.history.goOn();
  await r.surroundings.advance(10_000);
  expect(asked()).toEqual(['thr_2']);
});

test('a deletion that the server refuses brings the row back to its place', async () => {
  const { r, rows } = await listed();
  r.server.on('threads.delete', () => json({}, 500));
  await r.conversation.deleteThread('thr_1');
  await r.surroundings.advance(10_000);
  await vi.waitFor(() => expect(rows()).toEqual(['thr_1', 'thr_2']));
  expect(r.store.historyError.value).toBe('deleteFailed');
  expect(r.heard()).toContain('error');
});

test('a list read before the server has deleted a thread does not show it again', async () => {
  const { r, rows } = await listed();
  let finish: (response: Response) => void = () => undefined;
  r.server.on('threads.delete', () => new Promise<Response>((resolve) => (finish = resolve)));
  await r.conversation.deleteThread('thr_1');
  r.conversation.history.settle();
  await r.conversation.history.load();
  expect(rows()).toEqual(['thr_2']);
  finish(json({}));
});

test('case 23: fetchUpdates brings what is new, in place and without a loading screen', async () => {
  const r = rig();
  serveThread(r, items(2));
  await r.conversation.setThreadId('thr_1');
  r.events.length = 0;
  const scroll = r.store.scroll.value;
  r.server.on('threads.get_by_id', () =>
    json(say.thread('thr_1', { title: 'New', items: { data: items(3) } })),
  );
  await r.conversation.fetchUpdates();
  expect(r.store.chat.value.thread?.title).toBe('New');
  expect(texts(r.store)).toEqual(['t0', 't1', 't2']);
  expect(r.heard()).toEqual([]);
  expect(r.store.scroll.value).toBe(scroll);
});

test('fetchUpdates keeps the older items that were reached in a long thread', async () => {
  const r = rig();
  const all = items(130);
  serveThread(r, all, 40);
  await r.conversation.setThreadId('thr_1');
  await r.conversation.showOlder();
  expect(r.store.chat.value.entries).toHaveLength(80);
  const longer = items(132);
  serveThread(r, longer, 40);
  await r.conversation.fetchUpdates();
  expect(texts(r.store).at(-1)).toBe('t131');
  expect(r.store.chat.value.entries).toHaveLength(82);
});

test('case 24: opening and closing the history is heard, and opening asks for the list again', () => {
  const r = rig();
  r.conversation.history.open();
  r.conversation.history.open();
  r.conversation.history.close();
  r.conversation.history.close();
  expect(r.heard()).toEqual(['history.open', 'history.close']);
  expect(r.server.of('threads.list')).toHaveLength(1);
});

test('case 50: a pending call in a loaded thread is not run', async () => {
  const onClientTool = vi.fn(() => ({}));
  const r = rig({ onClientTool });
  serveThread(r, [say.user('u'), say.toolCall('t', 'x', {})]);
  r.server.on('threads.add_user_message', () =>
    sse(say.done(say.user('u2')), say.done(say.assistant('a', 'ok'))),
  );
  await r.conversation.setThreadId('thr_1');
  await r.conversation.sendUserMessage({ text: 'Go on' });
  await r.idle();
  expect(onClientTool).not.toHaveBeenCalled();
});

test('a conversation chosen while an answer can be stopped stops it first', async () => {
  const r = rig();
  serveThread(r, items(2));
  const { reply, opened } = live();
  r.server.on('threads.create', reply);
  void r.conversation.sendUserMessage({ text: 'Hi' });
  const stream = await opened;
  stream.send(say.created('thr_new'), say.done(say.user('u')), say.opts(true));
  await vi.waitFor(() => expect(r.store.chat.value.canCancel).toBe(true));
  await r.conversation.select('thr_1');
  expect(stream.aborted).toBe(true);
  expect(r.store.chat.value.thread?.id).toBe('thr_1');
  expect(r.heard().filter((name) => name === 'response.end')).toHaveLength(1);
});
