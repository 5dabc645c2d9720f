/** A clock that moves when the test says so, dice that fall as they are told, tabs that hear each other. */
import type { Channel, Surroundings } from '../protocol/surroundings';

interface Timer {
  readonly at: number;
  readonly work: () => void;
}

interface Listener {
  readonly name: string;
  readonly hear: (message: unknown) => void;
}

export class TestSurroundings implements Surroundings {
  /** What `random` gives, until the test says otherwise. */
  dice = 1;
  /** What has been posted to any channel, in order. */
  readonly posted: { name: string; message: unknown }[] = [];
  private time = 0;
  private keys = 0;
  private timers: readonly Timer[] = [];
  private online: readonly (() => void)[] = [];
  private leaving: readonly (() => void)[] = [];
  private listeners: readonly Listener[] = [];

  readonly now = (): number => this.time;
  readonly random = (): number => this.dice;
  readonly newKey = (): string => `key-${++this.keys}`;

  readonly after = (ms: number, work: () => void): (() => void) => {
    const timer = { at: this.time + ms, work };
    this.timers = [...this.timers, timer];
    return () => (this.timers = this.timers.filter((other) => other !== timer));
  };

  readonly onOnline = (work: () => void): (() => void) => {
    this.online = [...this.online, work];
    return () => (this.online = this.online.filter((other) => other !== work));
  };

  readonly onLeave = (work: () => void): (() => void) => {
    this.leaving = [...this.leaving, work];
    return () => (this.leaving = this.leaving.filter((other) => other !== work));
  };

  readonly openChannel = (name: string, hear: (message: unknown) => void): Channel => {
    const listener = { name, hear };
    this.listeners = [...this.listeners, listener];
    return {
      post: (message) => {
        this.posted.push({ name, message });
        for (const other of this.listeners) {
          if (other !== listener && other.name === name) other.hear(structuredClone(message));
        }
      },
      close: () => (this.listeners = this.listeners.filter((other) => other !== listener)),
    };
  };

  /** How long the soonest timers still have to run. */
  get pending(): number[] {
    return this.timers.map((timer) => timer.at - this.time).sort((a, b) => a - b);
  }

  /** Lets `ms` pass; what is due on the way happens in order, with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.time = Math.max(this.time, next.at);
      this.timers = this.timers.filter((timer) => timer !== next);
      next.work();
      await settled();
    }
    this.time = end;
  }

  leave(): void {
    for (const work of this.leaving) work();
  }

  goOnline(): void {
    for (const work of this.online) work();
  }
}

/** Once everything that waits for no timer and no test has happened. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setTimeout(resolve));
}
