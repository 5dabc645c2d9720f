/** Widgets in the element, against a scripted server: what is shown, and what is sent. */
import type { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import '../define';
import type { ThreadItem } from '../protocol/types.gen';
import { readItem } from '../protocol/wire';
import * as say from '../testing/events';
import { json, live, ScriptedServer, sse, type LiveResponse } from '../testing/server';
import { wireJson } from '../testing/wire';

vi.setConfig({ testTimeout: 30_000 });

const FIXTURES = wireJson('widgets.json') as Record<string, Json>;

type Json = Record<string, unknown>;
type Heard = [type: string, detail: Json];

interface Shown {
  readonly element: OpenAIChatKit;
  readonly server: ScriptedServer;
  readonly heard: Heard[];
  readonly view: ShadowRoot;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as querySelector has it
  readonly find: <T extends HTMLElement = HTMLElement>(selector: string) => T;
  readonly button: (name: string) => HTMLButtonElement;
}

const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000 });

function item(widget: unknown, id = 'w1'): ThreadItem {
  const read = readItem({
    id,
    type: 'widget',
    thread_id: 'thr_1',
    created_at: '2030-01-01T00:00:00',
    widget,
  });
  if (!read) throw new Error('no item');
  return read;
}

/** A thread with these widgets, the first of them drawn. */
async function shown(
  widgets: unknown[],
  options: Partial<ChatKitOptions> = {},
  more: Json = {},
): Promise<Shown> {
  const server = new ScriptedServer();
  const data = [say.user('u1'), ...widgets.map((widget, index) => item(widget, `w${index + 1}`))];
  server.on('threads.get_by_id', () => json(say.thread('thr_1', { items: { data }, ...more })));
  const element = document.createElement('openai-chatkit') as OpenAIChatKit;
  const heard: Heard[] = [];
  for (const type of ['response.start', 'response.end', 'error', 'log']) {
    element.addEventListener(`chatkit.${type}` as 'chatkit.log', (event) => {
      heard.push([type, event.detail]);
    });
  }
  const api = { url: '/chatkit', domainKey: 'x', fetch: server.fetch as typeof fetch };
  element.setOptions({ api, locale: 'en', initialThread: 'thr_1', ...options });
  document.body.append(element);
  const view = element.shadowRoot;
  if (!view) throw new Error('no shadow root');
  await until(() => expect(view.querySelectorAll('.ck-w, .ck-placeholder')).toHaveLength(widgets.length));
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as querySelector has it
  const find = <T extends HTMLElement>(selector: string): T => {
    const found = view.querySelector<T>(selector);
    if (!found) throw new Error(`there is no ${selector}`);
    return found;
  };
  const button = (name: string): HTMLButtonElement => {
    const found = [...view.querySelectorAll<HTMLButtonElement>('.ck-w button')].find(
      (each) => (each.getAttribute('aria-label') ?? each.textContent) === name,
    );
    if (!found) throw new Error(`there is no button "${name}"`);
    return found;
  };
  return { element, server, heard, view, find, button };
}

const errors = (it: Shown): string[] =>
  it.heard.filter(([type]) => type === 'error').map(([, { error }]) => (error as Error).message);
const actions = (it: Shown, type = 'threads.custom_action'): unknown[] =>
  it.server.of(type).map(({ params }) => params);

function write(it: Shown, name: string, value: string): void {
  const field = it.find<HTMLInputElement>(`[name="${name}"]`);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** A response that goes on, so that the element is answering. */
async function answering(it: Shown): Promise<LiveResponse> {
  const { reply, opened } = live();
  it.server.on('threads.add_user_message', reply);
  it.element.sendUserMessage({ text: 'Go on' }).catch(() => undefined);
  const stream = await opened;
  await until(() => expect(it.heard.map(([type]) => type)).toContain('response.start'));
  return stream;
}

const BUTTON = { type: 'Button', label: 'Do it', onClickAction: { type: 'a', payload: { x: 1 } } };
const card = (...children: unknown[]): Json => ({ type: 'Card', children });

afterEach(() => {
  document.body.replaceChildren();
});

describe.each(Object.entries(FIXTURES))('%s', (name, widget) => {
  test('is drawn, without a word said against it', async () => {
    const it = await shown([widget]);
    await until(() => expect(it.view.querySelector('.ck-w .ck-skeleton, .ck-w-control-bone')).toBeNull());
    expect(errors(it)).toEqual([]);
    expect(it.view.querySelector('.ck-placeholder')).toBeNull();
    const html = it.find('.ck-w').outerHTML;
    // Only what is hidden on purpose is not there: a collapsed body, the rows beyond a limit, a chart without a label.
    const hidden = /Not to be seen|B 1|B 2|\bB\b/;
    const sent = JSON.stringify(widget).replace(/"options":\[[^\]]*\]/g, '');
    const words = [...sent.matchAll(/"(?:label|text)":"([^"]+)"/g)].map(([, word = '']) => word);
    for (const word of words.filter((each) => !hidden.test(each))) expect(html, name).toContain(word);
    expect(html).not.toContain('javascript:');
  });
});

describe('actions', () => {
  test('case 51: a button sends its action, and waits itself until the stream ends', async () => {
    const it = await shown([card(BUTTON)]);
    const { reply, opened } = live();
    it.server.on('threads.custom_action', reply);
    const button = it.button('Do it');
    button.click();
    button.click();
    const stream = await opened;
    expect(actions(it)).toEqual([
      { thread_id: 'thr_1', item_id: 'w1', action: { type: 'a', payload: { x: 1 } } },
    ]);
    await until(() => expect(button.getAttribute('aria-busy')).toBe('true'));
    expect(it.heard).toContainEqual(['log', { name: 'widget.action', data: { widgetType: 'Card', actionType: 'a', handler: 'server' } }]); // prettier-ignore
    stream.send(say.done(say.assistant('a1', 'Done')));
    stream.end();
    await until(() => expect(button.getAttribute('aria-busy')).toBe('false'));
    expect(it.heard.map(([type]) => type).filter((type) => type.startsWith('response'))).toEqual([
      ...['response.start', 'response.end'],
    ]);
  });

  test('case 52: the page is asked for what it handles, and may send an action itself', async () => {
    const told: unknown[] = [];
    const ended: string[] = [];
    const widget = card({
      ...BUTTON,
      onClickAction: { type: 'open', payload: { id: 3 }, handler: 'client' },
    });
    const it = await shown([widget], {
      widgets: {
        onAction: async (action, sender) => {
          told.push(action, sender);
          await it.element.sendCustomAction({ type: 'follow' }, sender.id);
          ended.push('follow');
        },
      },
    });
    it.server.on('threads.custom_action', () => sse(say.done(say.assistant('a1', 'Done'))));
    it.button('Do it').click();
    await until(() => expect(ended).toEqual(['follow']));
    expect(told).toEqual([
      { type: 'open', payload: { id: 3 } },
      { id: 'w1', widget },
    ]);
    expect(actions(it)).toEqual([{ thread_id: 'thr_1', item_id: 'w1', action: { type: 'follow' } }]);
    await until(() => expect(it.button('Do it').getAttribute('aria-busy')).toBe('false'));
  });

  test('a page that handles nothing, or throws, is told so', async () => {
    const client = card({ ...BUTTON, onClickAction: { type: 'open', handler: 'client' } });
    const it = await shown([client]);
    it.button('Do it').click();
    await until(() => expect(errors(it)[0]).toMatch(/widgets\.onAction.*"open"/));
    const throwing = await shown([client], { widgets: { onAction: () => Promise.reject(new Error('no')) } });
    throwing.button('Do it').click();
    await until(() => expect(errors(throwing)).toEqual(['no']));
    await until(() => expect(throwing.button('Do it').getAttribute('aria-busy')).toBe('false'));
  });

  test('case 53: an action without a stream changes its widget while an answer goes on', async () => {
    const widget = card({ ...BUTTON, onClickAction: { type: 'b', streaming: false } });
    const it = await shown([widget]);
    it.server.on('threads.sync_custom_action', () =>
      json({ updated_item: { ...item(card({ type: 'Text', value: 'Changed' })), created_at: '2030-01-01' } }),
    );
    const stream = await answering(it);
    stream.send(say.added(say.assistant('a1', 'Still ')));
    it.button('Do it').click();
    await until(() => expect(it.find('.ck-w').textContent).toContain('Changed'));
    expect(actions(it, 'threads.sync_custom_action')).toEqual([{ thread_id: 'thr_1', item_id: 'w1', action: { type: 'b' } }]); // prettier-ignore
    stream.send(say.done(say.assistant('a1', 'Still here')));
    stream.end();
    await until(() => expect(it.view.textContent).toContain('Still here'));
    expect(it.heard.filter(([type]) => type === 'response.start')).toHaveLength(1);
  });

  test('an action without a stream that fails says so at its widget', async () => {
    const it = await shown([card({ ...BUTTON, onClickAction: { type: 'b', streaming: false } })]);
    it.server.on('threads.sync_custom_action', () => json({}, 500));
    it.button('Do it').click();
    await until(() => expect(it.find('.ck-w [role=alert]').textContent).toMatch(/went wrong/));
    expect(errors(it)).toHaveLength(1);
  });

  test('case 54: an action with a stream waits while an answer goes on', async () => {
    const it = await shown([card(BUTTON)]);
    const stream = await answering(it);
    await until(() => expect(it.button('Do it').getAttribute('aria-disabled')).toBe('true'));
    it.button('Do it').click();
    stream.end();
    await until(() => expect(it.button('Do it').hasAttribute('aria-disabled')).toBe(false));
    expect(actions(it)).toEqual([]);
  });

  test('case 58: a confirmed card waits whole, and folds when it is answered', async () => {
    const confirm = { label: 'OK', action: { type: 'c' } };
    const body = { type: 'Text', value: 'The body' };
    const it = await shown([{ ...card(body), confirm }]);
    const { reply, opened } = live();
    it.server.on('threads.custom_action', reply);
    it.button('OK').click();
    const stream = await opened;
    await until(() => expect(it.find('.ck-w-body').inert).toBe(true));
    expect(it.find('.ck-w').getAttribute('aria-busy')).toBe('true');
    stream.send(say.replaced(item({ ...card(body), collapsed: true, status: { text: 'Done' } })));
    stream.end();
    await until(() => expect(it.find('.ck-w-body').inert).toBe(false));
    expect(it.find('.ck-w').textContent).toContain('Done');
    expect(it.find('.ck-w').textContent).not.toContain('The body');
  });

  test('a change is quiet, tells its value, and outside of a form by its name', async () => {
    const box = {
      type: 'Checkbox',
      name: 'a.b',
      label: 'Tick',
      onChangeAction: { type: 'tick', payload: { id: 1 } },
    };
    const it = await shown([card(box)]);
    it.server.on('threads.custom_action', () => sse());
    it.find<HTMLInputElement>('input').click();
    await until(() => expect(actions(it)).toMatchObject([{ action: { type: 'tick', payload: { id: 1, a: { b: true } } } }])); // prettier-ignore
    expect(it.find('.ck-w-body').inert).toBe(false);
  });
});

describe('forms', () => {
  const FORM = {
    ...{ type: 'Form', onSubmitAction: { type: 'save', payload: { id: 7 } } },
    children: [
      { type: 'Input', name: 'todo.title', required: true },
      { type: 'Checkbox', name: 'ok', label: 'OK' },
      { type: 'Input', name: 'off', disabled: true, defaultValue: 'x' },
      { type: 'RadioGroup', name: 'none', options: [{ value: '1', label: 'One' }] },
      { type: 'Button', label: 'Save', submit: true },
      { type: 'Button', label: 'Look', onClickAction: { type: 'look' } },
    ],
  };

  test('case 55: the fields go with every action, by their paths', async () => {
    const it = await shown([card(FORM)]);
    it.server.on('threads.custom_action', () => sse(say.done(say.assistant('a1', 'Saved'))));
    write(it, 'todo.title', 'A');
    it.find<HTMLInputElement>('[name=ok]').click();
    it.button('Save').click();
    await until(() => expect(actions(it)).toHaveLength(1));
    expect(actions(it)[0]).toMatchObject({
      action: { type: 'save', payload: { id: 7, todo: { title: 'A' }, ok: true } },
    });
    expect(JSON.stringify(actions(it)[0])).not.toMatch(/off|none/);
    await until(() => expect(it.heard.map(([type]) => type)).toContain('response.end'));
    await until(() => expect(it.button('Look').hasAttribute('aria-disabled')).toBe(false));
    it.button('Look').click();
    await until(() => expect(actions(it)).toHaveLength(2));
    expect(actions(it)[1]).toMatchObject({
      action: { type: 'look', payload: { todo: { title: 'A' }, ok: true } },
    });
  });

  test('case 56: a field does not replace what the action says, and the page is told', async () => {
    const form = { ...FORM, children: [{ type: 'Input', name: 'id', defaultValue: '8' }, FORM.children[4]] };
    const it = await shown([card(form)]);
    it.server.on('threads.custom_action', () => sse(say.done(say.assistant('a1', 'Saved'))));
    it.button('Save').click();
    await until(() => expect(actions(it)).toMatchObject([{ action: { payload: { id: 7 } } }]));
    await until(() => expect(errors(it)).toEqual([expect.stringContaining('"id"')]));
  });

  test('case 57: what is required holds up Save and Confirm, and not Cancel', async () => {
    const it = await shown([
      card(FORM),
      {
        ...{ type: 'Card', asForm: true, children: [{ type: 'Input', name: 'n', required: true }] },
        confirm: { label: 'Confirm', action: { type: 'yes' } },
        cancel: { label: 'Cancel', action: { type: 'no' } },
      },
    ]);
    it.server.on('threads.custom_action', () => sse(say.done(say.assistant('a1', 'No'))));
    it.button('Save').click();
    it.button('Confirm').click();
    it.button('Cancel').click();
    await until(() => expect(actions(it)).toHaveLength(1));
    expect(actions(it)[0]).toMatchObject({ item_id: 'w2', action: { type: 'no', payload: { n: '' } } });
  });

  test('drafts outlive updates of the widget, until their default is another', async () => {
    const field = { type: 'Input', name: 'n', key: 'n', defaultValue: 'a' };
    const it = await shown([card({ type: 'Text', id: 't', value: 'x' }, field)]);
    const stream = await answering(it);
    write(it, 'n', 'mine');
    const input = it.find<HTMLInputElement>('[name=n]');
    const root = (...children: unknown[]) =>
      say.event({ type: 'thread.item.updated', item_id: 'w1', update: { type: 'widget.root.updated', widget: card(...children) } }); // prettier-ignore
    stream.send(root({ type: 'Title', value: 'New' }, { type: 'Text', value: 'y' }, field));
    await until(() => expect(it.find('.ck-w').textContent).toContain('New'));
    expect(it.find('[name=n]')).toBe(input);
    expect(input.value).toBe('mine');
    stream.send(root({ ...field, defaultValue: 'b' }));
    await until(() => expect(input.value).toBe('b'));
    stream.end();
  });
});

describe('streaming', () => {
  const delta = (component_id: string, text: string, done = true) =>
    say.event({
      ...{ type: 'thread.item.updated', item_id: 'w9' },
      update: { type: 'widget.streaming_text.value_delta', component_id, delta: text, done },
    });

  test('case 59: text goes on, also after it said that it was done', async () => {
    const it = await shown([card()]);
    const stream = await answering(it);
    const widget = (value: string, streaming: boolean) => card({ type: 'Text', id: 't', value, streaming });
    stream.send(say.added(item(widget('a', true), 'w9')));
    await until(() => expect(it.view.querySelector('.ck-w-streaming')?.textContent).toBe('a'));
    stream.send(delta('t', 'b'), delta('t', 'c'));
    await until(() => expect(it.view.querySelectorAll('.ck-w')[1]?.textContent).toBe('abc'));
    expect(it.view.querySelector('.ck-w-streaming')).toBeNull();
    stream.send(say.done(item(widget('abc', false), 'w9')));
    stream.end();
    await until(() => expect(it.heard.map(([type]) => type)).toContain('response.end'));
    expect(it.view.querySelectorAll('.ck-w')[1]?.textContent).toBe('abc');
  });

  test('case 60: text finds its node inside transitions and tables', async () => {
    const it = await shown([card()]);
    const stream = await answering(it);
    const text = (id: string) => ({ type: 'Text', id, value: '' });
    const row = { type: 'Table.Row', children: [{ type: 'Table.Cell', children: [text('cell')] }] };
    const list = { type: 'ListView', children: [{ type: 'ListViewItem', children: [text('row')] }] };
    const widget = card(
      { type: 'Transition', children: text('moving') },
      { type: 'Table', children: [row] },
      list,
    );
    stream.send(say.added(item(widget, 'w9')));
    stream.send(
      delta('moving', 'one'),
      delta('cell', 'two'),
      delta('row', 'three'),
      delta('nowhere', 'four'),
    );
    await until(() => expect(it.view.querySelectorAll('.ck-w')[1]?.textContent).toBe('onetwothree'));
    expect(it.view.querySelector('td .ck-w-text')?.textContent).toBe('two');
    stream.end();
  });
});

describe('what a server may send', () => {
  test('case 61: unknown parts are passed over, and the rest is shown', async () => {
    const it = await shown([
      card(
        { type: 'Hologram', children: [{ type: 'Text', value: 'inside' }] },
        { type: 'Icon', name: 'no-such-icon' },
        { type: 'Button', label: 'Nothing', onClickAction: null },
        { type: 'Row', children: null },
        { type: 'ListView', children: [{ type: 'ListViewItem', onClickAction: null, children: [{ type: 'Text', value: 'row' }] }] }, // prettier-ignore
      ),
    ]);
    expect(it.find('.ck-w').textContent).toBe('insideNothingrow');
    it.button('Nothing').click();
    expect(it.view.querySelector('.ck-w-row-button')).toBeNull();
    expect([actions(it), errors(it)]).toEqual([[], []]);
  });

  test('a widget of ten thousand nodes is not shown, and the page is told why', async () => {
    const it = await shown([card(...Array.from({ length: 10_000 }, () => ({ type: 'Spacer' })))]);
    expect(it.find('.ck-placeholder').textContent).toContain('cannot be shown');
    await until(() => expect(errors(it)).toEqual([expect.stringMatching(/w1 was refused.*5000 components/)]));
  });

  test('pictures come from where the thread allows them to, and from nowhere else', async () => {
    const image = (src: string) => ({ type: 'Image', src, alt: src });
    const sources = ['https://good.test/a.png', 'https://evil.test/a.png', 'javascript:alert(1)', 'data:text/html,x', 'data:image/svg+xml,<svg/>', 'blob:x', '//evil.test/x']; // prettier-ignore
    const widget = {
      ...card(...sources.map(image)),
      status: { text: 's', favicon: 'https://evil.test/f.png' },
    };
    const it = await shown([widget], {}, { allowed_image_domains: ['good.test'] });
    expect([...it.view.querySelectorAll('img')].map(({ src }) => src)).toEqual(['https://good.test/a.png']);
  });

  test('no property becomes markup, an address or a style that loads something', async () => {
    const corpus = Object.values(wireJson('hostile.json') as Record<string, string[]>).flat();
    const props = (x: string) =>
      Object.fromEntries(
        ['value', 'label', 'name', 'src', 'alt', 'color', 'background', 'width', 'padding', 'gap', 'border', 'radius', 'key', 'id', 'placeholder', 'iconStart', 'href', 'style', 'class', 'onclick', 'dangerouslySetInnerHTML', 'defaultValue', 'fieldName', 'pattern', 'flex', 'aspectRatio'].map((name) => [name, x]), // prettier-ignore
      );
    const kinds = ['Text', 'Title', 'Box', 'Button', 'Image', 'Input', 'Icon', 'Badge', 'Label', 'Divider'];
    const nodes = corpus
      .filter((_, index) => index % 7 === 0)
      .flatMap((x) => kinds.map((type) => ({ ...props(x), type })));
    const [x = ''] = corpus;
    const it = await shown([{ ...props(x), ...card(...nodes), status: { text: x, icon: x } }]);
    const attributes = [...it.view.querySelectorAll('.ck-w *')].flatMap((node) =>
      [...node.attributes].map(({ name, value }) => [node.localName, name, value] as const),
    );
    expect(attributes.length).toBeGreaterThan(1000);
    expect(attributes.filter(([, name]) => /^on|^href$|^srcdoc$|^action$|^formaction$/.test(name))).toEqual(
      [],
    );
    expect(
      attributes.filter(([, name, value]) => name === 'style' && /url|image|expression|@|\\/i.test(value)),
    ).toEqual([]);
    expect(
      it.view.querySelector('.ck-w :is(script, iframe, object, embed, link, style, base, a)'),
    ).toBeNull();
  });
});
