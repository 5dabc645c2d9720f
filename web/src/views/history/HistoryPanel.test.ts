import type { OpenAIChatKit } from '@openai/chatkit';
import { afterEach, expect, test, vi } from 'vitest';
import '../../define';
import * as say from '../../testing/events';
import { json, ScriptedServer } from '../../testing/server';

interface Panel {
  readonly element: OpenAIChatKit;
  readonly server: ScriptedServer;
  readonly view: ShadowRoot;
  /** Titles of the rows, in order. */
  readonly rows: () => string[];
  readonly row: (title: string) => HTMLElement;
  readonly search: () => HTMLInputElement;
}

vi.setConfig({ testTimeout: 30_000 });

/** Busy machines render late. */
const until = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 10_000 });
const day = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
const named = (it: Panel, name: string): HTMLElement => seen(it, `[aria-label="${name}"]`);

function seen(it: Panel, selector: string): HTMLElement {
  const found = it.view.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
}

/** An open history of conversations with these titles, two a page if `size` does not say otherwise. */
async function opened(titles: string[], size = 100, options: Record<string, unknown> = {}): Promise<Panel> {
  const server = new ScriptedServer();
  const all = titles.map((title, index) => say.thread(`t${index}`, { title, created_at: day(index) }));
  server.on('threads.list', ({ params }) => {
    const start = all.findIndex((thread) => thread.id === params.after) + 1;
    const data = all.slice(start, start + size);
    return json({ data, has_more: start + size < all.length, after: data.at(-1)?.id });
  });
  const element = document.createElement('openai-chatkit') as OpenAIChatKit;
  const api = { url: '/chatkit', domainKey: 'x', fetch: server.fetch as typeof fetch };
  element.setOptions({ api, locale: 'en', ...options });
  document.body.append(element);
  const view = element.shadowRoot;
  if (!view) throw new Error('no shadow root');
  const open = (): HTMLElement[] => [...view.querySelectorAll<HTMLElement>('.ck-row-open')];
  const it: Panel = {
    element,
    server,
    view,
    rows: () => open().map((row) => row.textContent),
    row: (title) => {
      const row = open().find(({ textContent }) => textContent === title);
      if (!row) throw new Error(`there is no row "${title}"`);
      return row;
    },
    search: () => seen(it, '.ck-search input') as HTMLInputElement,
  };
  await element.showHistory();
  await until(() => expect(view.querySelector('.ck-main[inert]')).not.toBeNull());
  if (titles.length > 0) await until(() => expect(it.rows()).not.toEqual([]));
  return it;
}

function press(it: Panel, key: string, init: KeyboardEventInit = {}): void {
  const target = it.view.activeElement ?? it.view.host;
  target.dispatchEvent(
    new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...init }),
  );
}

function type(it: Panel, words: string): void {
  it.search().value = words;
  it.search().dispatchEvent(new Event('input', { bubbles: true }));
}

const focused = (it: Panel): string | null | undefined => it.view.activeElement?.textContent;

afterEach(() => {
  document.body.replaceChildren();
});

test('case 19: F2 renames a row in place, Enter saves, Esc does not', async () => {
  const it = await opened(['First', 'Second']);
  it.row('First').focus();
  press(it, 'F2');
  const field = await until(() => seen(it, '.ck-row-field') as HTMLInputElement);
  expect(it.view.activeElement).toBe(field);
  field.value = 'X';
  press(it, 'Enter');
  await until(() => expect(focused(it)).toBe('X'));
  expect(it.server.of('threads.update').map((asked) => asked.params)).toEqual([
    { thread_id: 't0', title: 'X' },
  ]);
  press(it, 'F2');
  const again = await until(() => seen(it, '.ck-row-field') as HTMLInputElement);
  again.value = 'Y';
  press(it, 'Escape');
  again.dispatchEvent(new FocusEvent('blur'));
  await until(() => expect(focused(it)).toBe('X'));
  expect(it.server.of('threads.update')).toHaveLength(1);
});

test('case 20: a row is deleted when that is confirmed, and comes back with Ctrl+Z', async () => {
  const it = await opened(['First', 'Second', 'Third']);
  it.row('Second').focus();
  press(it, 'Delete');
  await until(() => seen(it, '[role=alertdialog]'));
  expect(it.view.activeElement).toBe(seen(it, '.ck-button-danger'));
  press(it, 'Escape');
  await until(() => expect(focused(it)).toBe('Second'));
  press(it, 'Delete');
  await until(() => seen(it, '.ck-button-danger').click());
  await until(() => seen(it, '[part=undo]'));
  expect(it.rows()).toEqual(['First', 'Third']);
  expect(focused(it)).toBe('Third');
  press(it, 'z', { ctrlKey: true });
  await until(() => expect(it.rows()).toEqual(['First', 'Second', 'Third']));
  await until(() => expect(focused(it)).toBe('Second'));
  expect(it.server.of('threads.delete')).toEqual([]);
});

test('the way back stays when the panel is closed; taking the element away makes the deletion final', async () => {
  const it = await opened(['First']);
  named(it, 'Delete First').click();
  await until(() => seen(it, '.ck-button-danger').click());
  await until(() => expect(it.view.textContent).toContain('No conversations yet'));
  press(it, 'Escape');
  await until(() => expect(it.view.querySelector('[role=dialog]')).toBeNull());
  expect(seen(it, '[part=undo]').textContent).toContain('Conversation deleted');
  expect(it.server.of('threads.delete')).toEqual([]);
  it.element.remove();
  await until(() => expect(it.server.of('threads.delete')).toHaveLength(1));
});

test('arrows, Home and End go from row to row, which are one stop of Tab', async () => {
  const it = await opened(['a', 'b', 'c']);
  const stops = (): string[] =>
    [...it.view.querySelectorAll<HTMLElement>('.ck-row-open[tabindex="0"]')].map((row) => row.textContent);
  expect(stops()).toEqual(['a']);
  it.search().focus();
  const visited = [];
  for (const key of [
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
    'ArrowDown',
    'ArrowUp',
    'Home',
    'End',
    'PageUp',
  ]) {
    press(it, key);
    visited.push(focused(it));
  }
  expect(visited).toEqual(['a', 'b', 'c', 'c', 'b', 'a', 'c', 'a']);
  press(it, 'ArrowDown');
  await until(() => expect(stops()).toEqual(['b']));
  press(it, 'r');
  expect(it.view.activeElement).toBe(it.search());
});

test('a search looks through all pages, and Esc first empties it, then closes', async () => {
  const it = await opened(['Berths', 'Fuel', 'Winter berths', 'Radio'], 1);
  type(it, 'BERTH');
  await until(() => expect(it.rows()).toEqual(['Berths', 'Winter berths']));
  await until(() => expect(it.view.textContent).toContain('2 conversations found'));
  expect([...it.view.querySelectorAll('mark')].map((mark) => mark.textContent)).toEqual(['Berth', 'berth']);
  type(it, 'nowhere');
  await until(() => expect(it.view.textContent).toContain('No conversations found'));
  it.search().focus();
  press(it, 'Escape');
  await until(() => expect(it.rows()).toHaveLength(4));
  press(it, 'Escape');
  await until(() => expect(it.view.querySelector('[role=dialog]')).toBeNull());
});

test('Enter in the search opens what was found first', async () => {
  const it = await opened(['Berths', 'Fuel']);
  it.server.on('threads.get_by_id', ({ params }) => json(say.thread(params.thread_id as string)));
  type(it, 'fuel');
  await until(() => expect(it.rows()).toEqual(['Fuel']));
  it.search().focus();
  press(it, 'Enter');
  await until(() => expect(it.view.querySelector('[role=dialog]')).toBeNull());
  expect(it.server.of('threads.get_by_id').map(({ params }) => params.thread_id)).toEqual(['t1']);
});

test('a search says where it stopped, and goes further when told to', async () => {
  const titles = Array.from({ length: 2600 }, (_, index) => (index === 2550 ? 'Needle' : `Hay ${index}`));
  const it = await opened(titles, 500);
  type(it, 'needle');
  await until(() => {
    expect(it.view.textContent).toContain('Only your newest 2,000 conversations were searched.');
  });
  expect(it.rows()).toEqual([]);
  [...it.view.querySelectorAll('button')]
    .find(({ textContent }) => textContent === 'Search further')
    ?.click();
  await until(() => expect(it.rows()).toEqual(['Needle']));
});

test('a long list is rendered a part at a time', async () => {
  const it = await opened(Array.from({ length: 300 }, (_, index) => `Thread ${index}`));
  const list = seen(it, '.ck-panel-list');
  Object.defineProperty(list, 'scrollHeight', { value: 5000 });
  const before = it.rows().length;
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  expect(it.rows().length).toBeLessThanOrEqual(before + 80);
  Object.defineProperty(list, 'scrollTop', { value: 4800 });
  list.dispatchEvent(new Event('scroll'));
  await until(() => expect(it.rows().length).toBeGreaterThan(before));
});

test('what is behind the panel cannot be reached, and can again when it is closed', async () => {
  const it = await opened(['First']);
  const inert = (): string[] => [...it.view.querySelectorAll('[inert]')].map((view) => view.className);
  expect(inert()).toEqual(expect.arrayContaining(['ck-header', 'ck-main', 'ck-foot']));
  await it.element.hideHistory();
  await until(() => expect(inert()).toEqual([]));
});

test('a list that cannot be loaded says so, and can be loaded again', async () => {
  const it = await opened([]);
  it.server.on('threads.list', () => json({}, 500));
  await it.element.hideHistory();
  await it.element.showHistory();
  const alert = await until(() => seen(it, '.ck-empty[role=alert]'));
  expect(alert.textContent).toContain('Your conversations could not be loaded.');
  it.server.on('threads.list', () => json({ data: [say.thread('t', { title: 'There' })] }));
  alert.querySelector('button')?.click();
  await until(() => expect(it.rows()).toEqual(['There']));
});

test('rows offer what the page allows', async () => {
  const it = await opened(['First'], 100, { history: { showDelete: false, showRename: false } });
  expect(it.view.querySelectorAll('.ck-row-actions button')).toHaveLength(0);
  it.row('First').focus();
  press(it, 'Delete');
  press(it, 'F2');
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  expect(it.rows()).toEqual(['First']);
});
