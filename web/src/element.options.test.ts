/** What the options do: their defaults, how they are applied again, and what they must leave alone then. */
import type { ChatKitOptions } from '@openai/chatkit';
import { afterEach, expect, test, vi } from 'vitest';
import * as say from './testing/events';
import { find, named, page, press, responding, shown, text, write, type Page } from './testing/page';
import { json, ScriptedServer, sse } from './testing/server';

const answered = (): Response =>
  sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello')));

async function withAnswer(options?: Record<string, unknown>): Promise<Page> {
  const it = await shown(options);
  it.server.on('threads.create', answered);
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  return it;
}

const shows = (it: Page, selector: string): boolean => it.view.querySelector(selector) !== null;
const placeholder = (it: Page): string => find<HTMLTextAreaElement>(it, 'textarea').placeholder;

afterEach(() => {
  document.body.replaceChildren();
});

test('an address is all that has to be said', async () => {
  const it = await withAnswer();
  expect(find(it, '.ck-root').getAttribute('aria-label')).toBe('Chat');
  expect(find(it, '.ck-root').getAttribute('role')).toBe('region');
  expect(placeholder(it)).toBe('Message the AI');
  named(it, 'Conversation history');
  await vi.waitFor(() => named(it, 'Copy'), 10_000); // the first of the file to load its chunk
  for (const button of ['Good answer', 'Answer again', 'Dictate', 'Add photos and files', 'Mention'])
    expect(shows(it, `[aria-label="${button}"]`), button).toBe(false);
  expect(shows(it, '.ck-disclaimer')).toBe(false);
  expect(it.errors()).toEqual([]);
});

test.each([{}, { domainKey: undefined }, { domainKey: '' }, { domainKey: 7 }])(
  'a domain key is neither needed nor looked at: %j',
  async (key) => {
    const it = page();
    it.element.setOptions({
      api: { url: '/chatkit', fetch: it.server.fetch, ...key },
    } as unknown as ChatKitOptions);
    document.body.append(it.element);
    await vi.waitFor(() => expect(it.server.of('threads.list')).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(it.errors()).toEqual([]);
    expect(it.server.asked.every(({ url }) => new URL(url).origin === location.origin)).toBe(true);
  },
);

test('options are replaced as a whole: what is not said again is as if it never was', async () => {
  const it = await shown({
    frameTitle: 'Help',
    header: { title: { text: 'Desk' }, leftAction: { icon: 'home', onClick: () => undefined } },
    startScreen: { greeting: 'Moin', prompts: [{ label: 'P', prompt: 'p' }] },
    composer: { placeholder: 'Ask' },
    disclaimer: { text: 'Careful' },
  });
  expect(text(it)).toContain('Moin');
  expect(find(it, '.ck-root').getAttribute('aria-label')).toBe('Help');
  expect(find(it, '.ck-title').textContent).toBe('Desk');
  it.set();
  await vi.waitFor(() => expect(placeholder(it)).toBe('Message the AI'));
  expect(find(it, '.ck-root').getAttribute('aria-label')).toBe('Chat');
  for (const part of ['.ck-title', '.ck-prompt', '.ck-disclaimer', '[aria-label=Home]'])
    expect(shows(it, part), part).toBe(false);
  expect(text(it)).not.toContain('Moin');
});

test('the property is another name for the method', async () => {
  const it = await shown();
  const options = { api: { url: '/chatkit', domainKey: 'x', fetch: it.server.fetch as typeof fetch } };
  it.element.options = { ...options, composer: { placeholder: 'By property' } };
  await vi.waitFor(() => expect(placeholder(it)).toBe('By property'));
  expect(it.element.options.composer?.placeholder).toBe('By property');
  it.element.options = null;
  expect(placeholder(it)).toBe('By property');
});

test('applied again in the middle of everything, options disturb nothing of it', async () => {
  const tools = [{ id: 't', label: 'Tool', icon: 'globe' }];
  const it = await shown({ composer: { tools } });
  const stream = await responding(it);
  await it.element.setComposerValue({ text: 'a draft', reply: 'a quote', selectedToolId: 't' });
  await vi.waitFor(() => named(it, 'Choose a tool').click());
  await vi.waitFor(() => find(it, '[role=menu]'));
  const menu = find(it, '[role=menu]');
  const box = find(it, 'textarea');
  const asked = it.server.asked.length;
  it.set({
    composer: { tools: [{ ...tools[0] }], placeholder: 'New' },
    theme: 'dark',
    initialThread: 'thr_9',
  });
  await vi.waitFor(() => expect(placeholder(it)).toBe('New'));
  expect(find(it, '[role=menu]')).toBe(menu);
  expect(find(it, 'textarea')).toBe(box);
  expect((box as HTMLTextAreaElement).value).toBe('a draft');
  expect(find(it, '.ck-quote').textContent).toContain('a quote');
  named(it, 'Remove Tool');
  stream.send(say.delta('a', 'lo'), say.done(say.assistant('a', 'Hello')));
  stream.end();
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(it.server.asked).toHaveLength(asked);
  expect(it.heard.filter((name) => name !== 'tool.change')).toEqual([
    'ready',
    'response.start',
    'thread.change',
    'response.end',
  ]);
});

test('the open history stays open, unless there is to be none', async () => {
  const it = await shown();
  it.server.on('threads.list', () => json({ data: [say.thread('thr_1', { title: 'First' })] }));
  await it.element.showHistory();
  await vi.waitFor(() => expect(text(it)).toContain('First'));
  const lists = it.server.of('threads.list').length;
  it.set({ theme: 'dark', history: { showDelete: false } });
  await vi.waitFor(() => expect(shows(it, '[aria-label="Delete First"]')).toBe(false));
  named(it, 'Rename First');
  expect(it.server.of('threads.list')).toHaveLength(lists);
  it.set({ history: { enabled: false } });
  await vi.waitFor(() => expect(shows(it, '[role=dialog]')).toBe(false));
  expect(shows(it, '[aria-label="Conversation history"]')).toBe(false);
  expect(it.heard.slice(1)).toEqual(['history.open', 'history.close']);
});

test('the first thread is the first one only', async () => {
  const it = page();
  it.server.on('threads.get_by_id', ({ params }) => json(say.thread(params.thread_id as string)));
  it.set({ initialThread: 'thr_1' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.end'));
  it.set({ initialThread: 'thr_2' });
  it.set({ initialThread: null });
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(it.server.of('threads.get_by_id').map(({ params }) => params.thread_id)).toEqual(['thr_1']);
  expect(it.details['thread.change']).toBeUndefined();
});

test('a first thread that is gone leaves a new chat, whose id no page need forget', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () => json({}, 404));
  it.set({ initialThread: 'thr_1' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.heard).toContain('thread.load.end'));
  expect(it.heard).toEqual(['ready', 'thread.load.start', 'error', 'thread.load.end']);
  await vi.waitFor(() => expect(text(it)).toContain('What can I help with today?'));
});

test('at another server nothing is left of a thread that could not be loaded', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () => json({}, 500));
  it.set({ initialThread: 'thr_1' });
  document.body.append(it.element);
  await vi.waitFor(() => find(it, '[part=error]'));
  it.set({ api: { url: '/other', domainKey: 'x', fetch: it.server.fetch } });
  await vi.waitFor(() => expect(text(it)).toContain('What can I help with today?'));
  expect(shows(it, '[part=error]')).toBe(false);
});

test('the secret of one server is not sent to another', async () => {
  const it = page();
  const given: (string | null)[] = [];
  const getClientSecret = (current: string | null): Promise<string> => {
    given.push(current);
    return Promise.resolve(`secret-${given.length}`);
  };
  const at = (url: string): void => {
    it.set({ api: { url, fetch: it.server.fetch, getClientSecret } });
  };
  at('/one');
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.server.of('threads.list')).toHaveLength(1));
  at('/two');
  await vi.waitFor(() => expect(it.server.of('threads.list')).toHaveLength(2));
  const sent = it.server.asked.map(({ url, headers }) => [new URL(url).pathname, headers.Authorization]);
  expect(sent).toEqual([
    ['/one', 'Bearer secret-1'],
    ['/two', 'Bearer secret-2'],
  ]);
  expect(given).toEqual([null, null]);
});

test('a secret that is refused is renewed with the old one in hand, and the request sent again once', async () => {
  const it = page();
  const getClientSecret = vi.fn((current: string | null) => Promise.resolve(current ? 'new' : 'old'));
  const list = (): Response => json({ data: [] });
  it.server.on('threads.list', () => json({}, 401), list);
  it.set({ api: { url: '/chatkit', fetch: it.server.fetch, getClientSecret } });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.server.of('threads.list')).toHaveLength(2));
  expect(getClientSecret.mock.calls).toEqual([[null], ['old']]);
  expect(it.server.asked.map(({ headers }) => headers.Authorization)).toEqual(['Bearer old', 'Bearer new']);
  expect(it.errors()).toEqual([]);
});

test('a secret that cannot be had is an error of the page', async () => {
  const it = page();
  const getClientSecret = (): Promise<string> => Promise.reject(new Error('signed out'));
  it.set({ api: { url: '/chatkit', fetch: it.server.fetch, getClientSecret } });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.errors().map(({ message }) => message)).toContain('signed out'));
  expect(it.server.asked).toEqual([]);
});

test('options without an address say so, and the element stays', async () => {
  const it = page();
  it.element.setOptions({ api: { clientToken: 'x' } } as unknown as ChatKitOptions);
  document.body.append(it.element);
  await it.ready();
  await vi.waitFor(() =>
    expect(
      it
        .errors()
        .map(({ message }) => message)
        .join(),
    ).toContain('api'),
  );
  find(it, 'textarea');
});

test("the header's own buttons call the page, and go with the header", async () => {
  const left = vi.fn(function (this: unknown) {
    return this;
  });
  const right = vi.fn();
  const leftAction = { icon: 'sidebar-open-left', onClick: left };
  const it = await shown({
    header: { leftAction, rightAction: { ...{ label: 'Set up' }, icon: 'settings-cog', onClick: right } },
  });
  named(it, 'Sidebar open left').click();
  named(it, 'Set up').click();
  expect([left.mock.calls.length, right.mock.calls.length]).toEqual([1, 1]);
  expect(left.mock.results[0]?.value).toBe(leftAction);
  it.set({ header: { customButtonLeft: { icon: 'home', onClick: right } } });
  await vi.waitFor(() => named(it, 'Home').click());
  expect(right).toHaveBeenCalledTimes(2);
  it.set({ header: { enabled: false, leftAction } });
  await vi.waitFor(() => expect(shows(it, '.ck-header')).toBe(false));
});

test('the title is the page’s, else the thread’s, else none', async () => {
  const it = await shown();
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { title: 'Of the thread' })));
  expect(shows(it, '.ck-title')).toBe(false);
  await it.element.setThreadId('thr_1');
  await vi.waitFor(() => expect(find(it, '.ck-title').textContent).toBe('Of the thread'));
  it.set({ header: { title: { text: 'Of the page' } } });
  await vi.waitFor(() => expect(find(it, '.ck-title').textContent).toBe('Of the page'));
  it.set({ header: { title: { enabled: false, text: 'Of the page' } } });
  await vi.waitFor(() => expect(shows(it, '.ck-title')).toBe(false));
});

test('there is no new chat where there is one already', async () => {
  const it = await shown();
  expect(shows(it, '[aria-label="New chat"]')).toBe(false);
  it.server.on('threads.create', answered);
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => named(it, 'New chat').click());
  await vi.waitFor(() => expect(shows(it, '[aria-label="New chat"]')).toBe(false));
  expect(it.details['thread.change']).toEqual([{ threadId: 'thr_1' }, { threadId: null }]);
});

test('a prompt is sent as it is clicked, with the chosen model, and leaves the draft alone', async () => {
  const it = await shown({
    composer: {
      models: [{ id: 'm', label: 'M' }],
      tools: [{ id: 't', label: 'T', icon: 'globe', pinned: true }],
    },
    startScreen: {
      prompts: [
        { label: 'Same', prompt: 'One' },
        { name: 'Same', prompt: 'Two' },
      ],
    },
  });
  it.server.on('threads.create', answered);
  write(it, 'a draft');
  find(it, '.ck-toggle').click();
  find(it, 'li + li .ck-prompt').click();
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(it.server.of('threads.create')[0]?.params.input).toMatchObject({
    content: [{ type: 'input_text', text: 'Two' }],
    inference_options: { model: 'm' },
  });
  expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('a draft');
});

test('a model that is taken away gives way to the one that is offered first; one that stays, stays', async () => {
  const models = (...ids: string[]): Record<string, unknown> => ({
    composer: { models: ids.map((id) => ({ id, label: id.toUpperCase() })) },
  });
  const it = await shown(models('a', 'b', 'c'));
  const chosen = (): string => find(it, '.ck-model').textContent;
  await it.element.setComposerValue({ selectedModelId: 'b' });
  await vi.waitFor(() => expect(chosen()).toBe('B'));
  it.set(models('c', 'b'));
  await vi.waitFor(() => expect(chosen()).toBe('B'));
  it.set(models('c', 'd'));
  await vi.waitFor(() => expect(chosen()).toBe('C'));
  it.server.on('threads.create', answered);
  press(write(it, 'Hi'), 'Enter');
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  await vi.waitFor(() => expect(chosen()).toBe('C'));
});

test('a tool has its words in the composer until it is sent, or for good if it persists', async () => {
  const tool = {
    id: 't',
    label: 'Search the web',
    shortLabel: 'Search',
    icon: 'globe',
    placeholderOverride: 'Search for',
  };
  const it = await shown({ composer: { placeholder: 'Ask', tools: [tool] } });
  it.server.on('threads.create', answered);
  it.server.on('threads.add_user_message', () =>
    sse(say.done(say.user('v')), say.done(say.assistant('b', 'Two'))),
  );
  const ends = (count: number): Promise<void> =>
    vi.waitFor(() => expect(it.heard.filter((name) => name === 'response.end')).toHaveLength(count));
  await it.element.setComposerValue({ selectedToolId: 't' });
  await vi.waitFor(() => expect(placeholder(it)).toBe('Search for'));
  expect(find(it, '.ck-toggle').textContent).toBe('Search');
  press(write(it, 'Hi'), 'Enter');
  await ends(1);
  await vi.waitFor(() => expect(placeholder(it)).toBe('Ask'));
  it.set({ composer: { tools: [{ ...tool, persistent: true }] } });
  await it.element.setComposerValue({ selectedToolId: 't' });
  press(write(it, 'Hi'), 'Enter');
  await ends(2);
  expect(placeholder(it)).toBe('Search for');
  expect(it.details['tool.change']).toEqual([{ toolId: 't' }, { toolId: null }, { toolId: 't' }]);
});

test('the disclaimer is Markdown below the composer, stronger if asked for', async () => {
  const it = await shown({ disclaimer: { text: 'See [terms](https://x.example/)' } });
  const disclaimer = (): HTMLElement => find(it, '.ck-disclaimer');
  await vi.waitFor(() =>
    expect(disclaimer().querySelector('a')?.getAttribute('href')).toBe('https://x.example/'),
  );
  expect(disclaimer().classList.contains('ck-strong')).toBe(false);
  expect(find(it, '.ck-composer').compareDocumentPosition(disclaimer())).toBe(
    Node.DOCUMENT_POSITION_FOLLOWING,
  );
  it.set({ disclaimer: { text: 'Careful', highContrast: true } });
  await vi.waitFor(() => expect(disclaimer().classList.contains('ck-strong')).toBe(true));
});

test('answers can be rated and had again where the page allows it; a new one has not been rated yet', async () => {
  const it = await withAnswer({ threadItemActions: { feedback: true, retry: true } });
  it.server.on('threads.retry_after_item', () => sse(say.done(say.assistant('b', 'Anew'))));
  await vi.waitFor(() => named(it, 'Good answer').click());
  await vi.waitFor(() => expect(named(it, 'Good answer').getAttribute('aria-pressed')).toBe('true'));
  named(it, 'Good answer').click();
  named(it, 'Bad answer').click();
  expect(it.server.of('items.feedback').map(({ params }) => params)).toEqual([
    { thread_id: 'thr_1', item_ids: ['a'], kind: 'positive' },
    { thread_id: 'thr_1', item_ids: ['a'], kind: 'negative' },
  ]);
  named(it, 'Answer again').click();
  await vi.waitFor(() => expect(text(it)).toContain('Anew'));
  expect(it.server.of('threads.retry_after_item')[0]?.params).toEqual({ thread_id: 'thr_1', item_id: 'u' });
  await vi.waitFor(() => expect(named(it, 'Bad answer').getAttribute('aria-pressed')).toBe('false'));
  it.set();
  await vi.waitFor(() => expect(shows(it, '[aria-label="Bad answer"]')).toBe(false));
  named(it, 'Copy');
});

test('a question that got no answer has none to rate', async () => {
  const it = page();
  const items = [say.user('u1', 'One'), say.user('u2', 'Two'), say.assistant('a', 'Answer')];
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { items: { data: items } })));
  it.set({ initialThread: 'thr_1', threadItemActions: { feedback: true } });
  document.body.append(it.element);
  await vi.waitFor(() => named(it, 'Good answer'));
  expect(it.view.querySelectorAll('[aria-label="Good answer"]')).toHaveLength(1);
});

test('each request goes out in the language of the moment', async () => {
  const it = await shown({ locale: 'de' });
  it.set({ locale: 'fr-CA' });
  it.server.on('threads.create', answered);
  await it.element.sendUserMessage({ text: 'Hi' });
  expect(it.server.asked.map(({ headers }) => headers['Accept-Language'])).toEqual(['de-DE', 'fr-CA']);
});

test('dictation is off and on as the page says, and never without a microphone', async () => {
  const it = await shown({ composer: { dictation: { enabled: true } } });
  expect(shows(it, '[aria-label=Dictate]')).toBe(false);
  vi.stubGlobal('MediaRecorder', vi.fn());
  Object.defineProperty(navigator, 'mediaDevices', { value: {}, configurable: true });
  it.set({ composer: { dictation: { enabled: true }, placeholder: 'now' } });
  await vi.waitFor(() => named(it, 'Dictate'));
  it.set({ composer: { dictation: { enabled: false } } });
  await vi.waitFor(() => expect(shows(it, '[aria-label=Dictate]')).toBe(false));
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, 'mediaDevices');
});

test('two servers, two histories', async () => {
  const it = await shown();
  const other = new ScriptedServer().on('threads.list', () =>
    json({ data: [say.thread('thr_5', { title: 'Other' })] }),
  );
  it.set({ api: { url: '/other', domainKey: 'x', fetch: other.fetch } });
  await it.element.showHistory();
  await vi.waitFor(() => expect(text(it)).toContain('Other'));
});
