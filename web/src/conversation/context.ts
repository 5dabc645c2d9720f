/** What the parts of the conversation share. Handed in by the element. */
import type { ChatKitEvents } from '@openai/chatkit';
import type { Options } from '../options';
import type { Client } from '../protocol/client';
import type { Surroundings } from '../protocol/surroundings';
import type { Store } from '../state/store';

export type Emit = <K extends keyof ChatKitEvents>(type: K, detail: ChatKitEvents[K]['detail']) => void;

export interface Context {
  readonly client: Client;
  readonly surroundings: Surroundings;
  readonly store: Store;
  /** The newest options: pages replace them while a turn is under way. */
  readonly options: () => Options;
  readonly emit: Emit;
}

export function log(context: Context, name: string, data: Record<string, unknown> = {}): void {
  context.emit('chatkit.log', { name, data });
}
