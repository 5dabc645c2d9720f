/**
 * The server's one endpoint: every operation is a POST to the same URL, answered by JSON or by a stream.
 *
 * Above: the conversation. Below: `fetch`, or the page's own in its place. Nothing here keeps state of the
 * conversation; the options are read again for each request, because a page may hand over a new token any time.
 */
import { RequestFailed } from './errors';
import { ClientSecret } from './secret';
import { readEvents } from './sse';
import type { ChatKitReq, Page, ThreadItem, ThreadMetadata, ThreadStreamEvent } from './types.gen';
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

export interface LoadedThread {
  thread: ThreadMetadata;
  /** The thread's oldest items, ascending. */
  items: Required<Page<ThreadItem>>;
}

export class Client {
  private readonly secret = new ClientSecret();

  constructor(private readonly context: ClientContext) {}

  /** The absolute URL of the endpoint, without which no relative link of an answer can be resolved. */
  endpoint(): URL {
    const url = this.context.api().url ?? this.context.hostedUrl();
    if (url === undefined) throw new TypeError('ChatKit: options.api.url is missing');
    return new URL(url, this.context.baseUrl());
  }

  /** Events of a streaming operation, as they arrive. Throws `RequestFailed`, or what `fetch` throws. */
  async *stream(request: ChatKitReq, signal: AbortSignal): AsyncGenerator<ThreadStreamEvent> {
    const response = await this.post(request, signal);
    if (!isEventStream(response)) {
      const event = readEvent(parse(await response.text()));
      if (event) yield event;
      return;
    }
    for await (const data of eventData(response)) {
      const event = this.decode(data);
      if (event) yield event;
    }
  }

  async getThread(threadId: string, signal: AbortSignal): Promise<LoadedThread> {
    const body = await this.call({ type: 'threads.get_by_id', params: { thread_id: threadId } }, signal);
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
    return readPage(await this.call({ type: 'items.list', params }, signal), readItem);
  }

  async listThreads(after: string | null, signal: AbortSignal): Promise<Required<Page<ThreadMetadata>>> {
    const params = { limit: 9999, order: 'desc', ...(after !== null && { after }) } as const;
    return readPage(await this.call({ type: 'threads.list', params }, signal), readThread);
  }

  async renameThread(threadId: string, title: string): Promise<void> {
    await this.call({ type: 'threads.update', params: { thread_id: threadId, title } });
  }

  async deleteThread(threadId: string): Promise<void> {
    await this.call({ type: 'threads.delete', params: { thread_id: threadId } });
  }

  async sendFeedback(threadId: string, itemIds: string[], kind: 'positive' | 'negative'): Promise<void> {
    await this.call({ type: 'items.feedback', params: { thread_id: threadId, item_ids: itemIds, kind } });
  }

  private async call(request: ChatKitReq, signal?: AbortSignal): Promise<unknown> {
    const response = await this.post(request, signal ?? new AbortController().signal);
    if (!isEventStream(response)) return parse(await response.text());
    for await (const data of eventData(response)) return parse(data);
    return undefined;
  }

  private async post(request: ChatKitReq, signal: AbortSignal): Promise<Response> {
    const first = await this.send(request, signal, false);
    const isHosted = this.context.api().getClientSecret !== undefined;
    const response = first.status === 401 && isHosted ? await this.send(request, signal, true) : first;
    if (!response.ok) throw new RequestFailed(request.type, response.status, await explanation(response));
    return response;
  }

  private async send(request: ChatKitReq, signal: AbortSignal, renew: boolean): Promise<Response> {
    const { fetch, getClientSecret } = this.context.api();
    const headers: Record<string, string> = {
      'Content-Type': 'application/json',
      'Accept-Language': this.context.locale(),
    };
    if (getClientSecret) headers.Authorization = `Bearer ${await this.secret.get(getClientSecret, renew)}`;
    const init = { method: 'POST', headers, body: JSON.stringify(request), signal };
    const url = this.endpoint().href;
    // A page's fetch is called as a plain function: as a method of another object a bare `window.fetch` throws.
    return fetch ? fetch(url, init) : globalThis.fetch(url, init);
  }

  private decode(data: string): ThreadStreamEvent | null {
    try {
      return readEvent(JSON.parse(data));
    } catch {
      this.context.onMalformed(
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
async function* eventData(response: Response): AsyncGenerator<string> {
  const body = response.body ?? new Blob([await response.text()]).stream();
  yield* readEvents(body);
}

function parse(text: string): unknown {
  return text.trim() === '' ? undefined : JSON.parse(text);
}

/** The server's words in the shapes that servers commonly use. */
async function explanation(response: Response): Promise<string | null> {
  try {
    const body = parse(await response.text());
    if (!isObject(body)) return null;
    const nested = isObject(body.error) ? body.error.message : body.error;
    return [body.message, nested, body.detail].find((text) => typeof text === 'string') ?? null;
  } catch {
    return null;
  }
}
