/**
 * The server's one endpoint: every operation is a POST to the same URL, answered by JSON or by a stream.
 *
 * Above: the conversation. Below: `fetch`, or the page's own in its place. Nothing here keeps state of the
 * conversation; the options are read again for each request, because a page may hand over a new token any time.
 */
import type { Request } from './additions';
import { RequestFailed } from './errors';
import { ClientSecret } from './secret';
import { readEvents, type Reading, type SseFrame } from './sse';
import type { Page, ThreadItem, ThreadMetadata, ThreadStreamEvent } from './types.gen';
import { isObject, readEvent, readItem, readPage, readThread } from './wire';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Api {
  url?: string | undefined;
  fetch?: Fetch | undefined;
  getClientSecret?: ((current: string | null) => Promise<string>) | undefined;
}

/** What the client asks of its surroundings. */
export interface ClientContext {
  api: () => Api;
  locale: () => string;
  /** The page's address, against which a relative URL is resolved. */
  baseUrl: () => string;
  /** Where hosted mode finds the endpoint that its options do not name. */
  hostedUrl: () => string | undefined;
  /** Called for a line that is not JSON; the stream goes on. */
  onMalformed: (error: Error) => void;
}

/** One event of a streaming operation, with what its server gave it to be found again by. */
export interface Frame {
  /** The name of the event on the wire; `end` where nothing follows for sure. */
  readonly name: string;
  readonly id: string;
  /** Null for what is not to be shown: kinds this element does not know, and lines that are not JSON. */
  readonly event: ThreadStreamEvent | null;
}

export interface LoadedThread {
  thread: ThreadMetadata;
  /** The thread's oldest items, ascending. */
  items: Required<Page<ThreadItem>>;
}

export class Client {
  readonly #context: ClientContext;
  #secret = new ClientSecret();

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /** Another server: the secret of the old one is not for it. */
  forget(): void {
    this.#secret = new ClientSecret();
  }

  /** The absolute URL of the endpoint, without which no relative link of an answer can be resolved. */
  endpoint(): URL {
    const url = this.#context.api().url ?? this.#context.hostedUrl();
    if (url === undefined) throw new TypeError('ChatKit: options.api.url is missing');
    return new URL(url, this.#context.baseUrl());
  }

  /** Settles once the server answers. Throws `RequestFailed`, or what `fetch` throws. */
  async open(
    request: Request,
    signal: AbortSignal,
    onAlive: () => void = () => undefined,
  ): Promise<AsyncGenerator<Frame>> {
    const response = await this.#post(request, signal);
    return isEventStream(response) ? this.#read(response, { signal, onAlive }) : this.#readWhole(response);
  }

  async getThread(threadId: string, signal: AbortSignal): Promise<LoadedThread> {
    const body = await this.ask({ type: 'threads.get_by_id', params: { thread_id: threadId } }, signal);
    const thread = readThread(body);
    if (!thread) throw new Error(`ChatKit: the reply for thread ${threadId} is not a thread`);
    return { thread, items: readPage(isObject(body) ? body.items : null, readItem) };
  }

  /** Items from the newest to the oldest, starting after the one with the id `after`. */
  async listItems(
    threadId: string,
    after: string | null,
    signal: AbortSignal,
  ): Promise<Required<Page<ThreadItem>>> {
    const params = {
      thread_id: threadId,
      order: 'desc',
      limit: 50,
      ...(after !== null && { after }),
    } as const;
    return readPage(await this.ask({ type: 'items.list', params }, signal), readItem);
  }

  async listThreads(after: string | null, signal: AbortSignal): Promise<Required<Page<ThreadMetadata>>> {
    const params = { limit: 9999, order: 'desc', ...(after !== null && { after }) } as const;
    return readPage(await this.ask({ type: 'threads.list', params }, signal), readThread);
  }

  async renameThread(threadId: string, title: string): Promise<void> {
    await this.ask({ type: 'threads.update', params: { thread_id: threadId, title } });
  }

  /** The request outlives the page: it may be the last thing the page does. */
  async deleteThread(threadId: string): Promise<void> {
    const request = { type: 'threads.delete', params: { thread_id: threadId } } as const;
    await this.#post(request, new AbortController().signal, { keepalive: true });
  }

  async sendFeedback(threadId: string, itemIds: string[], kind: 'positive' | 'negative'): Promise<void> {
    await this.ask({ type: 'items.feedback', params: { thread_id: threadId, item_ids: itemIds, kind } });
  }

  /** Ends a run, by itself or whichever is active in the thread. */
  async stopRun(threadId: string, runId: string | null): Promise<void> {
    const params = { thread_id: threadId, ...(runId !== null && { run_id: runId }) };
    await this.ask({ type: 'threads.stop', params });
  }

  async *#read(response: Response, reading: Reading): AsyncGenerator<Frame> {
    for await (const { name, id, data } of eventData(response, reading)) {
      yield { name, id, event: data === null ? null : this.#decode(data) };
    }
  }

  /** Some proxies answer a streaming operation with JSON: a stream of one event. */
  async *#readWhole(response: Response): AsyncGenerator<Frame> {
    yield { name: 'end', id: '', event: readEvent(parse(await response.text())) };
  }

  /** The reply to an operation that is answered by one object. */
  async ask(request: Request, signal?: AbortSignal): Promise<unknown> {
    const response = await this.#post(request, signal ?? new AbortController().signal);
    if (!isEventStream(response)) return parse(await response.text());
    for await (const { data } of eventData(response)) if (data !== null) return parse(data);
    return undefined;
  }

  async #post(request: Request, signal: AbortSignal, extra: RequestInit = {}): Promise<Response> {
    const init = { ...extra, method: 'POST', body: JSON.stringify(request), signal };
    const { getClientSecret } = this.#context.api();
    const response = getClientSecret
      ? await this.#sendSigned(init, getClientSecret)
      : await this.#send(init, this.endpoint().href, null);
    if (!response.ok) throw await refusal(request.type, response);
    return response;
  }

  /** With the secret of hosted mode; where it is refused, once more with a new one. */
  async #sendSigned(init: RequestInit, renew: NonNullable<Api['getClientSecret']>): Promise<Response> {
    // Now, before anything is waited for: the page may name another server meanwhile.
    const url = this.endpoint().href;
    const kept = this.#secret;
    const secret = await kept.get(renew, null);
    const response = await this.#send(init, url, secret);
    if (response.status !== 401) return response;
    return this.#send(init, url, await kept.get(renew, secret));
  }

  #send(init: RequestInit, url: string, secret: string | null): Promise<Response> {
    const { fetch } = this.#context.api();
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'Accept-Language': this.#context.locale(),
    };
    if (secret !== null) headers.Authorization = `Bearer ${secret}`;
    // A page's fetch is called as a plain function: as a method of another object a bare `window.fetch` throws.
    return (fetch ?? globalThis.fetch.bind(globalThis))(url, { ...init, headers });
  }

  /** The page's own fetch, if it has one: it may carry the page's credentials. */
  get pageFetch(): Fetch | undefined {
    return this.#context.api().fetch;
  }

  #decode(data: string): ThreadStreamEvent | null {
    try {
      return readEvent(JSON.parse(data));
    } catch {
      this.#context.onMalformed(
        new SyntaxError(`ChatKit: skipped a line of the stream that is not JSON: ${data.slice(0, 80)}`),
      );
      return null;
    }
  }
}

function isEventStream(response: Response): boolean {
  return (response.headers.get('content-type') ?? '').includes('text/event-stream');
}

/** A page's fetch may answer with a response that has no readable body. */
async function* eventData(response: Response, reading?: Reading): AsyncGenerator<SseFrame> {
  const body = response.body ?? new Blob([await response.text()]).stream();
  yield* readEvents(body, reading);
}

function parse(text: string): unknown {
  return text.trim() === '' ? undefined : JSON.parse(text);
}

/** What the server says against it, in the shapes that servers commonly use. */
async function refusal(operation: string, response: Response): Promise<RequestFailed> {
  const { status } = response;
  const seconds = Number.parseFloat(response.headers.get('retry-after') ?? '');
  const retryAfter = seconds >= 0 ? seconds * 1000 : null;
  try {
    const body = parse(await response.text());
    if (!isObject(body)) return new RequestFailed(operation, status, null, null, retryAfter);
    const nested = isObject(body.error) ? body.error.message : body.error;
    const words = [body.message, nested, body.detail].find((text) => typeof text === 'string') ?? null;
    const code = typeof body.code === 'string' ? body.code : null;
    return new RequestFailed(operation, status, words, code, retryAfter);
  } catch {
    return new RequestFailed(operation, status, null, null, retryAfter);
  }
}
