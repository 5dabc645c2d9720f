/**
 * One run of the server, from the request that begins it to its end, over as many connections as that takes.
 *
 * Above: a turn. Below: the client. A server that numbers its events (docs/reference/turn-engine.md) is asked
 * for the rest when a connection breaks; at any other server, the end of the connection is the end.
 */
import { isLater, runOf, type Request, type TurnRequest } from './additions';
import { Backoff } from './backoff';
import type { Client, Frame } from './client';
import { asError, ConnectionLost, RequestFailed } from './errors';
import type { Surroundings } from './surroundings';
import type { ThreadStreamEvent } from './types.gen';

export type Arrival =
  | { readonly kind: 'event'; readonly event: ThreadStreamEvent }
  /** The turn is told again from its message on: what is shown after that message is out of date. */
  | { readonly kind: 'snapshot'; readonly event: ThreadStreamEvent }
  /** The run that the events now come from: it can be resumed, and stopped. */
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'reconnecting' }
  | { readonly kind: 'connected' };

/** Three heartbeats that did not come. */
const SILENCE = 45_000;
/** A connection that held for one heartbeat is a success, though nothing was said. */
const STEADY = 15_000;
/** How often, and how long at most, a server may have a request wait that it has no room for. */
const MOST_WAITS = 3;
const LONGEST_RETRY_AFTER = 30_000;

/** How far the run has been followed. */
interface Course {
  readonly request: TurnRequest | null;
  threadId: string | null;
  /** The id of the last event that came through; null until one of them had any. */
  after: string | null;
  hadFrames: boolean;
  isReconnecting: boolean;
  waits: number;
  readonly backoff: Backoff;
}

export class Transport {
  readonly #client: Client;
  readonly #surroundings: Surroundings;
  #hasSeenIds = false;

  constructor(client: Client, surroundings: Surroundings) {
    this.#client = client;
    this.#surroundings = surroundings;
  }

  /** Whether the server has shown that its runs outlive their connections. */
  get isResuming(): boolean {
    return this.#hasSeenIds;
  }

  /** Another server is spoken to from now on. */
  forget(): void {
    this.#hasSeenIds = false;
  }

  /** Begins a run. Throws `RequestFailed`, `ConnectionLost` or what `fetch` throws. */
  submit(request: TurnRequest, signal: AbortSignal): AsyncGenerator<Arrival> {
    return this.#follow(this.#course(request, threadOf(request), null), signal);
  }

  /** Follows a run that was begun before, here or elsewhere. Throws as `submit` does. */
  resume(threadId: string, after: string | null, signal: AbortSignal): AsyncGenerator<Arrival> {
    return this.#follow(this.#course(null, threadId, after), signal);
  }

  #course(request: TurnRequest | null, threadId: string | null, after: string | null): Course {
    const backoff = new Backoff(this.#surroundings);
    return { request, threadId, after, hadFrames: false, isReconnecting: false, waits: 0, backoff };
  }

  async *#follow(course: Course, signal: AbortSignal): AsyncGenerator<Arrival> {
    for (;;) {
      let fault: Error;
      try {
        if (yield* this.#connect(course, signal)) return;
        fault = new TypeError('ChatKit: the response ended before the run did');
      } catch (thrown) {
        signal.throwIfAborted();
        fault = asError(thrown);
      }
      const wait = this.#waitAfter(fault, course);
      if (wait === null) throw whatIsLost(course, fault);
      if (!isBusy(fault, course)) {
        course.isReconnecting = true;
        yield { kind: 'reconnecting' };
      }
      if (wait > 0) await this.#pause(wait, signal);
    }
  }

  /** One connection, to its end; whether the run's end came with it. */
  async *#connect(course: Course, signal: AbortSignal): AsyncGenerator<Arrival, boolean> {
    const line = new Line(signal, this.#surroundings);
    try {
      const request = nextRequest(course);
      const isResumed = request.type === 'threads.resume';
      if (isResumed || this.#hasSeenIds) line.watch();
      const opening = this.#client.open(request, line.signal, line.onAlive);
      const frames = await line.orBroken(opening);
      line.onOpen();
      if (course.isReconnecting) {
        course.isReconnecting = false;
        yield { kind: 'connected' };
      }
      if (yield* this.#play(frames, course, line, isResumed)) return true;
      return !this.#isCut(course);
    } finally {
      line.close();
      if (line.held >= STEADY) course.backoff.reset();
    }
  }

  /** The frames of one connection; whether the last of them was the run's end. */
  async *#play(
    frames: AsyncGenerator<Frame>,
    course: Course,
    line: Line,
    isResumed: boolean,
  ): AsyncGenerator<Arrival, boolean> {
    // A snapshot is shown once it is whole: what it replaces stays until then.
    let snapshot: Arrival[] | null = null;
    let lastId = '';
    for await (const { name, id, event } of frames) {
      const isSnapshot = isResumed && name === 'snapshot';
      if (isSnapshot) snapshot = [];
      course.hadFrames = true;
      if (event?.type === 'thread.created') course.threadId = event.thread.id;
      // An id goes on to hold for frames that have none.
      const runId = id === lastId ? null : runOf(id);
      lastId = id;
      const isLast = name === 'end';
      // Told twice it would be shown twice; a snapshot tells everything again on purpose.
      if (runId !== null && snapshot === null && !isLast && !isLater(id, course.after)) continue;
      if (runId !== null) {
        this.#hasSeenIds = true;
        line.watch();
        if (course.after === null || runOf(course.after) !== runId) yield { kind: 'run', runId };
      }
      const arrival: Arrival | null = event && { kind: isSnapshot ? 'snapshot' : 'event', event };
      if (snapshot) {
        if (arrival) snapshot.push(arrival);
        // Its last frame is the only one with an id of its own.
        if (runId === null && !isLast) continue;
        yield* snapshot;
        snapshot = null;
      } else if (arrival) {
        yield arrival;
      }
      if (runId !== null) {
        course.after = id;
        course.backoff.reset();
      }
      if (isLast) return true;
    }
    return false;
  }

  /** Whether a body that ended, or a request that failed, leaves a run that can be had again. */
  #isCut(course: Course): boolean {
    return course.request === null || course.after !== null || (this.#hasSeenIds && !course.hadFrames);
  }

  /** Milliseconds to the next attempt; null if there is to be none. */
  #waitAfter(fault: Error, course: Course): number | null {
    if (isBusy(fault, course)) {
      const isOurs = this.#hasSeenIds || fault.code === 'overloaded';
      return isOurs && course.waits++ < MOST_WAITS ? fault.retryAfter : null;
    }
    if (!this.#isCut(course) || isRefusal(fault, course)) return null;
    return course.backoff.next();
  }

  /** Waits, at most until the network is back. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        callOff();
        ignore();
        signal.removeEventListener('abort', end);
        if (signal.aborted) reject(asError(signal.reason));
        else resolve();
      };
      const callOff = this.#surroundings.after(ms, end);
      const ignore = this.#surroundings.onOnline(end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
  }
}

/** One connection: it ends with the turn's signal, or when nothing has been heard of it for too long. */
class Line {
  readonly #outer: AbortSignal;
  readonly #surroundings: Surroundings;
  readonly #abort = new AbortController();
  readonly #broken: Promise<never>;
  #callOff: () => void = () => undefined;
  #isWatched = false;
  #openedAt: number | null = null;
  #heardAt = 0;

  constructor(outer: AbortSignal, surroundings: Surroundings) {
    this.#outer = outer;
    this.#surroundings = surroundings;
    this.#broken = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => {
        reject(asError(this.signal.reason));
      });
    });
    this.#broken.catch(() => undefined);
    outer.addEventListener('abort', this.#hangUp);
    if (outer.aborted) this.#hangUp();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** From now on silence is a fault: the server is one that sends heartbeats. */
  watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.onAlive();
  }

  onOpen(): void {
    this.onAlive();
    this.#openedAt = this.#heardAt;
  }

  /** Milliseconds from the server's answer to the last sign of life. */
  get held(): number {
    return this.#openedAt === null ? 0 : this.#heardAt - this.#openedAt;
  }

  readonly onAlive = (): void => {
    this.#heardAt = this.#surroundings.now();
    this.#callOff();
    if (!this.#isWatched) return;
    this.#callOff = this.#surroundings.after(SILENCE, () => {
      this.#abort.abort(new TypeError('ChatKit: nothing was heard of the server for too long'));
    });
  };

  /** `work`, or the line's breaking: a page's own fetch may know nothing of the signal. */
  orBroken<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#broken]);
  }

  close(): void {
    this.#callOff();
    this.#outer.removeEventListener('abort', this.#hangUp);
  }

  readonly #hangUp = (): void => {
    this.#abort.abort(this.#outer.reason);
  };
}

function threadOf(request: TurnRequest): string | null {
  return 'thread_id' in request.params ? request.params.thread_id : null;
}

/** The rest of the run where it is known which; else the request itself, which its key makes the same one. */
function nextRequest({ request, threadId, after }: Course): Request {
  if (request !== null && (threadId === null || after === null)) return request;
  const params = { thread_id: threadId ?? '', ...(after !== null && { after }) };
  return { type: 'threads.resume', params, metadata: { resumable: true } };
}

const isResume = (course: Course): boolean => nextRequest(course).type === 'threads.resume';

/** The server has no room for a new run now and says when it will. */
function isBusy(fault: Error, course: Course): fault is RequestFailed & { retryAfter: number } {
  if (!(fault instanceof RequestFailed) || fault.status !== 503 || isResume(course)) return false;
  return fault.retryAfter !== null && fault.retryAfter <= LONGEST_RETRY_AFTER;
}

/** An answer, though not the one hoped for: asking again would not change it. */
function isRefusal(fault: Error, course: Course): boolean {
  if (!(fault instanceof RequestFailed) || [502, 504].includes(fault.status)) return false;
  return !isResume(course) || (fault.status < 500 && ![408, 429].includes(fault.status));
}

function whatIsLost(course: Course, fault: Error): Error {
  const { threadId, after } = course;
  const isKnown = threadId !== null && after !== null && !isRefusal(fault, course);
  return isKnown ? new ConnectionLost(threadId, after, fault) : fault;
}
