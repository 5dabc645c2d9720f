/** What the tabs of one origin tell each other: that a run has begun, so that those who look at it follow. */
import { isObject } from '../protocol/wire';
import type { Channel } from '../protocol/surroundings';
import type { Context } from './context';

export interface RunNews {
  readonly threadId: string;
  readonly runId: string;
  /** The message that is answered anew: the answers after it are gone, and no event says so. */
  readonly retried: string | null;
}

export class Tabs {
  readonly #context: Context;
  readonly #onRun: (news: RunNews) => void;
  #channel: Channel | null = null;

  constructor(context: Context, onRun: (news: RunNews) => void) {
    this.#context = context;
    this.#onRun = onRun;
  }

  /** Listens to whoever speaks to the same endpoint, and to nobody else any more. */
  open(): void {
    this.close();
    const { client, surroundings } = this.#context;
    try {
      this.#channel = surroundings.openChannel(`chatkit:${client.endpoint().href}`, (message) => {
        const news = readNews(message);
        if (news) this.#onRun(news);
      });
    } catch {
      // Options without an endpoint are reported where they are set.
    }
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }

  tell(news: RunNews): void {
    this.#channel?.post(news);
  }
}

function readNews(message: unknown): RunNews | null {
  if (!isObject(message)) return null;
  const { threadId, runId, retried } = message;
  if (typeof threadId !== 'string' || typeof runId !== 'string') return null;
  return { threadId, runId, retried: typeof retried === 'string' ? retried : null };
}
