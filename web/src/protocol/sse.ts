/**
 * Server-sent events, read from the body of a POST: `EventSource` can only GET.
 * Names, ids and data by the rules of the HTML standard; `retry` and comments are read past.
 */

export interface SseFrame {
  /** `message` where the server gave no name. */
  readonly name: string;
  /** Null for a frame that has a name and nothing else, which `EventSource` would not dispatch. */
  readonly data: string | null;
  /** The last id the body has given so far; empty before the first. */
  readonly id: string;
}

/** Splits text that arrives in arbitrary pieces into whole events. */
export class EventParser {
  #pending = '';
  #data: string[] = [];
  #name = '';
  /** Counts once its event is complete: an event cut in half has not been received. */
  #id = '';
  #started = false;

  /** Every event that `text` completes. */
  push(text: string): SseFrame[] {
    if (!this.#started && text !== '') {
      this.#started = true;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    this.#pending += text;
    const events: SseFrame[] = [];
    for (let line = this.#nextLine(); line !== null; line = this.#nextLine()) this.#take(line, events);
    return events;
  }

  /**
   * The last event of a body that ended without its blank line. Where ids are given, the missing line means
   * that the body was cut: the event is asked for again, and half of one is worth nothing.
   */
  end(): SseFrame[] {
    const events: SseFrame[] = [];
    if (this.#pending !== '') this.#take(this.#pending.replace(/\r$/, ''), events);
    this.#pending = '';
    if (this.#id === '') this.#take('', events);
    return events;
  }

  #nextLine(): string | null {
    const at = this.#pending.search(/[\r\n]/);
    if (at < 0) return null;
    const isReturn = this.#pending[at] === '\r';
    // A CR at the very end may be half of a CRLF that is still on its way.
    if (isReturn && at === this.#pending.length - 1) return null;
    const line = this.#pending.slice(0, at);
    this.#pending = this.#pending.slice(at + (isReturn && this.#pending[at + 1] === '\n' ? 2 : 1));
    return line;
  }

  #take(line: string, events: SseFrame[]): void {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#name = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
  }

  #dispatch(events: SseFrame[]): void {
    if (this.#data.length > 0 || this.#name !== '') {
      const data = this.#data.length > 0 ? this.#data.join('\n') : null;
      events.push({ name: this.#name || 'message', data, id: this.#id });
    }
    this.#data = [];
    this.#name = '';
  }
}

/** How a body is read: who is told of each sign of life, and what ends the reading from outside. */
export interface Reading {
  readonly signal?: AbortSignal;
  /** Called for every piece that arrives, whatever is in it: a heartbeat is a comment and makes no event. */
  readonly onAlive?: () => void;
}

/** The events of `body`, as they arrive; `[DONE]` markers are left out. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { signal, onAlive }: Reading = {},
): AsyncGenerator<SseFrame> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parser = new EventParser();
  // A page's own fetch may know nothing of the signal: what it answered with is let go of here.
  const leave = (): void => void reader.cancel().catch(() => undefined);
  signal?.addEventListener('abort', leave);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      signal?.throwIfAborted();
      onAlive?.();
      const events = done
        ? [...parser.push(decoder.decode()), ...parser.end()]
        : parser.push(decoder.decode(value, { stream: true }));
      for (const event of events) if (event.data !== '[DONE]') yield event;
      if (done) return;
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    // Leaving early (an abort, an error in the consumer) must close the connection.
    leave();
  }
}
