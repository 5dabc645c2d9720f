/** What the element knows of a conversation. Plain values: no DOM, no signals, no functions. */
import type { TurnRequest } from '../protocol/additions';
import type {
  IconName,
  NoticeEvent,
  ThreadItem,
  ThreadMetadata,
  UserMessageContent,
} from '../protocol/types.gen';

/** An item of the thread and what the client knows of it beyond the item itself. */
export interface Entry {
  /** Stable while the entry is shown, even when the server's item replaces a local one. */
  readonly key: string;
  readonly item: ThreadItem;
  /** Whether the server has said the item is complete. */
  readonly isFinal: boolean;
  /** A message shown before the server has confirmed it. */
  readonly isLocal: boolean;
  /** The person ended the turn here. */
  readonly isStopped?: true;
  /** How far the generation of an image has come, 0 to 1. */
  readonly progress?: number;
}

export interface Progress {
  readonly text: string;
  readonly icon: IconName | null;
}

/** What a Retry button would do. */
export type RetryPlan =
  | { readonly kind: 'after_item'; readonly itemId: string }
  | { readonly kind: 'resend'; readonly request: TurnRequest }
  /** To follow on with a run whose connection was lost. */
  | { readonly kind: 'resume'; readonly threadId: string; readonly after: string }
  | { readonly kind: 'reload'; readonly threadId: string };

export interface Failure {
  /** The server's own words; null stands for a localised text: that of `about`, else a general one. */
  readonly message: string | null;
  readonly about?: 'unanswered' | 'brokenOff' | 'unreachable';
  readonly canRetry: boolean;
  readonly plan: RetryPlan | null;
}

export interface Notice {
  readonly key: string;
  readonly level: NoticeEvent['level'];
  readonly title: string | null;
  readonly message: string;
}

/** Older items of a long thread that are not shown yet. */
export interface Older {
  /** The thread's first items, already loaded, ascending. */
  readonly head: readonly ThreadItem[];
  /** Where the next older page starts. */
  readonly cursor: string;
}

export interface ChatState {
  readonly thread: ThreadMetadata | null;
  readonly entries: readonly Entry[];
  readonly older: Older | null;
  readonly progress: Progress | null;
  readonly notices: readonly Notice[];
  readonly failure: Failure | null;
  readonly canCancel: boolean;
}

export const emptyChat: ChatState = {
  thread: null,
  entries: [],
  older: null,
  progress: null,
  notices: [],
  failure: null,
  canCancel: false,
};

export type Phase = 'idle' | 'loading' | 'responding';

/** The text of a message as the person sees it: tags by their title. */
export function plainText(content: readonly UserMessageContent[]): string {
  return content.map((part) => part.text).join('');
}
