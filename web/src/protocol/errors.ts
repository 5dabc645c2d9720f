/** What can go wrong between the element, its page and its server. */

/** The server answered, but not with success. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly status: number;
  /** What the server says about it, fit for the person who asked; absent when it said nothing readable. */
  readonly explanation: string | null;
  /** The server's own name for what is wrong, such as `overloaded`. */
  readonly code: string | null;
  /** Milliseconds after which the server wants to be asked again. */
  readonly retryAfter: number | null;

  constructor(
    operation: string,
    status: number,
    explanation: string | null,
    code: string | null = null,
    retryAfter: number | null = null,
  ) {
    super(
      `ChatKit: ${operation} failed with HTTP ${status}${explanation === null ? '' : `: ${explanation}`}`,
    );
    this.status = status;
    this.explanation = explanation;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** The connection to a run broke and could not be had again; the run may be going on without us. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly threadId: string;
  /** The last event that came through. */
  readonly after: string;

  constructor(threadId: string, after: string, cause: Error) {
    super('ChatKit: the connection to the server was lost and could not be had again', { cause });
    this.threadId = threadId;
    this.after = after;
  }
}

/** The stream of a turn said that the turn failed. */
export class StreamFailed extends Error {
  override readonly name = 'StreamFailed';
  readonly code: string;

  constructor(code: string, message: string | undefined) {
    super(message ?? `ChatKit: the server reported ${code}`);
    this.code = code;
  }
}

/** The page asked for something that cannot be done now, or at all. */
export class IntegrationError extends Error {
  override readonly name = 'IntegrationError';

  constructor(message: string) {
    super(`ChatKit: ${message}`);
  }
}

export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}
