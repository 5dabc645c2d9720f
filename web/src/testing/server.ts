/** A server that answers as it is told to and remembers what it was asked. */
import type { Fetch } from '../protocol/client';
import type { ThreadStreamEvent } from '../protocol/types.gen';

export interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Record<string, string>;
  readonly type: string;
  readonly params: Record<string, unknown>;
  readonly metadata: Record<string, unknown> | undefined;
}

export type Reply = (asked: Asked) => Response | Promise<Response>;

export class ScriptedServer {
  readonly asked: Asked[] = [];
  /** Forms that were sent, and what is said to them. */
  readonly uploads: { url: string; file: File }[] = [];
  onUpload: () => Response = () => json({}, 404);
  private readonly replies = new Map<string, Reply[]>();

  /** The replies to an operation, in order; the last one is given again and again. */
  on(type: string, ...replies: Reply[]): this {
    this.replies.set(type, replies);
    return this;
  }

  of(type: string): Asked[] {
    return this.asked.filter((request) => request.type === type);
  }

  private upload(url: string, form: FormData): Response {
    this.uploads.push({ url, file: form.get('file') as File });
    return this.onUpload();
  }

  readonly fetch: Fetch = async (url, init) => {
    if (init.body instanceof FormData) return this.upload(url, init.body);
    const body = JSON.parse(init.body as string) as Pick<Asked, 'type' | 'params' | 'metadata'>;
    const { type, params, metadata } = body;
    const asked = { url, init, headers: init.headers as Record<string, string>, type, params, metadata };
    this.asked.push(asked);
    const queue = this.replies.get(type) ?? [() => json(type === 'threads.list' ? { data: [] } : {})];
    const reply = queue.length > 1 ? queue.shift() : queue[0];
    if (!reply) throw new Error(`nothing to say to ${type}`);
    init.signal?.throwIfAborted();
    return reply(asked);
  };
}

export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Response {
  const init = { status, headers: { 'Content-Type': 'application/json', ...headers } };
  return new Response(JSON.stringify(value), init);
}

const STREAM = { headers: { 'Content-Type': 'text/event-stream' } };
export const frame = (event: ThreadStreamEvent): string => `data: ${JSON.stringify(event)}\n\n`;

export function sse(...events: ThreadStreamEvent[]): Response {
  return new Response(events.map(frame).join(''), STREAM);
}

/** A response whose events are sent one by one while the test looks on. */
export class LiveResponse {
  private control: ReadableStreamDefaultController<Uint8Array> | null = null;
  aborted = false;
  readonly response: Response;

  constructor(signal: AbortSignal | null | undefined) {
    const body = new ReadableStream<Uint8Array>({
      start: (control) => void (this.control = control),
      cancel: () => void (this.control = null),
    });
    this.response = new Response(body, STREAM);
    signal?.addEventListener('abort', () => {
      this.aborted = true;
      this.control?.error(new DOMException('The request was aborted', 'AbortError'));
      this.control = null;
    });
  }

  send(...events: ThreadStreamEvent[]): void {
    this.write(events.map(frame).join(''));
  }

  write(text: string): void {
    this.control?.enqueue(new TextEncoder().encode(text));
  }

  end(): void {
    this.control?.close();
    this.control = null;
  }

  /** The connection breaks: the reader gets an error instead of an end. */
  cut(): void {
    this.control?.error(new TypeError('network error'));
    this.control = null;
  }
}

/** A reply that hands its live response to the test. */
export function live(): { reply: Reply; opened: Promise<LiveResponse> } {
  let open: (response: LiveResponse) => void = () => undefined;
  const opened = new Promise<LiveResponse>((resolve) => (open = resolve));
  const reply: Reply = ({ init }) => {
    const response = new LiveResponse(init.signal);
    open(response);
    return response.response;
  };
  return { reply, opened };
}
