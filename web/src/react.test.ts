import { ChatKit, useChatKit, type UseChatKitOptions, type UseChatKitReturn } from '@openai/chatkit-react';
import { createElement, StrictMode, useState } from 'react';
import { flushSync } from 'react-dom';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, expect, test, vi } from 'vitest';
import './define';
import * as say from './testing/events';
import { json, ScriptedServer, sse } from './testing/server';

let root: Root | null = null;
afterEach(() => {
  root?.unmount();
  document.body.replaceChildren();
});

interface App {
  readonly server: ScriptedServer;
  readonly chat: () => UseChatKitReturn;
  readonly rerender: () => void;
  readonly element: () => HTMLElement;
}

/** The published bindings in an app of their own, rendered strictly. */
function app(options: (renders: number, server: ScriptedServer) => Partial<UseChatKitOptions>): App {
  const server = new ScriptedServer();
  let chat: UseChatKitReturn | null = null;
  let bump: () => void = () => undefined;
  const Page = (): ReturnType<typeof createElement> => {
    const [renders, setRenders] = useState(0);
    bump = () => {
      setRenders(renders + 1);
    };
    chat = useChatKit({
      api: { url: '/chatkit', domainKey: 'x', fetch: (url, init) => server.fetch(url as string, init ?? {}) },
      ...options(renders, server),
    });
    return createElement(ChatKit, { control: chat.control, className: 'chat' });
  };
  const host = document.createElement('div');
  document.body.append(host);
  root = createRoot(host);
  flushSync(() => root?.render(createElement(StrictMode, null, createElement(Page))));
  return {
    server,
    chat: () => {
      if (!chat) throw new Error('not rendered');
      return chat;
    },
    rerender: () => flushSync(() => bump()),
    element: () => {
      const found = host.querySelector<HTMLElement>('openai-chatkit');
      if (!found) throw new Error('no element');
      return found;
    },
  };
}

test('case 79: in strict React 19 the bindings work unchanged: ready once, one request, handlers called', async () => {
  const onReady = vi.fn();
  const onThreadChange = vi.fn();
  const onResponseEnd = vi.fn();
  const it = app(() => ({ onReady, onThreadChange, onResponseEnd, initialThread: 'thr_0' }));
  it.server.on('threads.get_by_id', () => json(say.thread('thr_0')));
  await vi.waitFor(() => expect(onReady).toHaveBeenCalledOnce());
  await vi.waitFor(() => expect(it.server.of('threads.get_by_id')).toHaveLength(1));
  expect(it.server.of('threads.list')).toHaveLength(1);
  it.server.on('threads.create', () =>
    sse(say.created('thr_1'), say.done(say.user('u')), say.done(say.assistant('a', 'Yo'))),
  );
  await vi.waitFor(() => it.chat().sendUserMessage({ text: 'Hi', newThread: true }));
  await vi.waitFor(() => expect(onResponseEnd).toHaveBeenCalledOnce());
  expect(onThreadChange).toHaveBeenCalledWith({ threadId: 'thr_1' });
  await vi.waitFor(() => expect(it.element().shadowRoot?.textContent).toContain('Yo'));
  expect(it.element().className).toBe('chat');
});

test('case 80: a hundred renderings set no options again, and the newest functions are the ones called', async () => {
  const called: number[] = [];
  const it = app((renders) => ({
    onClientTool: () => {
      called.push(renders);
      return {};
    },
  }));
  const setOptions = vi.spyOn(it.element() as unknown as { setOptions: () => void }, 'setOptions');
  for (let count = 0; count < 100; count++) it.rerender();
  expect(setOptions).not.toHaveBeenCalled();
  it.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(say.toolCall('t', 'x', {}))),
  );
  it.server.on('threads.add_client_tool_output', () => sse(say.done(say.assistant('a', 'Yo'))));
  await it.chat().sendUserMessage({ text: 'Hi' });
  await vi.waitFor(() => expect(called).toEqual([100]));
});

test('the eight methods that the bindings forward are there', () => {
  const it = app(() => ({}));
  const methods =
    'focusComposer setThreadId sendUserMessage setComposerValue fetchUpdates sendCustomAction showHistory hideHistory';
  for (const name of methods.split(' ')) {
    expect(typeof (it.element() as unknown as Record<string, unknown>)[name], name).toBe('function');
  }
});
