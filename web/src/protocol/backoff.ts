/**
 * How long to wait before the next attempt: exponential backoff with full jitter, so that the clients of a
 * server that comes back do not all arrive at once.
 */
import type { Surroundings } from './surroundings';

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8_000;
/** How long it may go on without success. */
const PATIENCE = 60_000;

export class Backoff {
  readonly #surroundings: Pick<Surroundings, 'now' | 'random'>;
  #attempts = 0;
  #since: number | null = null;

  constructor(surroundings: Pick<Surroundings, 'now' | 'random'>) {
    this.#surroundings = surroundings;
  }

  /** An attempt succeeded: the next failure is the first again. */
  reset(): void {
    this.#attempts = 0;
    this.#since = null;
  }

  /** Milliseconds until the next attempt, none before the first; null once it has gone on for too long. */
  next(): number | null {
    const now = this.#surroundings.now();
    this.#since ??= now;
    if (now - this.#since >= PATIENCE) return null;
    const attempt = this.#attempts++;
    if (attempt === 0) return 0;
    return this.#surroundings.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1));
  }
}
