/**
 * How far a turn has come, and what that means for a stop, a retry and what is still to be shown.
 *
 * Above: `Turns`, which keeps one for each turn and tells it what happens. Nothing here shows or asks anything.
 */
import { beginningOf, renewed, runOf, type TurnRequest } from '../protocol/additions';
import { ConnectionLost, RequestFailed, StreamFailed } from '../protocol/errors';
import type { ThreadStreamEvent } from '../protocol/types.gen';
import type { ChatState, RetryPlan } from '../state/model';
import { answersOfLastTurn, retryPlan } from '../state/selectors';

export class Course {
  /** What began the turn; null for one that was begun elsewhere. */
  readonly request: TurnRequest | null;
  /** The latest request; a turn has one more for each client tool. */
  current: TurnRequest | null;
  /** The run whose events are coming in now, if its server can resume and stop it. */
  runId: string | null = null;
  isStreaming = false;
  isStopped = false;
  /** Whether what comes in has been told before, maybe to this very page. */
  readonly isReplay: boolean = false;
  /** Whether more has happened in the thread than the server could tell again. */
  hasGap = false;
  error: Error | null = null;
  /** How to begin to follow again. */
  readonly #source: RetryPlan | null;
  /** Items that were loaded complete: told again, they stay as they are until they are complete again. */
  readonly #complete = new Set<string>();
  readonly #retold = new Set<string>();
  #isInSnapshot = false;
  /** Whether anything has come in answer to the latest request. */
  #isHeard = false;
  /** Whether the server has said that its run is over. */
  #isOver = false;
  #wasEchoed = false;
  #hadEvents = false;
  #plan: RetryPlan | null = null;

  /** A turn that a request begins, or one that was begun before and is followed on in `chat`. */
  constructor(begun: { request: TurnRequest } | { threadId: string; after: string; chat: ChatState }) {
    this.request = this.current = 'request' in begun ? begun.request : null;
    this.#source = null;
    if ('request' in begun) return;
    const { threadId, after, chat } = begun;
    this.#source = { kind: 'resume', threadId, after };
    this.runId = runOf(after);
    this.isReplay = this.runId !== null && after === beginningOf(this.runId);
    if (this.isReplay) this.#complete = new Set(answersOfLastTurn(chat));
  }

  beginStream(): void {
    this.isStreaming = true;
    this.#isHeard = this.#isOver = false;
  }

  endStream(): void {
    this.isStreaming = false;
    this.#isOver = this.runId !== null;
    this.runId = null;
  }

  beginSnapshot(): void {
    this.#isInSnapshot = true;
    this.hasGap = false;
    this.#complete.clear();
  }

  /** What the event says of the turn's course, before it is shown in `chat`. */
  note(event: ThreadStreamEvent, chat: ChatState): void {
    this.#hadEvents = this.#isHeard = true;
    if (event.type === 'error') this.error = new StreamFailed(event.code ?? 'custom', event.message);
    if (event.type !== 'thread.item.done' || event.item.type !== 'user_message') return;
    this.#wasEchoed = true;
    if (!this.#isInSnapshot) return;
    this.#isInSnapshot = false;
    this.hasGap = !chat.entries.some(({ item, isLocal }) => isLocal || item.id === event.item.id);
  }

  /** Whether the event only tells again how an item came about that is shown complete. */
  isRetold(event: ThreadStreamEvent): boolean {
    switch (event.type) {
      case 'thread.item.added':
        if (this.#complete.has(event.item.id)) this.#retold.add(event.item.id);
        return this.#complete.has(event.item.id);
      case 'thread.item.updated':
        return this.#retold.has(event.item_id);
      case 'thread.item.done':
        this.#complete.delete(event.item.id);
        this.#retold.delete(event.item.id);
        return false;
      default:
        return false;
    }
  }

  /** Whether the streams are over and the least that had to come in them has not come. */
  get isEmpty(): boolean {
    const type = this.request?.type;
    if (this.error || this.isStopped) return false;
    if (type === 'threads.create' || type === 'threads.add_user_message') return !this.#wasEchoed;
    return type === 'threads.retry_after_item' && !this.#hadEvents;
  }

  /** The turn fails; `isResuming` says whether the server knows a request that it gets twice. */
  fail(error: Error, isResuming: boolean): void {
    this.error = error;
    this.#plan =
      error instanceof ConnectionLost
        ? { kind: 'resume', threadId: error.threadId, after: error.after }
        : (this.#source ?? this.#repetition(error, isResuming));
  }

  /** What a Retry would have to do now. */
  retry(chat: ChatState, newKey: () => string): RetryPlan | null {
    const plan = this.#plan ?? retryPlan(chat, this.request, this.#wasEchoed);
    // The key stands for a run that is over: under it the same end would be told again.
    if (plan?.kind !== 'resend' || !this.#isOver) return plan;
    return { ...plan, request: renewed(plan.request, newKey) };
  }

  /** What nobody answered may have been done all the same: its key tells, if it is sent again as it was. */
  #repetition(error: Error, isResuming: boolean): RetryPlan | null {
    const wasAnswered = this.#isHeard || error instanceof RequestFailed || error instanceof StreamFailed;
    if (wasAnswered || this.current === null) return null;
    const isSafe = this.current.type === 'threads.retry_after_item' || isResuming;
    return isSafe ? { kind: 'resend', request: this.current } : null;
  }
}
