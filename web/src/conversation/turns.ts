/**
 * A turn, from the request that begins it to its end: the stream, the client tools it asks for and the
 * streams that follow them, all inside one `response.start` and one `response.end`.
 *
 * Above: `Conversation`. Below: the client and the reducer. Nothing here knows of the DOM.
 */
import { asError, IntegrationError, RequestFailed, StreamFailed } from '../protocol/errors';
import type {
  ClientToolCallItem,
  ThreadItem,
  ThreadStreamEvent,
  UserMessageInput,
} from '../protocol/types.gen';
import { reduceHistory } from '../state/history';
import { emptyChat, type Failure, type RetryPlan, type TurnRequest } from '../state/model';
import { addLocal, completeToolCall, dropAfter, reduce, settle } from '../state/reduce';
import { pendingToolCall, retryPlan, withPlan } from '../state/selectors';
import { log, type Context } from './context';

interface Run {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** How far a turn has come, for deciding what a retry would have to do. */
interface Course {
  request: TurnRequest;
  wasEchoed: boolean;
  hadEvents: boolean;
  error: Error | null;
}

export class Turns {
  private run: Run | null = null;
  private sent = 0;

  constructor(private readonly context: Context) {}

  /** Shows the message at once and sends it; settles with the first event of the answer. */
  send(input: UserMessageInput, local: Partial<ThreadItem>, isNewThread: boolean): Promise<void> {
    const { chat, liveTurn, scroll } = this.context.store;
    if (isNewThread) chat.value = emptyChat;
    const threadId = chat.value.thread?.id ?? null;
    const id = `local-${++this.sent}`;
    const item = { id, thread_id: threadId ?? '', created_at: '', type: 'user_message', ...local };
    chat.value = addLocal(chat.value, item as ThreadItem);
    liveTurn.value = id;
    scroll.value = { to: 'message' };
    const request: TurnRequest =
      threadId === null
        ? { type: 'threads.create', params: { input } }
        : { type: 'threads.add_user_message', params: { thread_id: threadId, input } };
    return this.start(request).accepted;
  }

  /** Does what the error row's button promises. */
  async retry(plan: Exclude<RetryPlan, { kind: 'reload' }>): Promise<void> {
    const { chat, scroll } = this.context.store;
    if (plan.kind === 'resend') {
      chat.value = { ...chat.value, failure: null };
      return this.start(plan.request).accepted;
    }
    const threadId = chat.value.thread?.id;
    if (threadId === undefined) return;
    chat.value = dropAfter(chat.value, plan.itemId);
    this.context.store.liveTurn.value = chat.value.entries.at(-1)?.key ?? null;
    scroll.value = { to: 'message' };
    const params = { thread_id: threadId, item_id: plan.itemId };
    return this.start({ type: 'threads.retry_after_item', params }).accepted;
  }

  /** Settles when the action's stream is over; rejects if it failed. */
  async act(threadId: string, action: { type: string; payload?: unknown }, itemId?: string): Promise<void> {
    const params = { thread_id: threadId, action, ...(itemId !== undefined && { item_id: itemId }) };
    const error = await this.start({ type: 'threads.custom_action', params }).finished;
    if (error) throw error;
  }

  /** Ends the turn where it is; what has been shown stays. */
  async stop(): Promise<void> {
    const run = this.run;
    run?.abort.abort();
    await run?.done;
  }

  private start(request: TurnRequest): { accepted: Promise<void>; finished: Promise<Error | null> } {
    const abort = new AbortController();
    const { store, emit } = this.context;
    const course: Course = { request, wasEchoed: false, hadEvents: false, error: null };
    store.phase.value = 'responding';
    emit('chatkit.response.start', undefined);
    let accept: () => void = () => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    const finished = this.follow(course, abort.signal, accept);
    this.run = { abort, done: finished.then(() => undefined) };
    // A turn that fails before its first event was never accepted.
    const failedFirst = finished.then((error) => {
      if (error) throw error;
    });
    const answered = Promise.race([accepted, failedFirst]);
    // Not every caller waits for it; the failure is shown and reported in any case.
    answered.catch(() => undefined);
    return { accepted: answered, finished };
  }

  private async follow(course: Course, signal: AbortSignal, accept: () => void): Promise<Error | null> {
    const { store, emit } = this.context;
    try {
      await this.playAll(course, signal, accept);
    } catch (thrown) {
      if (!signal.aborted) this.fail(course, asError(thrown));
    }
    const plan = retryPlan(store.chat.value, course.request, course.wasEchoed);
    const settled = settle(store.chat.value);
    store.chat.value = { ...settled, failure: withPlan(settled.failure, plan) };
    if (this.run?.abort.signal === signal) {
      this.run = null;
      store.phase.value = 'idle';
    }
    emit('chatkit.response.end', undefined);
    return course.error;
  }

  /** The first stream, then one more for each client tool the server asks for. */
  private async playAll(course: Course, signal: AbortSignal, accept: () => void): Promise<void> {
    let request = course.request;
    for (;;) {
      const called = await this.play(request, course, signal, accept);
      if (!called || course.error) break;
      const result = await this.callTool(called, signal);
      request = { type: 'threads.add_client_tool_output', params: { thread_id: called.thread_id, result } };
    }
    if (course.error) return;
    const { type } = course.request;
    const expectsEcho = type === 'threads.create' || type === 'threads.add_user_message';
    if (expectsEcho ? !course.wasEchoed : type === 'threads.retry_after_item' && !course.hadEvents) {
      throw new StreamFailed('stream.empty', 'ChatKit: the server ended the response without an answer');
    }
  }

  /** One stream to its end; the tool call it ended with, if any. */
  private async play(
    request: TurnRequest,
    course: Course,
    signal: AbortSignal,
    accept: () => void,
  ): Promise<ClientToolCallItem | null> {
    const { client, store } = this.context;
    const arrived = new Set<string>();
    for await (const event of client.stream(request, signal)) {
      if (signal.aborted) break;
      course.hadEvents = true;
      if (event.type === 'thread.item.done') {
        arrived.add(event.item.id);
        if (event.item.type === 'user_message') course.wasEchoed = true;
      }
      if (event.type === 'error') course.error = new StreamFailed(event.code ?? 'custom', event.message);
      this.apply(event);
      accept();
    }
    signal.throwIfAborted();
    const call = pendingToolCall(store.chat.value);
    return call && arrived.has(call.id) ? call : null;
  }

  private apply(event: ThreadStreamEvent): void {
    const { store, emit } = this.context;
    const before = store.chat.value;
    store.chat.value = reduce(before, event);
    store.history.value = reduceHistory(store.history.value, event);
    switch (event.type) {
      case 'thread.created':
        emit('chatkit.thread.change', { threadId: event.thread.id });
        break;
      case 'client_effect':
        emit('chatkit.effect', { name: event.name, data: event.data ?? {} });
        break;
      case 'error':
        emit('chatkit.error', { error: new StreamFailed(event.code ?? 'custom', event.message) });
        break;
      case 'thread.item.updated':
        if (store.chat.value === before) log(this.context, 'item.unknown', { itemId: event.item_id });
        break;
    }
  }

  private async callTool(call: ClientToolCallItem, signal: AbortSignal): Promise<unknown> {
    const { store } = this.context;
    const result = await Promise.race([this.toolResult(call), whenAborted(signal)]);
    signal.throwIfAborted();
    store.chat.value = completeToolCall(store.chat.value, call.id, result);
    return result;
  }

  /** The page's answer; a failure is an answer too, so that the assistant learns of it. */
  private async toolResult(call: ClientToolCallItem): Promise<unknown> {
    try {
      const { onClientTool } = this.context.options();
      if (!onClientTool) {
        throw new IntegrationError(`no onClientTool is configured to run the client tool "${call.name}"`);
      }
      const result: unknown = await onClientTool({ name: call.name, params: call.arguments });
      return JSON.parse(JSON.stringify(result ?? {}));
    } catch (thrown) {
      const error = asError(thrown);
      this.context.emit('chatkit.error', { error });
      return { error: error.message };
    }
  }

  private fail(course: Course, error: Error): void {
    const { store, emit } = this.context;
    course.error = error;
    const failure: Failure = { message: spokenBy(error), canRetry: true, plan: null };
    store.chat.value = { ...store.chat.value, failure };
    emit('chatkit.error', { error });
  }
}

/** A refusal explains itself to the person who asked; a crash has nothing to say to them. */
function spokenBy(error: Error): string | null {
  return error instanceof RequestFailed && error.status < 500 ? error.explanation : null;
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(asError(signal.reason));
      },
      { once: true },
    );
  });
}
