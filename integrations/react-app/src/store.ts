/** What the application knows beside the conversation, which the element keeps itself. */
import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import { advance, type Step } from './steps';

export type Scheme = 'light' | 'dark';

interface Desk {
  scheme: Scheme;
  threadId: string | null;
  /** Of the answer that is being made, or of the last one. */
  steps: Step[];
  /** Whether the panel of steps is open, where it has no room of its own. */
  isPanelOpen: boolean;
  setScheme: (scheme: Scheme) => void;
  setThread: (threadId: string | null) => void;
  beginAnswer: () => void;
  takeStep: (data: Record<string, unknown>) => void;
  setPanel: (isOpen: boolean) => void;
}

const system: Scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';

export const useDesk = create<Desk>()(
  persist(
    (set) => ({
      scheme: system,
      threadId: new URL(location.href).searchParams.get('thread'),
      steps: [],
      isPanelOpen: false,
      setScheme: (scheme) => set({ scheme }),
      setThread: (threadId) => set({ threadId }),
      beginAnswer: () => set({ steps: [] }),
      takeStep: (data) => set(({ steps }) => ({ steps: advance(steps, data) })),
      setPanel: (isPanelOpen) => set({ isPanelOpen }),
    }),
    { name: 'docs-desk', partialize: ({ scheme }) => ({ scheme }) },
  ),
);

/** Keeps the document's colours and the address in step with the store: a reload or a link shows the same. */
export function reflect({ scheme, threadId }: Desk): void {
  document.documentElement.dataset.scheme = scheme;
  const url = new URL(location.href);
  if (threadId === url.searchParams.get('thread')) return;
  if (threadId === null) url.searchParams.delete('thread');
  else url.searchParams.set('thread', threadId);
  history.replaceState(null, '', url);
}
