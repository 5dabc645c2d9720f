/**
 * What a model, a document, a server or a host page says is hostile: each payload of the corpus goes through every
 * field of every event and option, and nothing of it may become more than text.
 */
import type { ChatKitOptions } from '@openai/chatkit';
import { afterEach, expect, test, vi } from 'vitest';
import './define';
import { json, ScriptedServer, sse } from './testing/server';
import { wireJson } from './testing/wire';
import type { ThreadStreamEvent } from './protocol/types.gen';

vi.setConfig({ testTimeout: 120_000 });

const CORPUS = wireJson('hostile.json') as Record<string, string[]>;

afterEach(() => {
  document.body.replaceChildren();
});

const base = { thread_id: 'thr_1', created_at: '2030-01-01T00:00:00' };
const sources = (x: string) => [
  { type: 'url', title: x, url: x, description: x, timestamp: x, group: x, attribution: x },
  { type: 'file', title: x, filename: x, description: x, timestamp: x, group: x },
  {
    type: 'entity',
    title: x,
    id: x,
    icon: x,
    label: x,
    inline_label: x,
    description: x,
    interactive: true,
    data: { [x]: x },
  },
];
const tasks = (x: string) => [
  { type: 'custom', title: x, icon: x, content: x, status_indicator: 'complete' },
  { type: 'web_search', title: x, title_query: x, queries: [x], sources: sources(x).slice(0, 1) },
  { type: 'web_search', title_query: x, queries: [x] },
  { type: 'thought', title: x, content: x },
  { type: 'thought', content: `**${x}**\n${x}` },
  { type: 'file', title: x, sources: sources(x).slice(1, 2) },
  { type: 'image', title: x },
];

/** Items with `x` in every field that holds text. */
function items(x: string, n: number): Record<string, unknown>[] {
  const item = (name: string, more: Record<string, unknown>) => ({
    id: `${name}-${n}`,
    ...base,
    type: name,
    ...more,
  });
  const attachments = [
    { type: 'file', id: x, name: x, mime_type: x },
    { type: 'image', id: `${x}2`, name: x, mime_type: x, preview_url: x },
  ];
  const annotations = sources(x).map((source, index) => ({ type: 'annotation', source, index }));
  return [
    item('user_message', {
      content: [
        { type: 'input_text', text: x },
        { type: 'input_tag', id: x, text: x, data: { [x]: x }, interactive: true, group: x },
      ],
      attachments,
      quoted_text: x,
      inference_options: {},
    }),
    item('assistant_message', { content: [{ type: 'output_text', text: x, annotations }] }),
    item('workflow', {
      workflow: { type: 'custom', tasks: tasks(x), summary: { title: x, icon: x }, expanded: true },
    }),
    item('task', { task: tasks(x)[n % 7] }),
    item('generated_image', { image: { id: x, url: x } }),
    item('widget', { widget: { type: 'Card', children: [{ type: 'Text', value: x }] }, copy_text: x }),
    item('client_tool_call', { status: 'completed', call_id: x, name: x, arguments: { [x]: x }, output: x }),
    item('structured_input', {
      status: 'answered',
      inputs: [
        { type: 'multiple_choice', id: x, question: x, options: [{ value: x }], answer: { values: [x] } },
        { type: 'freeform', id: `${x}2`, question: x, description: x, answer: { values: [x] } },
      ],
    }),
    item('end_of_turn', {}),
  ];
}

function events(payloads: readonly string[]): ThreadStreamEvent[] {
  const all: Record<string, unknown>[] = [];
  const thread = (x: string, status: object) => ({
    id: 'thr_1',
    created_at: base.created_at,
    title: x,
    status,
    allowed_image_domains: ['images.test', x],
    metadata: { [x]: x },
    items: { data: [], has_more: false },
  });
  all.push({ type: 'thread.created', thread: thread('t', { type: 'active' }) });
  payloads.forEach((x, n) => {
    for (const item of items(x, n)) all.push({ type: 'thread.item.done', item });
    // What is still under way has views of its own.
    const live = `live-${n}`;
    const part = { type: 'output_text', text: '', annotations: [] };
    const update = (value: object) => all.push({ type: 'thread.item.updated', item_id: live, update: value });
    all.push({
      type: 'thread.item.added',
      item: { id: live, ...base, type: 'assistant_message', content: [part] },
    });
    for (const piece of x.match(/[^]{1,7}/g) ?? [])
      update({ type: 'assistant_message.content_part.text_delta', content_index: 0, delta: piece });
    all.push({ type: 'progress_update', text: x, icon: x });
    all.push({ type: 'client_effect', name: x, data: { [x]: x } });
    all.push({ type: 'notice', level: 'warning', title: x, message: x });
    all.push({ type: 'notice', level: x, title: x, message: x });
    all.push({ type: 'thread.updated', thread: thread(x, { type: 'locked', reason: x }) });
  });
  const last = payloads.at(-1) ?? '';
  all.push({ type: 'error', code: 'custom', message: last, allow_retry: true });
  all.push({ type: last, item: { id: last } });
  return all as unknown as ThreadStreamEvent[];
}

function options(x: string, server: ScriptedServer): ChatKitOptions {
  return {
    api: { url: '/chatkit', domainKey: x, fetch: server.fetch },
    locale: 'en',
    frameTitle: x,
    header: { title: { text: x }, leftAction: { icon: x, onClick: () => undefined } },
    startScreen: { greeting: x, prompts: [{ label: x, prompt: x, icon: x }] },
    composer: {
      placeholder: x,
      tools: [{ id: x, label: x, shortLabel: x, placeholderOverride: x, icon: x }],
      models: [{ id: x, label: x, description: x }],
      attachments: { enabled: true },
    },
    disclaimer: { text: x },
    theme: {
      colorScheme: x,
      color: { accent: { primary: x, level: 1 }, surface: { background: x, foreground: x } },
      typography: { fontFamily: x, fontFamilyMono: x, baseSize: x },
      radius: x,
      density: x,
    },
  } as unknown as ChatKitOptions;
}

const FORBIDDEN =
  'script iframe frame object embed applet style link base meta template foreignObject animate set image use ' +
  'handler annotation-xml maction form:not(.ck-composer) video audio[src] source portal x-y marquee details slot:not([name])';

/** What `root` holds that nothing of what was said may make. */
function broken(root: ParentNode): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName;
    if (
      FORBIDDEN.split(' ').some(
        (forbidden) => forbidden.split(/[:[]/)[0] === name && element.matches(forbidden),
      )
    )
      found.push(`<${name}>`);
    for (const { name: attribute, value } of element.attributes) {
      const at = `${name} ${attribute}=${value.slice(0, 60)}`;
      if (
        /^on/i.test(attribute) ||
        /^(?:srcdoc|formaction|ping|background|xlink:href|srcset)$/i.test(attribute)
      )
        found.push(at);
      if (/^href$/i.test(attribute) && !/^(?:https?:\/\/|mailto:|tel:|chatkit-link:\/\/|#)/.test(value))
        found.push(at);
      if (
        /^src$/i.test(attribute) &&
        !/^(?:https:\/\/images\.test\/|data:image\/(?:png|jpe?g|gif|webp|avif)|http:\/\/localhost)/.test(
          value,
        )
      )
        found.push(at);
      if (
        /^(?:style|fill|stroke|class)$/i.test(attribute) &&
        /url\((?!#)|expression|@import|javascript/i.test(value) &&
        attribute !== 'class'
      )
        found.push(at);
    }
  }
  return found;
}

/** Where the element's own sheets have let something in. */
function loads(view: ShadowRoot): string[] {
  return view.adoptedStyleSheets
    .flatMap((sheet) => [...sheet.cssRules].map((rule) => rule.cssText))
    .filter((css) => /evil\.test/.test(css));
}

async function shown(payloads: readonly string[]): Promise<ShadowRoot> {
  const server = new ScriptedServer();
  const [first = ''] = payloads;
  const listed = payloads.map((title, n) => ({
    id: `thr_${n}`,
    created_at: base.created_at,
    title,
    items: { data: [] },
  }));
  server.on('threads.list', () => json({ data: listed, has_more: false }));
  server.on('threads.create', () => sse(...events(payloads)));
  const element = document.createElement('openai-chatkit') as HTMLElement & {
    setOptions: (options: ChatKitOptions) => void;
    sendUserMessage: (message: { text: string; reply?: string }) => Promise<void>;
    showHistory: () => Promise<void>;
  };
  const ready = new Promise((resolve) => {
    element.addEventListener('chatkit.ready', resolve);
  });
  const ended = new Promise((resolve) => {
    element.addEventListener('chatkit.response.end', resolve);
  });
  element.setOptions(options(first, server));
  document.body.append(element);
  const view = element.shadowRoot;
  if (!view) throw new Error('no shadow root');
  await ready;
  expect(broken(view)).toEqual([]);
  await element.sendUserMessage({ text: first, reply: first });
  await ended;
  await element.showHistory();
  return view;
}

// The parts that come later are here before they are wanted, so that what they make is looked at, too.
await Promise.all([
  import('./rich/code/Coloured'),
  import('./rich/maths/Equation'),
  import('./rich/diagram/Drawing'),
]);

test('the corpus is as large as it should be, and has each payload once', () => {
  const all = Object.values(CORPUS).flat();
  expect(all.length).toBeGreaterThanOrEqual(150);
  expect(new Set(all).size).toBe(all.length);
});

const LOTS = Object.entries(CORPUS).flatMap(([name, payloads]) =>
  Array.from({ length: Math.ceil(payloads.length / 12) }, (_, lot) => ({
    name: `${name} ${lot + 1}`,
    payloads: payloads.slice(lot * 12, lot * 12 + 12),
  })),
);

test.each(LOTS)(
  'case 43: nothing of it runs or loads, whatever field it is in: $name',
  async ({ payloads }) => {
    const run = vi.fn();
    vi.stubGlobal('alert', run);
    const view = await shown(payloads);
    // Seen as text, and so it arrived where it was to be looked for.
    await vi.waitFor(() => expect(view.textContent.length).toBeGreaterThan(payloads.join('').length));
    await vi.waitFor(() => expect(view.querySelectorAll('.ck-tex').length).toBeLessThan(500));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
    expect(broken(view)).toEqual([]);
    expect(broken(document.body)).toEqual([]);
    expect(loads(view)).toEqual([]);
    expect(run).not.toHaveBeenCalled();
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
    vi.unstubAllGlobals();
  },
);

test('the check sees what it looks for', () => {
  const root = document.createElement('div');
  root.innerHTML =
    '<script></script><p onclick="x">a</p><a href="javascript:x">b</a><img src="https://evil.test/"><i style="x:url(//evil.test)"></i>';
  expect(broken(root)).toHaveLength(5);
});
