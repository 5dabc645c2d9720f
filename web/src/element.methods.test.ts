/** What the methods promise: when they settle, when they are refused, and what they leave alone. */
import { afterEach, expect, test, vi } from 'vitest';
import * as say from './testing/events';
import { find, named, page, responding, shown, text, write, type Page } from './testing/page';
import { json, live, sse } from './testing/server';

const answered = (): Response =>
  sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello')));

async function withThread(options?: Record<string, unknown>): Promise<Page> {
  const it = await shown(options);
  it.server.on('threads.create', answered);
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  return it;
}

afterEach(() => {
  document.body.replaceChildren();
});

const REFUSED = { name: 'IntegrationError' };

test.each(['sendUserMessage', 'setThreadId', 'sendCustomAction'] as const)(
  'during an answer %s is refused, in words that name it',
  async (method) => {
    const it = await shown();
    await responding(it);
    const sent = it.server.asked.length;
    const call = {
      sendUserMessage: () => it.element.sendUserMessage({ text: 'x' }),
      setThreadId: () => it.element.setThreadId(null),
      sendCustomAction: () => it.element.sendCustomAction({ type: 'x' }),
    }[method];
    await expect(call()).rejects.toMatchObject({
      ...REFUSED,
      message: `ChatKit: ${method}() ignored - already responding`,
    });
    expect(it.server.asked).toHaveLength(sent);
    expect(it.heard).not.toContain('error');
  },
);

test('while a thread is loading nothing is sent either', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () => new Promise(() => undefined));
  it.set({ initialThread: 'thr_9' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.start'));
  const loading = { ...REFUSED, message: expect.stringContaining('thread is loading') as string };
  await expect(it.element.sendUserMessage({ text: 'x' })).rejects.toMatchObject(loading);
  await expect(it.element.setThreadId('thr_1')).rejects.toMatchObject(loading);
  await expect(it.element.sendCustomAction({ type: 'x' })).rejects.toMatchObject(loading);
});

test('what can be done during an answer is done', async () => {
  const it = await shown();
  const stream = await responding(it);
  await it.element.setComposerValue({ text: 'next' });
  await it.element.focusComposer();
  await it.element.showHistory();
  await it.element.hideHistory();
  await it.element.fetchUpdates();
  await vi.waitFor(() => expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('next'));
  expect(stream.aborted).toBe(false);
  expect(text(it)).toContain('Hel');
});

test('a message is accepted with the first event of its answer, long before the last', async () => {
  const it = await shown();
  const { reply, opened } = live();
  it.server.on('threads.create', reply);
  const settled = vi.fn();
  void it.element.sendUserMessage({ text: 'Hi' }).then(settled);
  const stream = await opened;
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(settled).not.toHaveBeenCalled();
  stream.send(say.created());
  await vi.waitFor(() => expect(settled).toHaveBeenCalled());
  expect(it.heard).not.toContain('response.end');
});

test('a message that the server refuses is rejected, and reported once', async () => {
  const it = await shown();
  it.server.on('threads.create', () => json({}, 500));
  await expect(it.element.sendUserMessage({ text: 'Hi' })).rejects.toThrow('HTTP 500');
  await vi.waitFor(() => expect(it.heard.at(-1)).toBe('response.end'));
  expect(it.errors()).toHaveLength(1);
});

test('content goes before text, and a message with nothing in it is refused', async () => {
  const it = await shown();
  it.server.on('threads.create', answered);
  await expect(it.element.sendUserMessage({ text: ' ' })).rejects.toMatchObject(REFUSED);
  await it.element.sendUserMessage({
    text: 'not this',
    content: [
      { type: 'input_text', text: 'Who is ' },
      { type: 'input_tag', id: 'b', text: 'Bob' },
    ],
    attachments: [{ type: 'file', id: 'atc_1', name: 'a.txt', mime_type: 'text/plain' }],
  });
  expect(it.server.of('threads.create')[0]?.params.input).toEqual({
    content: [
      { type: 'input_text', text: 'Who is ' },
      { type: 'input_tag', id: 'b', text: 'Bob', data: {} },
    ],
    quoted_text: '',
    attachments: ['atc_1'],
    inference_options: {},
  });
  await vi.waitFor(() => expect(text(it)).toContain('Hello'));
});

test('a custom action settles when its stream is over, and rejects when that tells of an error', async () => {
  const it = await withThread();
  const { reply, opened } = live();
  it.server.on('threads.custom_action', reply, () =>
    sse(say.opts(true), say.failure({ message: 'Not now' })),
  );
  const settled = vi.fn();
  const acted = it.element.sendCustomAction({ type: 'go', payload: { a: null } }, 'w1').then(settled);
  const stream = await opened;
  stream.send(say.opts(true), say.done(say.assistant('b', 'Gone')));
  await vi.waitFor(() => expect(text(it)).toContain('Gone'));
  expect(settled).not.toHaveBeenCalled();
  stream.end();
  await acted;
  expect(it.server.of('threads.custom_action')[0]?.params).toEqual({
    thread_id: 'thr_1',
    item_id: 'w1',
    action: { type: 'go', payload: { a: null } },
  });
  await expect(it.element.sendCustomAction({ type: 'go' })).rejects.toThrow('Not now');
  const { sendAction } = it.element as unknown as Record<string, (action: unknown) => Promise<void>>;
  await expect(sendAction?.call(it.element, { type: 'go' })).rejects.toThrow('Not now');
});

test('a custom action without a thread is refused', async () => {
  const it = await shown();
  await expect(it.element.sendCustomAction({ type: 'go' })).rejects.toMatchObject({
    ...REFUSED,
    message: expect.stringContaining('no active thread') as string,
  });
});

test('the thread that is shown is not loaded again; the history closes all the same', async () => {
  const it = await withThread();
  await it.element.showHistory();
  await it.element.setThreadId('thr_1');
  expect(it.server.of('threads.get_by_id')).toEqual([]);
  expect(it.heard.slice(-2)).toEqual(['history.open', 'history.close']);
  await it.element.setThreadId(undefined as unknown as null);
  expect(it.details['thread.change']?.at(-1)).toEqual({ threadId: null });
});

test('what the page does before the first thread is loaded goes first', async () => {
  const it = page();
  it.server.on('threads.create', answered);
  it.set({ initialThread: 'thr_9' });
  document.body.append(it.element);
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(text(it)).toContain('Hello'));
  expect(it.server.of('threads.get_by_id')).toEqual([]);
  expect(it.heard).toEqual(['ready', 'response.start', 'thread.change', 'response.end']);
});

test('the history is refused where it is disabled', async () => {
  const it = await shown({ history: { enabled: false } });
  await expect(it.element.showHistory()).rejects.toMatchObject(REFUSED);
  expect(it.server.asked).toEqual([]);
});

test('fetchUpdates reads thread and history again, and says nothing of loading', async () => {
  const it = await withThread();
  it.server.on('threads.get_by_id', () =>
    json(
      say.thread('thr_1', {
        title: 'New title',
        items: { data: [say.user('u'), say.assistant('a', 'Changed')] },
      }),
    ),
  );
  const before = it.heard.length;
  const lists = it.server.of('threads.list').length;
  await it.element.fetchUpdates();
  await vi.waitFor(() => expect(text(it)).toContain('Changed'));
  expect(find(it, '.ck-title').textContent).toBe('New title');
  expect(it.server.of('threads.list')).toHaveLength(lists + 1);
  expect(it.heard).toHaveLength(before);
});

test('fetchUpdates rejects when the thread cannot be read, and leaves it as it is', async () => {
  const it = await withThread();
  it.server.on('threads.get_by_id', () => json({}, 500));
  await expect(it.element.fetchUpdates()).rejects.toThrow('HTTP 500');
  expect(text(it)).toContain('Hello');
});

test('setComposerValue changes what it is given, names what there is not, and neither sends nor focuses', async () => {
  const it = await shown({
    composer: {
      tools: [{ id: 't', label: 'Tool', icon: 'globe' }],
      models: [
        { id: 'm', label: 'M' },
        { id: 'n', label: 'N', disabled: true },
      ],
    },
  });
  await it.element.setComposerValue({ text: 'words', reply: 'quoted', selectedToolId: 't' });
  await it.element.setComposerValue({ selectedToolId: 'none', selectedModelId: 'n' });
  expect(it.errors().map(({ name, message }) => [name, message])).toEqual([
    ['IntegrationError', 'ChatKit: there is no tool "none"'],
    ['IntegrationError', 'ChatKit: there is no model "n" to select'],
  ]);
  await vi.waitFor(() => expect(find(it, '.ck-quote').textContent).toContain('quoted'));
  expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('words');
  named(it, 'Remove Tool');
  expect(it.view.activeElement).toBeNull();
  await it.element.setComposerValue({ reply: '' });
  await vi.waitFor(() => expect(it.view.querySelector('.ck-quote')).toBeNull());
  expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('words');
  expect(it.server.of('threads.create')).toEqual([]);
});

test('focusComposer puts the caret into the text box', async () => {
  const it = await shown();
  await it.element.focusComposer();
  expect(it.view.activeElement).toBe(find(it, 'textarea'));
});

test('before setOptions every method that needs a server is refused', async () => {
  const it = page();
  document.body.append(it.element);
  await expect(it.element.setThreadId('x')).rejects.toMatchObject(REFUSED);
  await expect(it.element.setComposerValue({ text: 'x' })).rejects.toMatchObject(REFUSED);
  await expect(it.element.fetchUpdates()).rejects.toMatchObject(REFUSED);
  await expect(it.element.showHistory()).rejects.toMatchObject(REFUSED);
  await it.element.hideHistory();
  await it.element.focusComposer();
});

test('an element that is taken away while its thread loads has it when it is back', async () => {
  const it = page();
  it.server.on(
    'threads.get_by_id',
    () => new Promise(() => undefined),
    () => json(say.thread('thr_9', { items: { data: [say.user('u', 'Earlier')] } })),
  );
  it.set({ initialThread: 'thr_9' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.start'));
  it.element.remove();
  await new Promise((resolve) => setTimeout(resolve, 5));
  document.body.append(it.element);
  await vi.waitFor(() => expect(text(it)).toContain('Earlier'));
});

test('a draft is there again when the element is back', async () => {
  const it = await shown();
  write(it, 'half a thought');
  it.element.remove();
  await new Promise((resolve) => setTimeout(resolve, 5));
  document.body.append(it.element);
  await vi.waitFor(() => expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('half a thought'));
});
