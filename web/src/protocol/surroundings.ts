/** The clock, the dice and the network's comings and goings: handed in, so that tests can have their own. */

export interface Channel {
  post: (message: unknown) => void;
  close: () => void;
}

export interface Surroundings {
  /** Milliseconds that never run backwards. */
  readonly now: () => number;
  /** Evenly spread from 0 to 1. */
  readonly random: () => number;
  /** Calls `work` in `ms` milliseconds; the result calls it off. */
  readonly after: (ms: number, work: () => void) => () => void;
  /** A key that nobody else makes. */
  readonly newKey: () => string;
  /** Calls `work` whenever the network is back; the result ends it. */
  readonly onOnline: (work: () => void) => () => void;
  /** Calls `work` when the page goes away, in time for a last request; the result ends it. */
  readonly onLeave: (work: () => void) => () => void;
  /** What the other tabs of this origin post to `name`; null where tabs cannot talk. */
  readonly openChannel: (name: string, hear: (message: unknown) => void) => Channel | null;
}

export const browser: Surroundings = {
  now: () => performance.now(),
  random: () => Math.random(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  newKey,
  onOnline: (work) => {
    addEventListener('online', work);
    return () => {
      removeEventListener('online', work);
    };
  },
  onLeave: (work) => {
    addEventListener('pagehide', work);
    return () => {
      removeEventListener('pagehide', work);
    };
  },
  openChannel: (name, hear) => {
    if (typeof BroadcastChannel === 'undefined') return null;
    try {
      const channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }) => {
        hear(data);
      };
      return {
        post: (message) => {
          channel.postMessage(message);
        },
        close: () => {
          channel.close();
        },
      };
    } catch {
      // Frames whose storage is walled off may refuse.
      return null;
    }
  },
};

/** A random UUID; pages without TLS have no `randomUUID`, but they have random numbers. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
