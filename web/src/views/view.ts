/** What every view is given: the state to show, what can be done, and the words for it. */
import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Conversation } from '../conversation/conversation';
import type { Messages } from '../i18n/message';
import type { Options } from '../options';
import type { Store } from '../state/store';

export interface View {
  readonly conversation: Conversation;
  readonly store: Store;
  readonly options: ReadonlySignal<Options>;
  readonly messages: ReadonlySignal<Messages>;
  /** A relative address of an answer, made absolute against the server's. */
  readonly resolveUrl: (href: string) => string;
  readonly isImageAllowed: (url: URL) => boolean;
  readonly onDeeplink: (name: string, data: Record<string, string>) => void;
  /** Adds the style sheet of a view that came later; once, however often it is called. */
  readonly adopt: (css: string) => void;
  /** Puts the caret into the composer. */
  readonly focusComposer: () => void;
}

export const ViewContext = createContext<View | null>(null);

export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) throw new Error('A view was rendered outside of the element');
  return view;
}
