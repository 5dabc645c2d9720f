/** The list of conversations and what can be done to a row of it: at once on screen, undone if refused. */
import { asError } from '../protocol/errors';
import type { ThreadMetadata } from '../protocol/types.gen';
import { remove, rename, withTitle } from '../state/history';
import { log, type Context } from './context';

/** More pages than any server has: an endless cursor must not become an endless loop. */
const MOST_PAGES = 100;

export class History {
  private latest = 0;

  constructor(private readonly context: Context) {}

  async load(): Promise<void> {
    const { client, store, emit, options } = this.context;
    if (!options().history.isEnabled) return;
    const ticket = ++this.latest;
    store.history.value = { ...store.history.value, status: 'loading' };
    try {
      const threads = await readAll(client, () => ticket === this.latest);
      if (ticket === this.latest) store.history.value = { threads, status: 'ready' };
    } catch (thrown) {
      if (ticket !== this.latest) return;
      store.history.value = { ...store.history.value, status: 'failed' };
      emit('chatkit.error', { error: asError(thrown) });
    }
  }

  open(): void {
    const { store, emit } = this.context;
    if (store.isHistoryOpen.value) return;
    store.isHistoryOpen.value = true;
    store.historyError.value = null;
    emit('chatkit.history.open', undefined);
    log(this.context, 'history.open');
    void this.load();
  }

  close(): void {
    const { store, emit } = this.context;
    if (!store.isHistoryOpen.value) return;
    store.isHistoryOpen.value = false;
    emit('chatkit.history.close', undefined);
    log(this.context, 'history.close');
  }

  async rename(threadId: string, title: string): Promise<void> {
    const { client, store, emit } = this.context;
    const before = store.history.value.threads.find((row) => row.id === threadId)?.title;
    this.showTitle(threadId, title);
    store.historyError.value = null;
    try {
      await client.renameThread(threadId, title);
    } catch (thrown) {
      this.showTitle(threadId, before);
      store.historyError.value = 'renameFailed';
      emit('chatkit.error', { error: asError(thrown) });
    }
  }

  /** Whether the thread is gone. */
  async delete(threadId: string): Promise<boolean> {
    const { client, store, emit } = this.context;
    const before = store.history.value.threads;
    store.history.value = remove(store.history.value, threadId);
    store.historyError.value = null;
    try {
      await client.deleteThread(threadId);
      return true;
    } catch (thrown) {
      store.history.value = { ...store.history.value, threads: before };
      store.historyError.value = 'deleteFailed';
      emit('chatkit.error', { error: asError(thrown) });
      return false;
    }
  }

  private showTitle(threadId: string, title: string | undefined): void {
    const { store } = this.context;
    store.history.value = rename(store.history.value, threadId, title);
    const { thread } = store.chat.value;
    if (thread?.id === threadId) store.chat.value = { ...store.chat.value, thread: withTitle(thread, title) };
  }
}

async function readAll(client: Context['client'], isWanted: () => boolean): Promise<ThreadMetadata[]> {
  const signal = new AbortController().signal;
  const threads = new Map<string, ThreadMetadata>();
  let after: string | null = null;
  for (let pages = 0; pages < MOST_PAGES && isWanted(); pages++) {
    const page = await client.listThreads(after, signal);
    const known = threads.size;
    for (const thread of page.data) threads.set(thread.id, thread);
    if (!page.has_more || threads.size === known) break;
    after = page.after;
  }
  return [...threads.values()];
}
