/**
 * What this project's server understands beyond ChatKit's own protocol: docs/reference/turn-engine.md.
 * Written by hand, since the models that types.gen.ts is made of know nothing of it. Other servers ignore it.
 */
import type { ChatKitReq, Source, ThreadMetadata } from './types.gen';
import { isObject } from './wire';

/** The events of a run from `after` on; without `after`, of the thread's active run from its beginning. */
export interface ThreadsResumeReq {
  type: 'threads.resume';
  params: { thread_id: string; after?: string };
  metadata?: Record<string, unknown>;
}

/** Ends the run; those who follow it get the rest and its end. */
export interface ThreadsStopReq {
  type: 'threads.stop';
  params: { thread_id: string; run_id?: string };
  metadata?: Record<string, unknown>;
}

/** A request that starts or continues a turn. */
export type TurnRequest = Extract<
  ChatKitReq,
  {
    type:
      | 'threads.create'
      | 'threads.add_user_message'
      | 'threads.add_client_tool_output'
      | 'threads.add_structured_input'
      | 'threads.retry_after_item'
      | 'threads.custom_action';
  }
>;

export type Request = ChatKitReq | ThreadsResumeReq | ThreadsStopReq;

/** The request under a new key: a repetition of it is the same turn, this one is another. */
export function renewed(request: TurnRequest, newKey: () => string): TurnRequest {
  return { ...request, metadata: { resumable: true, idempotency_key: newKey() } };
}

/** The run that an event id `<run>:<seq>` belongs to; null for ids of any other make. */
export function runOf(id: string): string | null {
  return /^(.+):\d+$/s.exec(id)?.[1] ?? null;
}

/** Whether an event comes later in its run than one that has been received; those of other runs do. */
export function isLater(id: string, received: string | null): boolean {
  if (received === null || runOf(id) !== runOf(received)) return true;
  return Number(/\d+$/.exec(id)) > Number(/\d+$/.exec(received));
}

/** What to resume after for all that a run has said. */
export function beginningOf(runId: string): string {
  return `${runId}:0`;
}

/** What the server says of the thread's last turn, if it is one that does. */
export function lastTurn(thread: ThreadMetadata): 'active' | 'broken off' | 'over' | 'unknown' {
  if (activeRun(thread) !== null) return 'active';
  if (!isObject(thread.metadata) || thread.metadata.active_run_id !== null) return 'unknown';
  return thread.metadata.broken_off === true ? 'broken off' : 'over';
}

/** The run that answers in this thread at present, by what its server says. */
export function activeRun(thread: ThreadMetadata): string | null {
  const runId = isObject(thread.metadata) ? thread.metadata.active_run_id : null;
  return typeof runId === 'string' && runId !== '' ? runId : null;
}

/**
 * What the server's check of an answer found, where a source says that and is none: a sentence that no cited
 * passage supports, or an answer that cites nothing. Other clients show it as the entity it is sent as.
 */
export function doubt(source: Source): 'unsupported' | 'without source' | null {
  if (source.type !== 'entity') return null;
  if (source.id === 'chatkeep.unsupported') return 'unsupported';
  return source.id === 'chatkeep.without-source' ? 'without source' : null;
}

/** The passage that an address of the server's cites, whatever words of it: one passage is one source. */
export function citedPassage(url: string): string | null {
  return /^(\/sources\/[^/?#]+)\?document=[^#]*&answer=/.exec(url)?.[1] ?? null;
}
