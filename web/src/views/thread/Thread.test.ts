import type { OpenAIChatKit } from '@openai/chatkit';
import { afterEach, expect, test, vi } from 'vitest';
import '../../define';
import type { ThreadItem, ThreadStreamEvent } from '../../protocol/types.gen';
import { readItem } from '../../protocol/wire';
import * as say from '../../testing/events';
import { json, live, ScriptedServer, type LiveResponse } from '../../testing/server';

/** What is read out when a message goes off. */
const SENT = 'Message sent. Responding…';

interface Shown {
  readonly element: OpenAIChatKit;
  readonly server: ScriptedServer;
  readonly view: ShadowRoot;
  readonly text: () => string;
  /** What has been read out, a line each. */
  readonly heard: () => string[];
}

function shown(options: Record<string, unknown> = {}): Shown {
  const server = new ScriptedServer();
  const element = document.createElement('openai-chatkit') as OpenAIChatKit;
  const api = { url: '/chatkit', domainKey: 'x', fetch: server.fetch as typeof fetch };
  element.setOptions({ api, locale: 'en', ...options });
  document.body.append(element);
  const view = element.shadowRoot;
  if (!view) throw new Error('no shadow root');
  const heard: string[] = [];
  new MutationObserver((changes) => {
    for (const { addedNodes, target } of changes) {
      if (target instanceof Element && target.closest('[aria-atomic="false"]')) {
        addedNodes.forEach((node) => heard.push(node.textContent ?? ''));
      }
    }
  }).observe(view, { childList: true, subtree: true });
  return {
    element,
    server,
    view,
    text: () => view.querySelector('[role=log]')?.textContent ?? '',
    heard: () => heard,
  };
}

async function opened(items: ThreadItem[], options?: Record<string, unknown>): Promise<Shown> {
  const it = shown(options);
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { items: { data: items } })));
  await it.element.setThreadId('thr_1');
  await vi.waitFor(() => expect(it.view.querySelector('.ck-turn')).not.toBeNull());
  return it;
}

async function asked(it: Shown, ...events: ThreadStreamEvent[]): Promise<LiveResponse> {
  const { reply, opened } = live();
  it.server.on('threads.create', reply).on('threads.add_user_message', reply);
  const sent = it.element.sendUserMessage({ text: 'Hi' });
  const stream = await opened;
  stream.send(say.created(), say.done(say.user('u')), say.opts(true), ...events);
  await sent;
  return stream;
}

const find = (it: Shown, selector: string): HTMLElement => {
  const found = it.view.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`there is no ${selector} in ${it.text()}`);
  return found;
};
const task = (
  id: string,
  kind: 'added' | 'updated',
  at: number,
  value: Record<string, unknown>,
): ThreadStreamEvent => say.update(id, { type: `workflow.task.${kind}`, task_index: at, task: value });
const item = (value: Record<string, unknown>): ThreadItem =>
  readItem({ ...say.user('x'), ...value }) as ThreadItem;

afterEach(() => {
  document.body.replaceChildren();
});

test('case 37: a reasoning workflow shimmers with its thought, ends as its duration, and opens to its thoughts', async () => {
  const it = shown();
  const stream = await asked(
    it,
    say.added(say.workflow('w', 'reasoning')),
    task('w', 'added', 0, { type: 'thought', content: '**Looking**\nfirst' }),
  );
  await vi.waitFor(() => expect(find(it, '.ck-workflow .ck-shimmer').textContent).toBe('Looking'));
  expect(find(it, '.ck-workflow-head').getAttribute('aria-expanded')).toBe('false');
  stream.send(
    task('w', 'updated', 0, { type: 'thought', content: '**Looking**\nfirst thought' }),
    task('w', 'added', 1, { type: 'thought', content: 'second thought' }),
  );
  await vi.waitFor(() => expect(find(it, '.ck-workflow .ck-shimmer').textContent).toBe('second thought'));
  const thoughts = [
    { type: 'thought', content: 'first thought' },
    { type: 'thought', content: 'second thought' },
  ];
  const workflow = { type: 'reasoning', tasks: thoughts, summary: { duration: 3 }, expanded: false };
  stream.send(say.done(item({ id: 'w', type: 'workflow', workflow })));
  stream.end();
  await vi.waitFor(() => expect(find(it, '.ck-workflow-head').textContent).toBe('Thought for 3 seconds'));
  expect(it.view.querySelectorAll('.ck-step')).toHaveLength(0);
  find(it, '.ck-workflow-head').click();
  await vi.waitFor(() => expect(it.view.querySelectorAll('.ck-step')).toHaveLength(2));
});

test('case 38: a custom workflow is open while it runs, with its steps as they stand, and closes when it is done', async () => {
  const it = shown();
  const step = { type: 'custom', title: 'Read', status_indicator: 'loading' };
  const stream = await asked(
    it,
    say.added(say.workflow('w', 'custom')),
    task('w', 'added', 0, step),
    task('w', 'added', 0, step),
    task('w', 'updated', 0, { ...step, status_indicator: 'complete' }),
  );
  await vi.waitFor(() => expect(it.view.querySelectorAll('.ck-step')).toHaveLength(2));
  expect(it.view.querySelectorAll('.ck-step .ck-spinner')).toHaveLength(1);
  expect(it.view.querySelectorAll('.ck-step-complete')).toHaveLength(1);
  const workflow = {
    type: 'custom',
    tasks: [step, step],
    summary: { title: 'Read two files', icon: 'document' },
  };
  stream.send(say.done(item({ id: 'w', type: 'workflow', workflow })));
  stream.end();
  await vi.waitFor(() => expect(find(it, '.ck-workflow-head').textContent).toBe('Read two files'));
  expect(it.view.querySelectorAll('.ck-step')).toHaveLength(0);
});

test('sources of a step are links, with the element’s own icons', async () => {
  const sources = [{ type: 'url', title: 'A page', url: 'https://x.test/a' }];
  const search = { type: 'web_search', title_query: 'berths', queries: ['berth prices'], sources };
  const it = await opened([say.user('u'), item({ id: 't', type: 'task', task: search })]);
  await vi.waitFor(() => expect(find(it, '.ck-step-title').textContent).toBe('Searching for berths'));
  expect(find(it, '.ck-chip a').getAttribute('href')).toBe('https://x.test/a');
  expect(it.text()).toContain('berth prices');
  expect(it.view.querySelectorAll('.ck-step img')).toHaveLength(0);
});

test('case 39: an image has a place, then previews that get clearer, then its final form', async () => {
  const it = shown();
  const preview = (n: number, progress: number): ThreadStreamEvent =>
    say.update('i', { type: 'generated_image.updated', image: { id: 'ig', url: `/p${n}.png` }, progress });
  const stream = await asked(it, say.added(say.image('i')));
  await vi.waitFor(() => expect(find(it, '.ck-picture').textContent).toContain('Making an image'));
  const blur = (): number => Number(/\d+/.exec(find(it, '.ck-picture img').style.filter)?.[0]);
  stream.send(preview(1, 0.33));
  await vi.waitFor(() => expect(find(it, '.ck-picture img').getAttribute('src')).toContain('/p1.png'));
  const first = blur();
  stream.send(preview(2, 0.66));
  await vi.waitFor(() => expect(find(it, '.ck-picture img').getAttribute('src')).toContain('/p2.png'));
  expect(blur()).toBeLessThan(first);
  expect((find(it, 'progress') as HTMLProgressElement).value).toBeCloseTo(0.66);
  stream.send(say.done(say.image('i', '/final.png')));
  stream.end();
  await vi.waitFor(() => expect(find(it, '.ck-picture a').getAttribute('href')).toContain('/final.png'));
  expect(find(it, '.ck-picture img').style.filter).toBe('');
  expect(it.view.querySelector('progress')).toBeNull();
});

test('a generated image of a host that the thread does not allow is not loaded', async () => {
  const it = shown();
  const items = { data: [say.user('u'), say.image('i', 'https://elsewhere.test/x.png')] };
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { items, allowed_image_domains: [] })));
  await it.element.setThreadId('thr_1');
  await vi.waitFor(() => expect(it.text()).toContain('Image from elsewhere.test, not shown'));
  expect(it.view.querySelector('img')).toBeNull();
});

test('case 29: progress is one line at the end that the answer takes the place of', async () => {
  const it = shown();
  const progress = (text: string): ThreadStreamEvent =>
    say.event({ type: 'progress_update', icon: 'search', text });
  const stream = await asked(it, progress('Looking'));
  await vi.waitFor(() => expect(find(it, '[part=progress]').textContent).toBe('Looking'));
  stream.send(progress('Searching'));
  await vi.waitFor(() => expect(find(it, '[part=progress]').textContent).toBe('Searching'));
  stream.send(say.added(say.assistant('a')), say.delta('a', 'Found'));
  await vi.waitFor(() => expect(it.view.querySelector('[part=progress]')).toBeNull());
  await vi.waitFor(() => expect(it.heard()).toEqual([SENT, 'Looking', 'Searching']));
  stream.end();
});

test('answers are read by the sentence, steps once, and a stopped answer says so', async () => {
  const it = shown();
  const stream = await asked(
    it,
    say.added(say.workflow('w', 'custom')),
    task('w', 'added', 0, { type: 'custom', title: 'Read the file' }),
  );
  await vi.waitFor(() => expect(it.heard()).toEqual([SENT, 'Read the file.']));
  stream.send(
    task('w', 'updated', 0, { type: 'custom', title: 'Read the file', status_indicator: 'complete' }),
  );
  stream.send(say.added(say.assistant('a')), say.delta('a', 'The dock is **op'));
  await vi.waitFor(() => expect(it.text()).toContain('The dock is op'));
  stream.send(say.delta('a', 'en**. It clo'));
  await vi.waitFor(() => expect(it.heard().at(-1)).toBe('The dock is open.'));
  find(it, '[part=stop]').click();
  await vi.waitFor(() =>
    expect(it.heard().slice(2)).toEqual(['The dock is open.', 'It clo', 'The answer was stopped']),
  );
  await vi.waitFor(() => expect(find(it, '.ck-stopped').textContent).toBe('You stopped this answer.'));
});

test('a thread that is opened is not read out', async () => {
  const it = await opened([say.user('u'), say.assistant('a', 'Old words.')]);
  const stream = await asked(it, say.done(say.assistant('b', 'New words.')));
  stream.end();
  await vi.waitFor(() => expect(it.heard()).toEqual([SENT, 'New words.']));
});

test('what a person wrote can be copied, and pictures they sent are shown', async () => {
  const picture = {
    type: 'image',
    id: 'f1',
    name: 'boat.png',
    mime_type: 'image/png',
    preview_url: '/boat.png',
  };
  const file = { type: 'file', id: 'f2', name: 'log.txt', mime_type: 'text/plain' };
  const it = await opened([item({ id: 'u', attachments: [picture, file], quoted_text: 'Earlier words' })]);
  await vi.waitFor(() => expect(it.view.querySelector('.ck-thumb')).not.toBeNull());
  expect(find(it, '.ck-thumb').getAttribute('alt')).toBe('boat.png');
  expect(find(it, '.ck-file').textContent).toBe('log.txt');
  expect(find(it, '.ck-quoted').textContent).toBe('Earlier words');
  expect(find(it, '.ck-said button').getAttribute('aria-label')).toBe('Copy your message');
  find(it, '.ck-thumb').dispatchEvent(new Event('error'));
  await vi.waitFor(() => expect(it.view.querySelectorAll('.ck-file')).toHaveLength(2));
});

test('a picture without a preview, or with one from a host that is not allowed, is named', async () => {
  const it = shown();
  const image = { type: 'image', mime_type: 'image/png' };
  const attachments = [
    { ...image, id: 'f1', name: 'none.png' },
    { ...image, id: 'f2', name: 'elsewhere.png', preview_url: 'https://elsewhere.test/x.png' },
  ];
  const items = { data: [item({ id: 'u', attachments }), say.assistant('a', 'Seen.')] };
  it.server.on('threads.get_by_id', () => json(say.thread('thr_1', { items, allowed_image_domains: [] })));
  await it.element.setThreadId('thr_1');
  await vi.waitFor(() => expect(it.view.querySelectorAll('.ck-file')).toHaveLength(2));
  expect(it.text()).toContain('none.png');
  expect(it.text()).toContain('Seen.');
  expect(it.view.querySelector('img')).toBeNull();
});

test('each turn is an article of the feed that knows its place', async () => {
  const it = await opened([
    say.user('u', 'One'),
    say.assistant('a', 'A'),
    say.user('v', 'Two'),
    say.assistant('b', 'B'),
  ]);
  const articles = [...it.view.querySelectorAll('[role=feed] > article')];
  expect(articles.map((row) => [row.getAttribute('aria-label'), row.getAttribute('aria-posinset')])).toEqual([
    ['One', '1'],
    ['Two', '2'],
  ]);
  expect(articles[0]?.getAttribute('aria-setsize')).toBe('2');
});
