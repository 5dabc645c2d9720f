import { h, render, type VNode } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, expect, test, vi } from 'vitest';
import { en } from './i18n/en';
import { compile } from './i18n/message';
import { later, lazy, type Meanwhile, type ViewModule } from './lazy';
import { ViewContext, type View } from './views/view';

const Greeting = ({ name }: { name: string }): VNode => h('p', null, `Hello ${name}`);
const Grey = ({ name }: { name: string }): VNode => h('i', null, `${name} is coming`);

interface Call<T> {
  readonly promise: Promise<T>;
  readonly resolve: (module: T) => void;
  readonly reject: (error: Error) => void;
}

/** Imports that succeed or fail as they are told to. */
function imports<T>(): { load: () => Promise<T>; calls: Call<T>[] } {
  const calls: Call<T>[] = [];
  const load = (): Promise<T> => {
    let settle: Pick<Call<T>, 'resolve' | 'reject'> | undefined;
    const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
    calls.push({ promise, ...(settle as unknown as Pick<Call<T>, 'resolve' | 'reject'>) });
    return promise;
  };
  return { load, calls };
}

/** A lazy greeting, shown in a view whose adopted style sheets are noted. */
function show(meanwhile?: Meanwhile<{ name: string }>) {
  const { load, calls } = imports<ViewModule<{ name: string }>>();
  const Lazy = lazy(load, meanwhile);
  const adopted: string[] = [];
  const view = {
    messages: { value: compile('en', en) },
    adopt: (css: string) => adopted.push(css),
  } as unknown as View;
  const root = document.body.appendChild(document.createElement('div'));
  const draw = (name = 'Ada'): void =>
    void act(() => {
      render(h(ViewContext.Provider, { value: view }, h(Lazy, { name })), root);
    });
  draw();
  const shows = (html: string) => vi.waitFor(() => expect(root.innerHTML).toContain(html));
  return { root, draw, calls, adopted, shows };
}

const unhandled = vi.fn();
process.on('unhandledRejection', unhandled);

afterEach(() => {
  expect(unhandled).not.toHaveBeenCalled();
  document.body.replaceChildren();
});

test('a view is loaded when it is first shown, with its style sheet', async () => {
  const it = show();
  expect(it.root.querySelector('[role=status]')?.getAttribute('aria-label')).toBe('Loading');
  it.calls[0]?.resolve({ default: Greeting, css: 'p{}' });
  await it.shows('<p>Hello Ada</p>');
  expect(it.adopted).toEqual(['p{}']);
  it.draw('Grace');
  await it.shows('<p>Hello Grace</p>');
  expect(it.calls).toHaveLength(1);
});

test('a view that could not be loaded says so, and comes when it is asked for again', async () => {
  const it = show();
  it.calls[0]?.reject(new TypeError('Failed to fetch'));
  await it.shows('role="alert"');
  expect(it.root.textContent).toBe('This part could not be loaded.Load again');
  it.root.querySelector('button')?.click();
  await it.shows('role="status"');
  it.calls[1]?.resolve({ default: Greeting });
  await it.shows('<p>Hello Ada</p>');
});

test('a view may have something of its own to show meanwhile', async () => {
  const it = show({ loading: Grey, failed: ({ name }) => h('b', null, `${name} is held up`) });
  await it.shows('<i>Ada is coming</i>');
  it.calls[0]?.reject(new TypeError('Failed to fetch'));
  await it.shows('<b>Ada is held up</b>');
});

test('a view that was prefetched is there at once', async () => {
  const { load, calls } = imports<ViewModule<{ name: string }>>();
  const Lazy = lazy(load);
  Lazy.prefetch();
  calls[0]?.resolve({ default: Greeting });
  await calls[0]?.promise;
  const root = document.createElement('div');
  render(h(Lazy, { name: 'Ada' }), root);
  expect(root.innerHTML).toBe('<p>Hello Ada</p>');
  expect(calls).toHaveLength(1);
});

test('a module is loaded once for all who want it, and again only after a failure', async () => {
  const { load, calls } = imports<number>();
  const answer = later(load);
  const [first, second] = [answer.load(), answer.load()];
  calls[0]?.reject(new TypeError('Failed to fetch'));
  await expect(first).rejects.toThrow('Failed to fetch');
  await expect(second).rejects.toThrow('Failed to fetch');
  expect(answer.hasFailed.value).toBe(true);
  const third = answer.load();
  expect(answer.hasFailed.value).toBe(false);
  calls[1]?.resolve(42);
  expect(await third).toBe(42);
  expect(answer.loaded.value).toBe(42);
  expect(calls).toHaveLength(2);
});
