/** What a page hears of the element: which events, when, in which order, and with what. */
import { afterEach, expect, test, vi } from 'vitest';
import * as say from './testing/events';
import { find, named, page, press, responding, shown, text, write, type Page } from './testing/page';
import { json, live, sse } from './testing/server';

const answered = (): Response =>
  sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello')));

async function withAnswer(options?: Record<string, unknown>): Promise<Page> {
  const it = await shown(options);
  it.server.on('threads.create', answered);
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  return it;
}

afterEach(() => {
  document.body.replaceChildren();
});

test('events reach whoever listens further up, and cannot be cancelled', async () => {
  const heard: CustomEvent[] = [];
  const listen = (event: Event): void => void heard.push(event as CustomEvent);
  document.addEventListener('chatkit.ready', listen);
  await shown();
  document.removeEventListener('chatkit.ready', listen);
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ bubbles: true, composed: true, cancelable: false });
  expect(heard[0]?.detail ?? null).toBeNull();
});

test('nothing is heard before `ready`, not even what went wrong before it', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () => json({}, 500));
  it.server.on('threads.list', () => json({}, 500));
  it.set({ initialThread: 'thr_9', history: { enabled: 7 } });
  document.body.append(it.element);
  await it.ready();
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.end'));
  expect(it.heard[0]).toBe('ready');
  expect(it.heard.filter((name) => name === 'ready')).toHaveLength(1);
  expect(it.heard.indexOf('thread.load.start')).toBeLessThan(it.heard.indexOf('thread.load.end'));
});

test('a turn is told as start, thread and end, and is over when its end is heard', async () => {
  const it = await shown();
  it.server.on('threads.create', answered);
  it.server.on('threads.add_user_message', () =>
    sse(say.done(say.user('u2')), say.done(say.assistant('b', 'Two'))),
  );
  const again = new Promise<void>((resolve, reject) => {
    it.element.addEventListener(
      'chatkit.response.end',
      () => {
        it.element.sendUserMessage({ text: 'Again' }).then(resolve, reject);
      },
      { once: true },
    );
  });
  await it.element.sendUserMessage({ text: 'Hi' });
  await again;
  await vi.waitFor(() =>
    expect(it.heard).toEqual([
      'ready',
      'response.start',
      'thread.change',
      'response.end',
      'response.start',
      'response.end',
    ]),
  );
});

test('a thread that the page opens is told as it loads, and can be written to when it has', async () => {
  const it = await shown();
  it.server.on('threads.get_by_id', () => json(say.thread('thr_2')));
  it.server.on('threads.add_user_message', () =>
    sse(say.done(say.user('u')), say.done(say.assistant('a', 'Yo'))),
  );
  const sent = new Promise<void>((resolve, reject) => {
    it.element.addEventListener('chatkit.thread.load.end', () => {
      it.element.sendUserMessage({ text: 'Hi' }).then(resolve, reject);
    });
  });
  await it.element.setThreadId('thr_2');
  expect(it.heard.slice(1, 4)).toEqual(['thread.load.start', 'thread.change', 'thread.load.end']);
  expect(it.details['thread.load.start']).toEqual([{ threadId: 'thr_2' }]);
  expect(it.details['thread.load.end']).toEqual([{ threadId: 'thr_2' }]);
  await sent;
  expect(it.server.of('threads.add_user_message')).toHaveLength(1);
});

test('a thread that cannot be loaded ends its loading all the same, and a new one can be asked for', async () => {
  const it = await shown();
  it.server.on('threads.get_by_id', () => json({}, 500));
  await it.element.setThreadId('thr_2');
  expect(it.heard).toEqual(['ready', 'thread.load.start', 'thread.change', 'error', 'thread.load.end']);
  await vi.waitFor(() => expect(text(it)).toContain('This conversation could not be loaded.'));
  await it.element.setThreadId(null);
  expect(it.details['thread.change']).toEqual([{ threadId: 'thr_2' }, { threadId: null }]);
  await vi.waitFor(() => expect(text(it)).toContain('What can I help with today?'));
});

test('a tool is told when a person, the page or sending changes it, and when it is no longer there', async () => {
  const tool = { id: 't', label: 'Tool', icon: 'globe', pinned: true };
  const it = await shown({ composer: { tools: [tool] } });
  it.server.on('threads.create', answered);
  await vi.waitFor(() => {
    find(it, '.ck-toggle').click();
  });
  press(write(it, 'Hi'), 'Enter');
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  await it.element.setComposerValue({ selectedToolId: 't' });
  await it.element.setComposerValue({ selectedToolId: 't' });
  it.set({ composer: { tools: [] } });
  const changes = [{ toolId: 't' }, { toolId: null }, { toolId: 't' }, { toolId: null }];
  expect(it.details['tool.change']).toEqual(changes);
  expect(it.logs.filter(({ name }) => name === 'composer.tool.select')).toEqual([
    { name: 'composer.tool.select', data: { toolId: 't', source: 'pinned' } },
  ]);
});

test('what a person does is noted for the page to count', async () => {
  const it = await shown({
    startScreen: { prompts: [{ label: 'Hours', prompt: 'When are you open?' }] },
    threadItemActions: { feedback: true, retry: true },
  });
  it.server.on('threads.create', answered);
  it.server.on('threads.retry_after_item', () => sse(say.done(say.assistant('b', 'Anew'))));
  find(it, '.ck-prompt').click();
  await vi.waitFor(() => named(it, 'Good answer').click());
  named(it, 'Copy').click();
  await vi.waitFor(() => named(it, 'Answer again').click());
  await vi.waitFor(() => expect(text(it)).toContain('Anew'));
  named(it, 'Conversation history').click();
  await it.element.hideHistory();
  await vi.waitFor(() => named(it, 'New chat').click());
  await vi.waitFor(() => expect(it.logs.at(-1)?.name).toBe('newChat.create'));
  expect(it.logs).toEqual([
    { name: 'app.init', data: {} },
    { name: 'startScreenPrompt.select', data: { text: 'Hours' } },
    { name: 'message.action', data: { action: 'feedback.positive' } },
    { name: 'message.action', data: { action: 'copy' } },
    { name: 'message.action', data: { action: 'retry' } },
    { name: 'history.open', data: {} },
    { name: 'history.close', data: {} },
    { name: 'newChat.create', data: {} },
  ]);
});

test('the history is told to open and to close once, whoever did it and however often', async () => {
  const it = await shown();
  await it.element.showHistory();
  await it.element.showHistory();
  await it.element.hideHistory();
  await it.element.hideHistory();
  named(it, 'Conversation history').click();
  await vi.waitFor(() => press(find(it, '[role=dialog]'), 'Escape'));
  const told = ['history.open', 'history.close', 'history.open', 'history.close'];
  expect(it.heard.slice(1)).toEqual(told);
});

test('choosing a conversation closes the history before the thread is loaded', async () => {
  const it = page();
  it.server.on('threads.list', () => json({ data: [say.thread('thr_1', { title: 'First' })] }));
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { title: 'First' })));
  it.set();
  document.body.append(it.element);
  await it.ready();
  await it.element.showHistory();
  await vi.waitFor(() => find(it, '.ck-row-open').click());
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.end'));
  expect(it.heard.slice(1)).toEqual([
    'history.open',
    'history.close',
    'thread.load.start',
    'thread.change',
    'thread.load.end',
  ]);
});

test('whatever is thrown or refused is an Error, whoever caused it', async () => {
  const rejecting = vi.fn(() => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- as pages do
    throw 'just words';
  });
  const it = await shown({
    header: { leftAction: { icon: 'home', onClick: rejecting } },
    onClientTool: rejecting,
  });
  named(it, 'Home').click();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.toolCall('t', 'x', {}))),
  );
  it.server.on('threads.add_client_tool_output', () => json({ message: 'no' }, 403));
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(rejecting).toHaveBeenCalledTimes(2);
  expect(it.errors().every((error) => error instanceof Error)).toBe(true);
  expect(it.errors().map(({ message }) => message)).toEqual([
    'just words',
    'just words',
    expect.stringContaining('HTTP 403'),
  ]);
  // What the page's tool could not do is the assistant's to know; that it was not told is the person's.
  expect(it.server.of('threads.add_client_tool_output')[0]?.params.result).toEqual({ error: 'just words' });
  await vi.waitFor(() => find(it, '[part=error] button'));
});

test('an effect is heard with its data, in the middle of the turn', async () => {
  const it = await shown();
  const effect = say.event({ type: 'client_effect', name: 'highlight', data: { row: null, id: 3 } });
  it.server.on('threads.create', () => sse(say.created(), say.done(say.user('u')), effect));
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(it.heard.slice(1)).toEqual(['response.start', 'thread.change', 'effect', 'response.end']);
  expect(it.details.effect).toEqual([{ name: 'highlight', data: { row: null, id: 3 } }]);
});

test.each([
  ['chatkit-link://open', { name: 'open', data: {} }],
  ['chatkit-link://open/path?a=1&a=2&b=x%26y', { name: 'open', data: { a: '2', b: 'x&y' } }],
])('the deep link %s is told as %j, wherever it stands', async (href, told) => {
  const it = await shown({ disclaimer: { text: `[there](${href})` } });
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', `[here](${href})`))),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => find(it, '.ck-assistant :is(a, button)').click());
  find(it, '.ck-disclaimer :is(a, button)').click();
  expect(it.details.deeplink).toEqual([told, told]);
});

test('a deletion of the thread that is shown is a change to none; of another it is no change', async () => {
  const it = await withAnswer();
  it.server.on('threads.list', () =>
    json({ data: [say.thread('thr_1', { title: 'Shown' }), say.thread('thr_2', { title: 'Other' })] }),
  );
  await it.element.showHistory();
  for (const [title, id] of [
    ['Other', 'thr_2'],
    ['Shown', 'thr_1'],
  ]) {
    await vi.waitFor(() => named(it, `Delete ${title}`).click());
    await vi.waitFor(() => find(it, '.ck-button-danger').click());
    await vi.waitFor(() => expect(it.view.querySelector(`[data-id=${id}]`)).toBeNull());
  }
  expect(it.details['thread.change']).toEqual([{ threadId: 'thr_1' }, { threadId: null }]);
});

test('a turn that is stopped or left ends once', async () => {
  const it = await shown();
  await responding(it);
  await vi.waitFor(() => named(it, 'Stop responding').click());
  await vi.waitFor(() => named(it, 'Send message'));
  const { reply } = live();
  it.server.on('threads.add_user_message', reply);
  void it.element.sendUserMessage({ text: 'More' }).catch(() => undefined);
  await vi.waitFor(() => expect(it.server.of('threads.add_user_message')).toHaveLength(1));
  it.element.remove();
  await vi.waitFor(() => expect(it.heard.filter((name) => name === 'response.end')).toHaveLength(2));
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(it.heard.filter((name) => name.startsWith('response'))).toEqual([
    'response.start',
    'response.end',
    'response.start',
    'response.end',
  ]);
});
