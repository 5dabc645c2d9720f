/**
 * Server-sent events, read from the body of a POST: `EventSource` can only GET.
 * Only `data` matters to ChatKit; `event`, `id`, `retry` and comments are read past.
 */

/** Splits text that arrives in arbitrary pieces into the data of whole events. */
export class EventParser {
  private pending = '';
  private data: string[] = [];
  private started = false;

  /** The data of every event that `text` completes. */
  push(text: string): string[] {
    if (!this.started && text !== '') {
      this.started = true;
      if (text.startsWith('\uFEFF')) text = text.slice(1);
    }
    this.pending += text;
    const events: string[] = [];
    for (let line = this.nextLine(); line !== null; line = this.nextLine()) this.take(line, events);
    return events;
  }

  /** The last event of a body that ended without its blank line. */
  end(): string[] {
    const events: string[] = [];
    if (this.pending !== '') this.take(this.pending.replace(/\r$/, ''), events);
    this.pending = '';
    this.take('', events);
    return events;
  }

  private nextLine(): string | null {
    const at = this.pending.search(/[\r\n]/);
    if (at < 0) return null;
    const isReturn = this.pending[at] === '\r';
    // A CR at the very end may be half of a CRLF that is still on its way.
    if (isReturn && at === this.pending.length - 1) return null;
    const line = this.pending.slice(0, at);
    this.pending = this.pending.slice(at + (isReturn && this.pending[at + 1] === '\n' ? 2 : 1));
    return line;
  }

  private take(line: string, events: string[]): void {
    if (line === '') {
      if (this.data.length > 0) events.push(this.data.join('\n'));
      this.data = [];
    } else if (line.startsWith('data:')) {
      this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
    } else if (line === 'data') {
      this.data.push('');
    }
  }
}

/** The data of each event of `body`, as it arrives; `[DONE]` markers are left out. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const parser = new EventParser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const events = done
        ? [...parser.push(decoder.decode()), ...parser.end()]
        : parser.push(decoder.decode(value, { stream: true }));
      for (const data of events) if (data !== '[DONE]') yield data;
      if (done) return;
    }
  } finally {
    // Leaving early (an abort, an error in the consumer) must close the connection.
    reader.cancel().catch(() => undefined);
  }
}
