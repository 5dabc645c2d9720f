import { afterEach, expect, test, vi } from 'vitest';
import * as say from './testing/events';
import { find, named, page, press, responding, shown, text, write, type Element } from './testing/page';
import { RunServer } from './testing/runs';
import { json, live, ScriptedServer, sse } from './testing/server';

afterEach(() => {
  document.body.replaceChildren();
});

test('case 78: options before attachment, listeners after: `ready` is heard once, and first', async () => {
  const element = document.createElement('openai-chatkit') as Element;
  const server = new ScriptedServer();
  element.setOptions({ api: { url: '/chatkit', domainKey: 'x', fetch: server.fetch as typeof fetch } });
  document.body.append(element);
  const heard: string[] = [];
  element.addEventListener('chatkit.ready', () => heard.push('ready'));
  element.addEventListener('chatkit.thread.load.start', () => heard.push('load'));
  expect(heard).toEqual([]);
  element.setOptions({ api: { url: '/chatkit', domainKey: 'x', fetch: server.fetch as typeof fetch } });
  await vi.waitFor(() => expect(heard).toEqual(['ready']));
  await vi.waitFor(() => expect(server.of('threads.list')).toHaveLength(1));
});

test('case 14: ready comes before the initial thread is loaded', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () =>
    json(say.thread('thr_9', { items: { data: [say.user('u', 'Earlier')] } })),
  );
  it.set({ initialThread: 'thr_9' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(it.heard).toEqual(['ready', 'thread.load.start', 'thread.load.end']));
  await vi.waitFor(() => expect(text(it)).toContain('Earlier'));
});

test('options set as a property before the script had run are adopted', async () => {
  const it = page();
  Object.defineProperty(it.element, 'options', {
    value: { api: { url: '/chatkit', fetch: it.server.fetch } },
    configurable: true,
    writable: true,
    enumerable: true,
  });
  document.body.append(it.element);
  await it.ready();
  expect(it.element.options?.api).toMatchObject({ url: '/chatkit' });
});

test('without options there is nothing: no request, no event', async () => {
  const it = page();
  document.body.append(it.element);
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  expect(it.heard).toEqual([]);
  expect(it.server.asked).toEqual([]);
  await expect(it.element.sendUserMessage({ text: 'x' })).rejects.toMatchObject({ name: 'IntegrationError' });
});

test('case 11: Enter sends, Shift+Enter does not, and the answer appears', async () => {
  const it = await shown();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello'))),
  );
  const input = write(it, 'Hi');
  press(input, 'Enter', { shiftKey: true });
  expect(it.server.of('threads.create')).toEqual([]);
  press(input, 'Enter');
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  await vi.waitFor(() => expect(text(it)).toContain('Hello'));
  expect(it.heard).toEqual(['ready', 'response.start', 'thread.change', 'response.end']);
  expect(it.view.querySelectorAll('.ck-bubble')).toHaveLength(1);
  expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('');
});

test.each([
  ['isComposing', { isComposing: true }],
  ['key code 229', { keyCode: 229 }],
])('case 66: Enter during composition (%s) is not a send; the one after it is', async (_, init) => {
  const it = await shown();
  it.server.on('threads.create', () => sse(say.created(), say.done(say.user('u'))));
  const input = write(it, 'にほん');
  const event = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true });
  for (const [name, value] of Object.entries(init)) Object.defineProperty(event, name, { value });
  input.dispatchEvent(event);
  expect(it.server.of('threads.create')).toEqual([]);
  press(input, 'Enter');
  press(input, 'Enter');
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(it.server.of('threads.create')).toHaveLength(1);
});

test('case 7: a new fetch serves the next request and nothing starts over', async () => {
  const it = await shown();
  const other = new ScriptedServer().on('threads.create', () => sse(say.created(), say.done(say.user('u'))));
  it.element.setOptions({ api: { url: '/chatkit', domainKey: 'x', fetch: other.fetch as typeof fetch } });
  await it.element.sendUserMessage({ text: 'Hi' });
  expect(other.of('threads.create')).toHaveLength(1);
  expect(it.heard.filter((name) => name === 'ready')).toHaveLength(1);
  expect(other.of('threads.list')).toEqual([]);
});

test('case 81: a new theme during a stream leaves the stream and the draft alone', async () => {
  const it = await shown();
  const stream = await responding(it);
  write(it, 'a draft');
  const colour = (): string =>
    [...(it.view.adoptedStyleSheets[0]?.cssRules ?? [])].map((rule) => rule.cssText).join('');
  const light = colour();
  it.set({ theme: 'dark' });
  expect(colour()).not.toBe(light);
  expect(colour()).toContain('color-scheme: dark');
  stream.send(say.delta('a', 'lo'));
  await vi.waitFor(() => expect(text(it)).toContain('Hello'));
  expect(find<HTMLTextAreaElement>(it, 'textarea').value).toBe('a draft');
  expect(stream.aborted).toBe(false);
});

test('case 35: the Stop button ends the answer and the Send button returns', async () => {
  const it = await shown();
  const stream = await responding(it);
  await vi.waitFor(() => named(it, 'Stop responding').click());
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  expect(stream.aborted).toBe(true);
  await vi.waitFor(() => named(it, 'Send message'));
  expect(text(it)).toContain('Hel');
  expect(it.view.querySelector('[role=alert]')).toBeNull();
});

test('a broken connection is said politely below what was said, and only while it lasts', async () => {
  const it = await shown();
  const server = new RunServer();
  it.set({ api: { url: '/chatkit', domainKey: 'x', fetch: server.fetch } });
  let connect: () => void = () => undefined;
  server.on('threads.resume', async (asked) => {
    await new Promise<void>((resolve) => (connect = resolve));
    return server.resume(asked);
  });
  press(write(it, 'Hi'), 'Enter');
  const run = await server.begun(1);
  run.say(say.created(), say.done(say.user('u')), say.added(say.assistant('a')), say.delta('a', 'Part'));
  await vi.waitFor(() => expect(text(it)).toContain('Part'));
  run.cut();
  await vi.waitFor(() => expect(text(it)).toContain('Reconnecting…'));
  const line = find(it, '[part="reconnecting"]');
  expect([line.getAttribute('role'), line.getAttribute('aria-live')]).toEqual(['status', 'polite']);
  expect(text(it)).toContain('Part');
  connect();
  await vi.waitFor(() => expect(text(it)).not.toContain('Reconnecting…'));
  run.end();
});

test('a question left unanswered says so and can be asked again', async () => {
  const it = page();
  it.server.on('threads.get_by_id', () =>
    json(
      say.thread('thr_9', {
        items: { data: [say.user('u', 'Earlier')] },
        metadata: { active_run_id: null },
      }),
    ),
  );
  it.set({ initialThread: 'thr_9' });
  document.body.append(it.element);
  await vi.waitFor(() => expect(text(it)).toContain('This question was not answered.'));
  it.server.on('threads.retry_after_item', () => sse(say.done(say.assistant('a', 'Now it is'))));
  find(it, '[part="error"] button').click();
  await vi.waitFor(() => expect(text(it)).toContain('Now it is'));
  expect(text(it)).not.toContain('This question was not answered.');
});

test('a connection given up says that the server cannot be reached', async () => {
  const it = await shown();
  const server = new RunServer();
  it.set({ api: { url: '/chatkit', domainKey: 'x', fetch: server.fetch } });
  server.on('threads.resume', () => Promise.reject(new TypeError('Failed to fetch')));
  const clock = vi.spyOn(performance, 'now');
  press(write(it, 'Hi'), 'Enter');
  const run = await server.begun(1);
  run.say(say.created(), say.done(say.user('u')));
  await vi.waitFor(() => expect(it.heard).toContain('thread.change'));
  let time = 0;
  clock.mockImplementation(() => (time += 60_000));
  run.cut();
  await vi.waitFor(() => expect(text(it)).toContain('The server cannot be reached.'));
  clock.mockRestore();
});

test('case 33: the error row is an alert with a Retry button', async () => {
  const it = await shown();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.failure({ code: 'stream.error', allow_retry: true })),
  );
  it.server.on('threads.retry_after_item', () => sse(say.opts(true), say.done(say.assistant('a', 'Now'))));
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(find(it, '[role=alert]').textContent).toContain('Something went wrong'));
  find(it, '.ck-notice .ck-button').click();
  await vi.waitFor(() => expect(text(it)).toContain('Now'));
  expect(it.view.querySelector('[role=alert]')).toBeNull();
});

test.each([
  [{ type: 'locked', reason: 'Escalated' }, 'Escalated'],
  [{ type: 'locked' }, 'This conversation is locked.'],
])('case 21: a locked thread says why in a composer that takes nothing: %j', async (status, words) => {
  const it = await shown();
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { status })));
  await it.element.setThreadId('thr_1');
  await vi.waitFor(() => expect(find<HTMLTextAreaElement>(it, 'textarea').placeholder).toBe(words));
  expect(find<HTMLTextAreaElement>(it, 'textarea').disabled).toBe(true);
});

test('case 22: a thread that closes during an answer keeps what was said and loses its composer', async () => {
  const it = await shown();
  const stream = await responding(it);
  stream.send(say.updatedThread({ status: { type: 'closed', reason: 'Done' } }));
  await vi.waitFor(() => expect(find(it, '.ck-closed').textContent).toBe('Done'));
  expect(text(it)).toContain('Hel');
  expect(it.view.querySelector('textarea')).toBeNull();
});

test('case 31: a notice shows its link', async () => {
  const it = await shown();
  it.server.on('threads.create', () =>
    sse(
      say.created(),
      say.done(say.user('u')),
      say.event({
        type: 'notice',
        level: 'warning',
        title: 'Limit',
        message: 'See [plan](https://x.example/)',
      }),
    ),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() =>
    expect(find(it, '.ck-notice-warning a').getAttribute('href')).toBe('https://x.example/'),
  );
});

test('case 43: nothing of an answer runs, and images of other hosts are not loaded', async () => {
  const it = await shown();
  const answer = '<img src=x onerror=alert(1)>\n\n[a](javascript:1)\n\n![p](https://evil.example/p.png)';
  it.server.on('threads.create', () =>
    sse(
      say.created('thr_1', { allowed_image_domains: [] }),
      say.done(say.user('u')),
      say.done(say.assistant('a', answer)),
    ),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(text(it)).toContain('onerror'));
  expect(it.view.querySelector('.ck-assistant img')).toBeNull();
  expect(it.view.querySelector('a[href^="javascript"]')).toBeNull();
});

test('case 44: a deep link tells the page and goes nowhere', async () => {
  const it = await shown();
  const answer = '[Doc](chatkit-link://document?document_id=x%20y)';
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', answer))),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => find(it, '.ck-assistant :is(a, button)').click());
  expect(it.details.deeplink).toEqual([{ name: 'document', data: { document_id: 'x y' } }]);
});

test.each([true, false])(
  'case 45: an entity that is interactive (%s) tells the page of clicks, beside the text and in the list',
  async (interactive) => {
    const onClick = vi.fn();
    const onRequestPreview = vi.fn(() => Promise.resolve({ preview: null }));
    const it = await shown({ entities: { onClick, onRequestPreview } });
    const source = {
      type: 'entity',
      id: 'ada',
      title: 'Ada',
      inline_label: 'Ada L.',
      label: 'Engineering',
      group: 'People',
      description: 'Writes programs',
      interactive,
      data: { k: 'v' },
    };
    const content = [
      { type: 'output_text', text: 'Said.', annotations: [{ type: 'annotation', source, index: 4 }] },
    ];
    const item = {
      id: 'a',
      thread_id: 'thr_1',
      created_at: '2030-01-01T00:00:00',
      type: 'assistant_message',
      content,
    };
    const said = say.event({ type: 'thread.item.done', item });
    it.server.on('threads.create', () => sse(say.created(), say.done(say.user('u')), said));
    await it.element.sendUserMessage({ text: 'Hi' });
    await vi.waitFor(() => find(it, '.ck-sources-toggle').click());
    await vi.waitFor(() => find(it, 'li .ck-source'));
    for (const place of ['.ck-cite', '.ck-source']) {
      const name = find(it, place);
      expect(name.textContent).toContain('Ada');
      name.dispatchEvent(new Event('pointerenter'));
      name.click();
    }
    if (!interactive) {
      expect(onClick).not.toHaveBeenCalled();
      return;
    }
    expect(onClick).toHaveBeenCalledTimes(2);
    expect(onClick).toHaveBeenCalledWith(
      expect.objectContaining({ id: 'ada', title: 'Ada', group: 'People', data: { k: 'v' } }),
    );
    await vi.waitFor(() => expect(onRequestPreview).toHaveBeenCalled());
    await vi.waitFor(() => expect(find(it, '.ck-cite .ck-card').textContent).toContain('Engineering'));
    expect(find(it, '.ck-cite .ck-card').textContent).toContain('Writes programs');
  },
);

test('case 24: the history opens without a header, closes on Esc and gives the focus back', async () => {
  const it = await shown({ header: { enabled: false } });
  it.server.on('threads.list', () => json({ data: [say.thread('thr_1', { title: 'First' })] }));
  await it.element.focusComposer();
  await it.element.showHistory();
  await vi.waitFor(() => expect(text(it)).toContain('First'));
  press(find(it, '[role=dialog]'), 'Escape');
  await vi.waitFor(() => expect(it.view.querySelector('[role=dialog]')).toBeNull());
  expect(it.heard.slice(1)).toEqual(['history.open', 'history.close']);
  expect(it.view.activeElement).toBe(find(it, 'textarea'));
});

test('case 83: two elements know nothing of each other', async () => {
  const one = await shown();
  const two = await shown();
  const stream = await responding(one);
  expect(text(two)).not.toContain('Hel');
  expect(two.heard).toEqual(['ready']);
  two.element.remove();
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(stream.aborted).toBe(false);
});

test('case 84: an element that is taken away ends its request; one that is moved does not', async () => {
  const it = await shown();
  const stream = await responding(it);
  const elsewhere = document.createElement('div');
  document.body.append(elsewhere);
  it.element.remove();
  elsewhere.append(it.element);
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(stream.aborted).toBe(false);
  it.element.remove();
  await vi.waitFor(() => expect(stream.aborted).toBe(true));
  it.server.on('threads.get_by_id', () =>
    json(say.thread('thr_1', { items: { data: [say.user('u', 'Kept')] } })),
  );
  document.body.append(it.element);
  await vi.waitFor(() => expect(text(it)).toContain('Kept'));
  expect(it.heard.filter((name) => name === 'ready')).toHaveLength(1);
});

test.each([
  ['xx', 'en', 'ltr'],
  ['ar', 'ar', 'rtl'],
  ['en-US', 'en-US', 'ltr'],
])('case 85: the locale %s is sent as %s and read %s', async (locale, sent, dir) => {
  const it = await shown({ locale });
  expect(it.server.asked[0]?.headers['Accept-Language']).toBe(sent);
  expect(find(it, '.ck-root').getAttribute('dir')).toBe(dir);
});

test('case 85: the words follow the locale while a draft and a thread stay as they are', async () => {
  const it = await shown();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello'))),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  await it.element.setComposerValue({ text: 'half a thought' });
  const box = (): HTMLTextAreaElement => find(it, 'textarea');
  const api = { url: '/chatkit', domainKey: 'x', fetch: it.server.fetch as typeof fetch };
  for (const [locale, lang, placeholder] of [
    ['ar', 'ar', 'أرسل رسالة إلى الذكاء الاصطناعي'],
    ['de', 'de-DE', 'Nachricht an die KI'],
    ['en', 'en', 'Message the AI'],
  ] as const) {
    it.element.setOptions({ api, locale });
    await vi.waitFor(() => expect(box().placeholder).toBe(placeholder));
    expect(find(it, '.ck-root').getAttribute('lang')).toBe(lang);
    expect(box().value).toBe('half a thought');
    expect(text(it)).toContain('Hello');
  }
  expect(it.heard.filter((name) => name === 'ready')).toHaveLength(1);
});

test('what is wrong with the options is said once, by the name of its field', async () => {
  const warn = vi.spyOn(console, 'warn').mockReturnValue();
  const it = await shown({ colour: 'red', history: { enabled: 'no' } });
  const problems = (): string[] => it.errors().map(({ message }) => message);
  await vi.waitFor(() =>
    expect(problems()).toEqual(['ChatKit: options.history.enabled must be true or false, not "no"']),
  );
  it.set({ colour: 'blue', history: { enabled: 'no' }, locale: 'xx' });
  await vi.waitFor(() => expect(problems()).toHaveLength(2));
  expect(problems()[1]).toContain('options.locale "xx"');
  // No error for the page: it may be written for a later ChatKit.
  expect(warn.mock.calls).toEqual([['ChatKit: options.colour is not an option: it has no effect']]);
  warn.mockRestore();
});

test('getComposerValue gives what setComposerValue takes', async () => {
  const it = await shown({ composer: { models: [{ id: 'm', label: 'M' }] } });
  const { getComposerValue } = it.element as Element & { getComposerValue: () => Promise<unknown> };
  const content = [
    { type: 'input_text', text: 'ask ' },
    { type: 'input_tag', id: 'b', text: 'Bob', data: {} },
  ] as const;
  await it.element.setComposerValue({ content: [...content], reply: 'quoted' });
  expect(await getComposerValue.call(it.element)).toEqual({
    text: 'ask @Bob',
    content,
    reply: 'quoted',
    attachments: [],
    selectedToolId: null,
    selectedModelId: 'm',
  });
  expect(it.server.of('threads.create')).toEqual([]);
});

test('another server means another conversation', async () => {
  const it = await shown();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello'))),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(it.heard).toContain('response.end'));
  it.element.setOptions({ api: { url: '/other', domainKey: 'x', fetch: it.server.fetch as typeof fetch } });
  await vi.waitFor(() => expect(text(it)).toContain('What can I help with today?'));
  expect(it.details['thread.change']).toEqual([{ threadId: 'thr_1' }, { threadId: null }]);
  expect(it.server.asked.at(-1)).toMatchObject({
    type: 'threads.list',
    url: expect.stringContaining('/other') as string,
  });
});

test('a notice that is dismissed takes no other along', async () => {
  const it = await shown();
  const notice = (message: string): ReturnType<typeof say.event> =>
    say.event({ type: 'notice', level: 'info', message });
  const { reply, opened } = live();
  it.server.on('threads.create', reply);
  void it.element.sendUserMessage({ text: 'Hi' });
  const stream = await opened;
  stream.send(say.created(), say.done(say.user('u')), notice('One'), notice('Two'));
  const texts = (): string[] =>
    [...it.view.querySelectorAll('.ck-notice-body')].map((each) => each.textContent);
  await vi.waitFor(() => expect(texts()).toEqual(['One', 'Two']));
  named(it, 'Dismiss').click();
  stream.send(notice('Three'));
  await vi.waitFor(() => expect(texts()).toEqual(['Two', 'Three']));
  find(it, '.ck-notice:last-of-type [aria-label=Dismiss]').click();
  await vi.waitFor(() => expect(texts()).toEqual(['Two']));
  stream.end();
});

test('a finished answer is announced whole; its tokens are not', async () => {
  const it = await shown();
  const stream = await responding(it);
  const announcer = (): string => find(it, '[aria-live=polite]').textContent;
  expect(announcer()).not.toContain('Hel');
  expect(find(it, '[role=log]').getAttribute('aria-live')).toBe('off');
  stream.send(say.done(say.assistant('a', 'Hello')));
  stream.end();
  await vi.waitFor(() => expect(announcer()).toContain('Hello'));
});

test('every button has a name', async () => {
  const it = await shown({
    header: { leftAction: { icon: 'home', onClick: () => undefined } },
    threadItemActions: { feedback: true, retry: true },
    composer: { tools: [{ id: 't', label: 'Tool', icon: 'globe' }], models: [{ id: 'm', label: 'Model' }] },
  });
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.assistant('a', 'Hello'))),
  );
  await it.element.sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => named(it, 'Good answer'));
  await it.element.showHistory();
  await vi.waitFor(() => find(it, '[role=dialog]'));
  const nameless = [...it.view.querySelectorAll('button')].filter(
    (button) => (button.getAttribute('aria-label') ?? button.textContent).trim() === '',
  );
  expect(nameless).toEqual([]);
});
