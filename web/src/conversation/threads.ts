/** Which thread is shown: opening one, beginning a new one, reading it again, reaching back in it. */
import { activeRun, beginningOf } from '../protocol/additions';
import { asError, RequestFailed } from '../protocol/errors';
import type { ThreadMetadata } from '../protocol/types.gen';
import { emptyChat } from '../state/model';
import { prepend, reconcile, showOlder, type Loaded } from '../state/paging';
import { load } from '../state/reduce';
import { unfinished } from '../state/selectors';
import type { Context } from './context';

export interface Hooks {
  /** A run is under way in the shown thread. */
  readonly onRun: (threadId: string, after: string) => void;
  /** A thread has been opened, or could not be. */
  readonly onOpened: () => void;
}

export class Threads {
  readonly #context: Context;
  readonly #hooks: Hooks;
  #loading: AbortController | null = null;
  /** The thread that is being opened, or was when the element left the page. */
  opening: string | null = null;

  constructor(context: Context, hooks: Hooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  /** Shows the thread; a failure is shown and reported, never thrown. */
  async open(threadId: string, announce: boolean): Promise<void> {
    const { store, emit } = this.#context;
    this.#loading?.abort();
    const abort = new AbortController();
    this.#loading = abort;
    this.opening = threadId;
    store.phase.value = 'loading';
    store.chat.value = emptyChat;
    store.liveTurn.value = null;
    emit('chatkit.thread.load.start', { threadId });
    if (announce) emit('chatkit.thread.change', { threadId });
    let isShown = false;
    try {
      const { thread, loaded } = await this.#read(threadId, abort.signal);
      if (abort.signal.aborted) return;
      const read = load(emptyChat, thread, loaded.items, loaded.older);
      store.chat.value = { ...read, failure: unfinished(read) };
      store.scroll.value = { to: 'end' };
      isShown = true;
    } catch (thrown) {
      if (!abort.signal.aborted) this.#fail(threadId, asError(thrown), announce);
    } finally {
      if (this.#loading === abort) {
        this.#loading = null;
        store.phase.value = 'idle';
        if (!abort.signal.aborted) this.opening = null;
      }
      emit('chatkit.thread.load.end', { threadId });
    }
    if (isShown) this.#followRun();
    if (!abort.signal.aborted) this.#hooks.onOpened();
  }

  /** The empty view in which the next message begins a thread. */
  startNew(): void {
    const { store, emit } = this.#context;
    this.#loading?.abort();
    this.#loading = this.opening = null;
    store.chat.value = emptyChat;
    store.liveTurn.value = null;
    store.phase.value = 'idle';
    emit('chatkit.thread.change', { threadId: null });
  }

  abort(): void {
    this.#loading?.abort();
  }

  /** Reads the shown thread again, in place. */
  async refresh(): Promise<void> {
    const { store } = this.#context;
    const threadId = store.chat.value.thread?.id;
    if (threadId === undefined || store.phase.value !== 'idle') return;
    const { thread, loaded } = await this.#read(threadId, new AbortController().signal);
    // A turn or another thread may have begun meanwhile: then this reading is out of date.
    if (store.chat.value.thread?.id !== threadId || store.phase.peek() !== 'idle') return;
    const { items, older } = reconcile(store.chat.value, loaded);
    const read = load(store.chat.value, thread, items, older);
    const isOutdated = ['unanswered', 'brokenOff'].includes(read.failure?.about ?? '');
    store.chat.value = { ...read, failure: isOutdated ? unfinished(read) : read.failure };
    this.#followRun();
  }

  #followRun(): void {
    const { thread } = this.#context.store.chat.value;
    const runId = thread && activeRun(thread);
    if (thread !== null && runId !== null) this.#hooks.onRun(thread.id, beginningOf(runId));
  }

  /** The next older items, in front of those shown. */
  async showOlder(): Promise<void> {
    const { client, store, emit } = this.#context;
    const { thread, older } = store.chat.value;
    if (!thread || !older || store.isLoadingOlder.value) return;
    store.isLoadingOlder.value = true;
    try {
      let loaded: Loaded = { items: [], older };
      while (loaded.items.length === 0 && loaded.older)
        loaded = await this.#readPage(client, thread.id, loaded);
      if (store.chat.value.thread?.id === thread.id) store.chat.value = showOlder(store.chat.value, loaded);
    } catch (thrown) {
      emit('chatkit.error', { error: asError(thrown) });
    } finally {
      store.isLoadingOlder.value = false;
    }
  }

  async #read(threadId: string, signal: AbortSignal): Promise<{ thread: ThreadMetadata; loaded: Loaded }> {
    const { client } = this.#context;
    const { thread, items } = await client.getThread(threadId, signal);
    if (!items.has_more) return { thread, loaded: { items: items.data, older: null } };
    let loaded: Loaded = { items: [], older: { head: items.data, cursor: '' } };
    while (loaded.items.length === 0 && loaded.older)
      loaded = await this.#readPage(client, threadId, loaded, signal);
    return { thread, loaded };
  }

  /** One page further back. Hidden items leave pages empty, so only the page's own cursor counts. */
  async #readPage(
    client: Context['client'],
    threadId: string,
    { items, older }: Loaded,
    signal = new AbortController().signal,
  ): Promise<Loaded> {
    if (!older) return { items, older };
    const page = await client.listItems(threadId, older.cursor || null, signal);
    const isStuck = page.data.length === 0 && page.after === older.cursor;
    return prepend(older.head, isStuck ? { ...page, has_more: false } : page, items);
  }

  #fail(threadId: string, error: Error, wasAnnounced: boolean): void {
    const { store, emit } = this.#context;
    const isGone = error instanceof RequestFailed && error.status === 404;
    if (!isGone) {
      const failure = { message: null, canRetry: true, plan: { kind: 'reload', threadId } } as const;
      store.chat.value = { ...emptyChat, failure };
    } else if (wasAnnounced) {
      emit('chatkit.thread.change', { threadId: null });
    }
    emit('chatkit.error', { error });
  }
}
