/** The list of conversations and what can be done to a row of it: at once on screen, undone if refused. */
import { asError } from '../protocol/errors';
import type { ThreadMetadata } from '../protocol/types.gen';
import { emptyHistory, remove, rename, restore, withTitle, type Deleted } from '../state/history';
import { log, type Context } from './context';

/** More pages than any server has: an endless cursor must not become an endless loop. */
const MOST_PAGES = 100;
/** How long a deletion can be taken back. The protocol has no way back, so its request waits. */
const UNDO_MS = 10_000;

export class History {
  readonly #context: Context;
  #latest = 0;
  #stopClock: () => void = () => undefined;
  #stopListening: () => void = () => undefined;
  /** Threads that the server has been asked to delete. */
  readonly #leaving = new Set<string>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Reads the list again, as far as it had been read. */
  async load(): Promise<void> {
    if (!this.#context.options().history.isEnabled) return;
    const shown = this.#context.store.history.value.threads.length;
    await this.#read('loading', new Map(), null, shown);
  }

  /** Reads the next page, if there is one and nothing else is being read. */
  async loadMore(): Promise<void> {
    const { threads, cursor, status } = this.#context.store.history.value;
    if (cursor === null || status === 'loading' || status === 'more') return;
    const known = new Map(threads.map((thread) => [thread.id, thread]));
    await this.#read('more', known, cursor, threads.length + 1);
  }

  /** Forgets the list of a server that is no longer ours. */
  clear(): void {
    this.#latest++;
    this.#context.store.history.value = emptyHistory;
  }

  open(): void {
    const { store, emit } = this.#context;
    if (store.isHistoryOpen.value) return;
    store.isHistoryOpen.value = true;
    store.historyError.value = null;
    emit('chatkit.history.open', undefined);
    log(this.#context, 'history.open');
    void this.load();
  }

  close(): void {
    const { store, emit } = this.#context;
    if (!store.isHistoryOpen.value) return;
    store.isHistoryOpen.value = false;
    emit('chatkit.history.close', undefined);
    log(this.#context, 'history.close');
  }

  async rename(threadId: string, title: string): Promise<void> {
    const { client, store, emit } = this.#context;
    const before = store.history.value.threads.find((row) => row.id === threadId)?.title;
    this.#showTitle(threadId, title);
    store.historyError.value = null;
    try {
      await client.renameThread(threadId, title);
    } catch (thrown) {
      this.#showTitle(threadId, before);
      store.historyError.value = 'renameFailed';
      emit('chatkit.error', { error: asError(thrown) });
    }
  }

  /** Takes a row away; the server is asked when its way back is over, at the next deletion, or on leaving. */
  delete(threadId: string, wasShown: boolean): void {
    const { store, surroundings } = this.#context;
    this.settle();
    const at = store.history.value.threads.findIndex((row) => row.id === threadId);
    const thread = store.history.value.threads[at];
    if (!thread) return;
    store.history.value = remove(store.history.value, threadId);
    store.historyError.value = null;
    store.deleted.value = { thread, at, wasShown };
    this.#stopListening = surroundings.onLeave(() => {
      this.settle();
    });
    this.goOn();
  }

  /** While somebody is at the way back it stays, until `goOn`. */
  wait(): void {
    this.#stopClock();
  }

  /** Lets the time of the way back run, from its beginning. */
  goOn(): void {
    this.#stopClock();
    if (this.#context.store.deleted.value) {
      this.#stopClock = this.#context.surroundings.after(UNDO_MS, () => {
        this.settle();
      });
    }
  }

  /** Brings the deleted row back. */
  undo(): Deleted | null {
    const { store } = this.#context;
    const deleted = this.#takeDeleted();
    if (deleted) store.history.value = restore(store.history.value, deleted);
    return deleted;
  }

  /** Asks the server for the deletion that is still open. In time for the request even when the page goes. */
  settle(): void {
    const { client, store, emit } = this.#context;
    const deleted = this.#takeDeleted();
    if (!deleted) return;
    const { id } = deleted.thread;
    this.#leaving.add(id);
    void client
      .deleteThread(id)
      .catch((thrown: unknown) => {
        store.history.value = restore(store.history.value, deleted);
        store.historyError.value = 'deleteFailed';
        emit('chatkit.error', { error: asError(thrown) });
      })
      .finally(() => this.#leaving.delete(id));
  }

  #takeDeleted(): Deleted | null {
    const { deleted } = this.#context.store;
    const taken = deleted.value;
    deleted.value = null;
    this.#stopClock();
    this.#stopListening();
    return taken;
  }

  #showTitle(threadId: string, title: string | undefined): void {
    const { store } = this.#context;
    store.history.value = rename(store.history.value, threadId, title);
    const { thread } = store.chat.value;
    if (thread?.id === threadId) store.chat.value = { ...store.chat.value, thread: withTitle(thread, title) };
  }

  /** Adds pages to `threads`, from the one that starts at `cursor` on, until there are `wanted`. */
  async #read(
    status: 'loading' | 'more',
    threads: Map<string, ThreadMetadata>,
    cursor: string | null,
    wanted: number,
  ): Promise<void> {
    const { client, store, emit } = this.#context;
    const ticket = ++this.#latest;
    const isOutdated = (): boolean => ticket !== this.#latest;
    const { signal } = new AbortController();
    store.history.value = { ...store.history.value, status };
    try {
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const page = await client.listThreads(cursor, signal);
        if (isOutdated()) return;
        const known = threads.size;
        for (const thread of page.data) threads.set(thread.id, thread);
        // A page that brings nothing new would be followed by itself for ever.
        cursor = page.has_more && threads.size > known ? page.after : null;
        if (cursor === null || threads.size >= wanted) break;
      }
      const rows = [...threads.values()].filter((thread) => !this.#isDeleted(thread.id));
      store.history.value = { threads: rows, status: 'ready', cursor };
    } catch (thrown) {
      if (isOutdated()) return;
      store.history.value = { ...store.history.value, status: 'failed' };
      emit('chatkit.error', { error: asError(thrown) });
    }
  }

  /** The server may not have heard of it yet. */
  #isDeleted(id: string): boolean {
    return this.#leaving.has(id) || this.#context.store.deleted.value?.thread.id === id;
  }
}
