/** The state of one element as signals: what the conversation writes and the views read. */
import { signal, type Signal } from '@preact/signals';
import { emptyHistory, type HistoryState } from './history';
import { emptyChat, type ChatState, type Phase } from './model';

export interface Draft {
  readonly text: string;
  readonly quote: string;
}

/** Where the thread is to scroll; a new object each time, so that equal wishes are two wishes. */
export interface ScrollWish {
  readonly to: 'end' | 'message';
}

export type Rating = 'positive' | 'negative';

export interface Store {
  readonly chat: Signal<ChatState>;
  readonly phase: Signal<Phase>;
  readonly history: Signal<HistoryState>;
  readonly isHistoryOpen: Signal<boolean>;
  readonly historyError: Signal<'renameFailed' | 'deleteFailed' | null>;
  readonly draft: Signal<Draft>;
  readonly toolId: Signal<string | null>;
  readonly modelId: Signal<string | null>;
  /** By the key of the turn; the server never returns ratings, so they last as long as the page. */
  readonly ratings: Signal<Readonly<Record<string, Rating>>>;
  readonly scroll: Signal<ScrollWish | null>;
  readonly isLoadingOlder: Signal<boolean>;
  /** Whether the connection to the answer under way is down and being had again. */
  readonly isReconnecting: Signal<boolean>;
  /** The key of the message sent from here last: its turn gets room to be scrolled to the top. */
  readonly liveTurn: Signal<string | null>;
}

export const emptyDraft: Draft = { text: '', quote: '' };

export function createStore(): Store {
  return {
    chat: signal(emptyChat),
    phase: signal('idle'),
    history: signal(emptyHistory),
    isHistoryOpen: signal(false),
    historyError: signal(null),
    draft: signal(emptyDraft),
    toolId: signal(null),
    modelId: signal(null),
    ratings: signal({}),
    scroll: signal(null),
    isLoadingOlder: signal(false),
    isReconnecting: signal(false),
    liveTurn: signal(null),
  };
}
