/**
 * A turn, from what begins it to its end: the stream, the client tools it asks for and the streams that
 * follow them, all inside one `response.start` and one `response.end`. A turn that was begun elsewhere, in
 * another tab or before a reload, is followed in the same way.
 *
 * Above: `Conversation`. Below: the transport and the reducer. Nothing here knows of the DOM.
 */
import { renewed, type TurnRequest } from '../protocol/additions';
import { asError, ConnectionLost, RequestFailed, StreamFailed } from '../protocol/errors';
import { Transport, type Arrival } from '../protocol/transport';
import type {
  ClientToolCallItem,
  StructuredInputSubmission,
  ThreadItem,
  ThreadStreamEvent,
  UserMessageInput,
} from '../protocol/types.gen';
import { reduceHistory } from '../state/history';
import { emptyChat, type RetryPlan } from '../state/model';
import { addLocal, completeToolCall, dropAfter, reduce, reduceSnapshot, settle } from '../state/reduce';
import { pendingToolCall, withPlan } from '../state/selectors';
import { log, type Context } from './context';
import { Course } from './course';
import type { RunNews } from './tabs';
import { runTool } from './tools';

/** How long the end of a run that was stopped is waited for. */
const STOPPING = 3_000;

interface Run {
  readonly abort: AbortController;
  readonly course: Course;
  readonly done: Promise<void>;
}

export interface Hooks {
  /** A run has begun here that others may follow. */
  readonly onRun: (news: RunNews) => void;
  /** A turn is over; maybe more has happened in the thread than the server could tell again. */
  readonly onEnd: (hasGap: boolean) => void;
}

export class Turns {
  readonly #context: Context;
  readonly #hooks: Hooks;
  #run: Run | null = null;
  #sent = 0;
  readonly #transport: Transport;
  /** The runs that were begun here: their client tools are this element's to run. */
  readonly #own = new Set<string>();
  readonly #followed = new Set<string>();

  constructor(context: Context, hooks: Hooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.#transport = new Transport(context.client, context.surroundings);
  }

  /** Whether the turn under way goes on at the server without us. */
  get isResumable(): boolean {
    return this.#run?.course.runId != null;
  }

  /** Whether this run is under way here, or was. */
  hasFollowed(runId: string): boolean {
    return this.#followed.has(runId);
  }

  /** Shows the message at once and sends it; settles with the first event of the answer. */
  send(input: UserMessageInput, local: Partial<ThreadItem>, isNewThread: boolean): Promise<void> {
    const { chat, liveTurn, scroll } = this.#context.store;
    if (isNewThread) chat.value = emptyChat;
    const threadId = chat.value.thread?.id ?? null;
    const id = `local-${++this.#sent}`;
    const item = { id, thread_id: threadId ?? '', created_at: '', type: 'user_message', ...local };
    chat.value = addLocal(chat.value, item as ThreadItem);
    liveTurn.value = id;
    scroll.value = { to: 'message' };
    return this.#start(
      threadId === null
        ? { type: 'threads.create', params: { input } }
        : { type: 'threads.add_user_message', params: { thread_id: threadId, input } },
    ).accepted;
  }

  /** Does what the error row's button promises. */
  async retry(plan: Exclude<RetryPlan, { kind: 'reload' }>): Promise<void> {
    const { chat, liveTurn, scroll } = this.#context.store;
    if (plan.kind === 'resume') {
      this.attach(plan.threadId, plan.after);
      return;
    }
    if (plan.kind === 'resend') {
      chat.value = { ...chat.value, failure: null };
      return this.#start(plan.request).accepted;
    }
    const threadId = chat.value.thread?.id;
    if (threadId === undefined) return;
    this.dropAnswers(plan.itemId);
    liveTurn.value = chat.value.entries.at(-1)?.key ?? null;
    scroll.value = { to: 'message' };
    const params = { thread_id: threadId, item_id: plan.itemId };
    return this.#start({ type: 'threads.retry_after_item', params }).accepted;
  }

  /** Takes away what answered a message, and what was thought of it. */
  dropAnswers(itemId: string): void {
    const { chat, ratings } = this.#context.store;
    chat.value = dropAfter(chat.value, itemId);
    const asked = chat.value.entries.at(-1)?.key;
    ratings.value = Object.fromEntries(Object.entries(ratings.value).filter(([key]) => key !== asked));
  }

  /** Answers the questions of an item; settles with the first event of what follows. */
  answer(threadId: string, itemId: string, input: StructuredInputSubmission): Promise<void> {
    const params = { thread_id: threadId, item_id: itemId, input };
    return this.#start({ type: 'threads.add_structured_input', params }).accepted;
  }

  /** Settles when the action's stream is over; rejects if it failed. */
  async act(threadId: string, action: { type: string; payload?: unknown }, itemId?: string): Promise<void> {
    const params = { thread_id: threadId, action, ...(itemId !== undefined && { item_id: itemId }) };
    const error = await this.#start({ type: 'threads.custom_action', params }).finished;
    if (error) throw error;
  }

  /** Follows a run that was begun before. */
  attach(threadId: string, after: string): void {
    const { chat } = this.#context.store;
    const course = new Course({ threadId, after, chat: chat.value });
    // Whoever resumes can also be stopped; the run may still say otherwise.
    chat.value = { ...chat.value, failure: null, canCancel: true };
    if (course.runId !== null) this.#followed.add(course.runId);
    this.#begin(course, (signal) => this.#transport.resume(threadId, after, signal));
  }

  /** Ends the turn, at the server too; what has been shown stays. */
  async stop(): Promise<void> {
    const run = this.#run;
    const context = this.#context;
    const threadId = context.store.chat.value.thread?.id;
    const canAsk = run?.course.runId != null || this.#transport.isResuming;
    if (run?.course.isStopped) return run.done;
    if (run) run.course.isStopped = true;
    if (!run?.course.isStreaming || !canAsk || threadId === undefined) return this.leave();
    const giveUp = (): void => {
      run.abort.abort();
    };
    const callOff = context.surroundings.after(STOPPING, giveUp);
    context.client.stopRun(threadId, run.course.runId).catch((thrown: unknown) => {
      context.emit('chatkit.error', { error: asError(thrown) });
      giveUp();
    });
    await run.done;
    callOff();
  }

  /** Closes the connection; a server that can resume goes on by itself. */
  async leave(): Promise<void> {
    this.#run?.abort.abort();
    await this.#run?.done;
  }

  /** Another server: nothing known of the old one holds. */
  forget(): void {
    this.#transport.forget();
    this.#own.clear();
    this.#followed.clear();
  }

  /** A request that has its key is sent again as it was, so that it is never done twice. */
  #start(asked: TurnRequest): { accepted: Promise<void>; finished: Promise<Error | null> } {
    const request = asked.metadata ? asked : renewed(asked, this.#context.surroundings.newKey);
    return this.#begin(new Course({ request }), (signal) => this.#transport.submit(request, signal));
  }

  #begin(
    course: Course,
    open: (signal: AbortSignal) => AsyncGenerator<Arrival>,
  ): { accepted: Promise<void>; finished: Promise<Error | null> } {
    const abort = new AbortController();
    const { store, emit } = this.#context;
    store.phase.value = 'responding';
    emit('chatkit.response.start', undefined);
    let accept: () => void = () => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    const finished = this.#follow(course, open(abort.signal), abort.signal, accept);
    this.#run = { abort, course, done: finished.then(() => undefined) };
    // A turn that fails before its first event was never accepted.
    const failedFirst = finished.then((error) => {
      if (error) throw error;
    });
    const answered = Promise.race([accepted, failedFirst]);
    // Not every caller waits for it; the failure is shown and reported in any case.
    answered.catch(() => undefined);
    return { accepted: answered, finished };
  }

  async #follow(
    course: Course,
    arrivals: AsyncGenerator<Arrival>,
    signal: AbortSignal,
    accept: () => void,
  ): Promise<Error | null> {
    const { store, emit } = this.#context;
    try {
      await this.#playAll(course, arrivals, signal, accept);
    } catch (thrown) {
      if (!signal.aborted) this.#fail(course, asError(thrown));
    }
    if (this.#run?.abort.signal === signal) {
      const settled = settle(store.chat.value, course.isStopped);
      const plan = course.retry(settled, this.#context.surroundings.newKey);
      store.chat.value = { ...settled, failure: withPlan(settled.failure, plan) };
      store.isReconnecting.value = false;
      this.#run = null;
      store.phase.value = 'idle';
    }
    emit('chatkit.response.end', undefined);
    this.#hooks.onEnd(course.hasGap);
    return course.error;
  }

  /** The first stream, then one more for each client tool the server asks for. */
  async #playAll(
    course: Course,
    first: AsyncGenerator<Arrival>,
    signal: AbortSignal,
    accept: () => void,
  ): Promise<void> {
    let arrivals = first;
    for (;;) {
      const called = await this.#play(arrivals, course, signal, accept);
      if (!called || course.error || course.isStopped) break;
      const result = await runTool(this.#context, called, signal);
      const { chat } = this.#context.store;
      chat.value = completeToolCall(chat.value, called.id, result);
      const params = { thread_id: called.thread_id, result };
      const output: TurnRequest = { type: 'threads.add_client_tool_output', params };
      course.current = renewed(output, this.#context.surroundings.newKey);
      arrivals = this.#transport.submit(course.current, signal);
    }
    if (course.isEmpty) {
      throw new StreamFailed('stream.empty', 'ChatKit: the server ended the response without an answer');
    }
  }

  /** One stream to its end; the tool call it ended with, if it is ours to run. */
  async #play(
    arrivals: AsyncGenerator<Arrival>,
    course: Course,
    signal: AbortSignal,
    accept: () => void,
  ): Promise<ClientToolCallItem | null> {
    const arrived = new Set<string>();
    course.beginStream();
    for await (const arrival of arrivals) {
      if (signal.aborted) break;
      this.#take(arrival, course);
      if (arrival.kind !== 'event' && arrival.kind !== 'snapshot') continue;
      if (arrival.event.type === 'thread.item.done') arrived.add(arrival.event.item.id);
      accept();
    }
    signal.throwIfAborted();
    const isOurs = course.runId === null ? course.request !== null : this.#own.has(course.runId);
    course.endStream();
    const call = pendingToolCall(this.#context.store.chat.value);
    return isOurs && call && arrived.has(call.id) ? call : null;
  }

  #take(arrival: Arrival, course: Course): void {
    const { store } = this.#context;
    switch (arrival.kind) {
      case 'reconnecting':
      case 'connected':
        store.isReconnecting.value = arrival.kind === 'reconnecting';
        return;
      case 'run':
        this.#beginRun(arrival.runId, course);
        return;
      case 'snapshot':
        course.beginSnapshot();
        store.chat.value = reduceSnapshot(store.chat.value, arrival.event);
        store.history.value = reduceHistory(store.history.value, arrival.event);
        return;
      case 'event':
        course.note(arrival.event, store.chat.value);
        if (!course.isRetold(arrival.event)) this.#apply(arrival.event, course);
    }
  }

  /** The first run that answers a request is its own; another one can only come of following on. */
  #beginRun(runId: string, course: Course): void {
    const isOwn = course.current !== null && course.runId === null;
    course.runId = runId;
    this.#followed.add(runId);
    if (!isOwn) return;
    this.#own.add(runId);
    const threadId = this.#context.store.chat.value.thread?.id;
    const { current } = course;
    const retried = current?.type === 'threads.retry_after_item' ? current.params.item_id : null;
    // A thread that is only now made is shown nowhere else.
    if (threadId !== undefined) this.#hooks.onRun({ threadId, runId, retried });
  }

  #apply(event: ThreadStreamEvent, course: Course): void {
    const { store, emit } = this.#context;
    const before = store.chat.value;
    store.chat.value = reduce(before, event);
    store.history.value = reduceHistory(store.history.value, event);
    switch (event.type) {
      case 'thread.created':
        if (before.thread?.id !== event.thread.id) {
          emit('chatkit.thread.change', { threadId: event.thread.id });
        }
        break;
      case 'client_effect':
        // What a page does once must not be done again because it was reloaded.
        if (!course.isReplay) emit('chatkit.effect', { name: event.name, data: event.data ?? {} });
        break;
      case 'error':
        emit('chatkit.error', { error: new StreamFailed(event.code ?? 'custom', event.message) });
        break;
      case 'thread.item.updated':
        if (store.chat.value === before) log(this.#context, 'item.unknown', { itemId: event.item_id });
        break;
    }
  }

  #fail(course: Course, error: Error): void {
    const { store, emit } = this.#context;
    course.fail(error, this.#transport.isResuming);
    const about = error instanceof ConnectionLost ? ({ about: 'unreachable' } as const) : {};
    store.chat.value = {
      ...store.chat.value,
      failure: { message: spokenBy(error), ...about, canRetry: true, plan: null },
    };
    emit('chatkit.error', { error });
  }
}

/** A refusal explains itself to the person who asked; a crash has nothing to say to them. */
function spokenBy(error: Error): string | null {
  const isRefusal = error instanceof RequestFailed && (error.status < 500 || error.status === 503);
  return isRefusal ? error.explanation : null;
}
