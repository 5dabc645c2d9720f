/** The element on a page of its own, with a scripted server, and what the page hears of it. */
import type { ChatKitOptions, OpenAIChatKit } from '@openai/chatkit';
import { vi } from 'vitest';
import '../define';
import * as say from './events';
import { live, ScriptedServer, type LiveResponse } from './server';

export type Element = OpenAIChatKit & { options: ChatKitOptions | null };

export interface Page {
  readonly element: Element;
  readonly server: ScriptedServer;
  /** Types of the events, in order; logs left out. */
  readonly heard: string[];
  readonly details: Record<string, unknown[]>;
  /** What the element noted of what was done, in order. */
  readonly logs: { name: string; data?: unknown }[];
  /** What went wrong, in order. */
  readonly errors: () => Error[];
  readonly view: ShadowRoot;
  set: (options?: Record<string, unknown>) => void;
  ready: () => Promise<void>;
}

const NAMES =
  'ready error effect deeplink response.start response.end history.open history.close thread.change thread.load.start thread.load.end tool.change'.split(
    ' ',
  );

export function page(): Page {
  const element = document.createElement('openai-chatkit') as Element;
  const server = new ScriptedServer();
  const heard: string[] = [];
  const details: Record<string, unknown[]> = {};
  const set = (options: Record<string, unknown> = {}): void => {
    const api = { url: '/chatkit', domainKey: 'x', fetch: server.fetch };
    element.setOptions({ api, locale: 'en', ...options } as ChatKitOptions);
  };
  for (const name of NAMES) {
    element.addEventListener(`chatkit.${name}`, (event: Event) => {
      heard.push(name);
      (details[name] ??= []).push((event as CustomEvent).detail);
    });
  }
  const logs: Page['logs'] = [];
  element.addEventListener('chatkit.log', ({ detail }) => {
    logs.push(detail);
  });
  const errors = (): Error[] => (details.error ?? []).map((detail) => (detail as { error: Error }).error);
  const ready = async (): Promise<void> => {
    await vi.waitFor(() => {
      if (!heard.includes('ready')) throw new Error('not ready');
    });
  };
  const view = element.shadowRoot;
  if (!view) throw new Error('no shadow root');
  return { element, server, heard, details, logs, errors, view, set, ready };
}

export async function shown(options?: Record<string, unknown>): Promise<Page> {
  const it = page();
  it.set(options);
  document.body.append(it.element);
  await it.ready();
  return it;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as in querySelector
export const find = <T extends HTMLElement>(it: Page, selector: string): T => {
  const found = it.view.querySelector<T>(selector);
  if (!found) throw new Error(`there is no ${selector} in ${it.view.textContent}`);
  return found;
};
export const text = (it: Page): string => it.view.textContent;
export const named = (it: Page, name: string): HTMLButtonElement => find(it, `[aria-label="${name}"]`);

export function write(it: Page, words: string): HTMLTextAreaElement {
  const input = find<HTMLTextAreaElement>(it, 'textarea');
  input.value = words;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  return input;
}

export function press(target: HTMLElement, key: string, init: KeyboardEventInit = {}): void {
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init }));
}

/** A new thread whose answer has begun, and is not over. */
export async function responding(it: Page): Promise<LiveResponse> {
  const { reply, opened } = live();
  it.server.on('threads.create', reply);
  press(write(it, 'Hi'), 'Enter');
  const stream = await opened;
  stream.send(...say.answering('Hel'));
  await vi.waitFor(() => {
    if (!text(it).includes('Hel')) throw new Error('no answer yet');
  });
  return stream;
}
