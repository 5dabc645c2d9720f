/** A conversation against a scripted server, without any views. */
import { vi } from 'vitest';
import type { Context, Emit } from '../conversation/context';
import { Conversation } from '../conversation/conversation';
import { readOptions, type Options } from '../options';
import { Client } from '../protocol/client';
import { createStore, type Store } from '../state/store';
import { ScriptedServer } from './server';
import { TestSurroundings } from './surroundings';

export interface Rig {
  readonly context: Context;
  readonly server: ScriptedServer;
  readonly surroundings: TestSurroundings;
  readonly store: Store;
  readonly conversation: Conversation;
  /** Events in order, as `[type, detail]`. */
  readonly events: [string, unknown][];
  /** Types of the events in order, logs left out. */
  heard: () => string[];
  setOptions: (raw: Record<string, unknown>) => void;
  idle: () => Promise<void>;
}

/** Rigs that share a server and surroundings are tabs of one browser. */
export function rig(
  raw: Record<string, unknown> = {},
  server = new ScriptedServer(),
  surroundings = new TestSurroundings(),
): Rig {
  const store = createStore();
  const events: [string, unknown][] = [];
  const emit: Emit = (type, detail) => {
    events.push([type.replace('chatkit.', ''), detail]);
  };
  let options: Options;
  const read = (given: Record<string, unknown>): Options =>
    readOptions({ api: { url: '/chatkit', fetch: server.fetch }, locale: 'en', ...given }, 'en');
  options = read(raw);
  const client = new Client({
    api: () => options.api,
    locale: () => options.locale,
    baseUrl: () => 'http://host.example/page',
    hostedUrl: () => undefined,
    onMalformed: (error) => {
      emit('chatkit.error', { error });
    },
  });
  const context: Context = { client, surroundings, store, options: () => options, emit };
  const conversation = new Conversation(context);
  return {
    context,
    server,
    surroundings,
    store,
    conversation,
    events,
    heard: () => events.map(([type]) => type).filter((type) => type !== 'log'),
    setOptions: (given) => {
      options = read(given);
      conversation.applyOptions(options);
    },
    idle: () =>
      vi.waitFor(() => {
        if (store.phase.value !== 'idle') throw new Error(`still ${store.phase.value}`);
      }),
  };
}

/** The text of everything shown, one entry an item. */
export function texts(store: Store): string[] {
  return store.chat.value.entries.map(({ item }) => {
    const isMessage = item.type === 'user_message' || item.type === 'assistant_message';
    return isMessage ? item.content.map((piece) => piece.text).join('') : item.type;
  });
}
