/** The state of one element as signals: what the conversation writes and the views read. */
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Attachment, StructuredInputSubmission } from '../protocol/types.gen';
import { emptyDraft, type Draft } from './draft';
import { emptyHistory, type Deleted, type HistoryState } from './history';
import { emptyChat, type ChatState, type Phase } from './model';
import { noTurns, regroup, type Turns } from './turns';

/** A file that goes with the next message. */
export interface DraftFile {
  readonly key: string;
  readonly name: string;
  readonly mime: string;
  /** What was added here; null for what the page says is uploaded. */
  readonly file: File | null;
  readonly state: 'uploading' | 'ready' | 'failed';
  /** How much has been sent, 0 to 1; null where nobody can tell. */
  readonly progress: number | null;
  /** What the server made of it. */
  readonly attachment: Attachment | null;
}

/** Why the composer did not do what it was asked to. */
export type ComposerProblem =
  | { readonly about: 'fileType'; readonly name: string }
  | { readonly about: 'fileCount'; readonly limit: number }
  | { readonly about: 'fileSize'; readonly name: string; readonly limit: number }
  | { readonly about: 'microphoneDenied' | 'microphoneMissing' | 'dictationFailed' };

/** Where the thread is to scroll; a new object each time, so that equal wishes are two wishes. */
export interface ScrollWish {
  readonly to: 'end' | 'message';
}

/** Where what nobody has seen begins, and how many messages of it are still to be looked at. */
export interface Unread {
  /** Of the first entry. */
  readonly key: string;
  readonly count: number;
}

export type Answers = NonNullable<StructuredInputSubmission['answers']>;

export type Rating = 'positive' | 'negative';

/** Parts of `chat`, which changes with every word: whoever needs a part only is disturbed by that part only. */
export type ChatParts = {
  readonly [Part in 'thread' | 'older' | 'progress' | 'notices' | 'failure' | 'canCancel']: ReadonlySignal<
    ChatState[Part]
  >;
};

export interface Store extends ChatParts {
  readonly chat: Signal<ChatState>;
  /** Whether nothing has been said yet, nor gone wrong. */
  readonly isEmpty: ReadonlySignal<boolean>;
  readonly turns: ReadonlySignal<Turns>;
  readonly turnKeys: ReadonlySignal<Turns['keys']>;
  readonly phase: Signal<Phase>;
  readonly history: Signal<HistoryState>;
  readonly isHistoryOpen: Signal<boolean>;
  readonly historyError: Signal<'renameFailed' | 'deleteFailed' | null>;
  readonly deleted: Signal<Deleted | null>;
  readonly draft: Signal<Draft>;
  readonly files: Signal<readonly DraftFile[]>;
  /** What was uploaded from here, by its id at the server: shown where the server gives no preview. */
  readonly uploaded: Map<string, File>;
  readonly isDictating: Signal<boolean>;
  readonly composerProblem: Signal<ComposerProblem | null>;
  /** What was answered to the questions of an item, by its id; kept in case it has to be sent again. */
  readonly answers: Signal<Readonly<Record<string, Answers>>>;
  readonly toolId: Signal<string | null>;
  readonly modelId: Signal<string | null>;
  /** By the key of the turn; the server never returns ratings, so they last as long as the page. */
  readonly ratings: Signal<Readonly<Record<string, Rating>>>;
  readonly scroll: Signal<ScrollWish | null>;
  readonly isLoadingOlder: Signal<boolean>;
  /** Whether the connection to the answer under way is down and being had again. */
  readonly isReconnecting: Signal<boolean>;
  /** What has come out of sight. */
  readonly unread: Signal<Unread | null>;
  /** The key of the message sent from here last: its turn gets room to be scrolled to the top. */
  readonly liveTurn: Signal<string | null>;
}

export function createStore(): Store {
  const chat = signal(emptyChat);
  const part = <Part extends keyof ChatState>(name: Part): ReadonlySignal<ChatState[Part]> =>
    computed(() => chat.value[name]);
  let known = noTurns;
  const turns = computed(() => (known = regroup(known, chat.value.entries)));
  return {
    chat,
    thread: part('thread'),
    older: part('older'),
    progress: part('progress'),
    notices: part('notices'),
    failure: part('failure'),
    canCancel: part('canCancel'),
    isEmpty: computed(() => chat.value.entries.length === 0 && chat.value.failure === null),
    turns,
    turnKeys: computed(() => turns.value.keys),
    phase: signal('idle'),
    history: signal(emptyHistory),
    isHistoryOpen: signal(false),
    historyError: signal(null),
    deleted: signal(null),
    draft: signal(emptyDraft),
    files: signal([]),
    uploaded: new Map(),
    isDictating: signal(false),
    composerProblem: signal(null),
    answers: signal({}),
    toolId: signal(null),
    modelId: signal(null),
    ratings: signal({}),
    scroll: signal(null),
    isLoadingOlder: signal(false),
    isReconnecting: signal(false),
    unread: signal(null),
    liveTurn: signal(null),
  };
}
