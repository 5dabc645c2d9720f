/** A server whose runs outlive their connections, as far as its clients can see: numbered, resumable, stoppable. */
import { vi } from 'vitest';
import type { ThreadStreamEvent } from '../protocol/types.gen';
import { frame, json, LiveResponse, ScriptedServer, type Asked } from './server';

const SUBMITS = ['create', 'add_user_message', 'retry_after_item', 'add_client_tool_output', 'custom_action'];

export class ScriptedRun {
  readonly followers: LiveResponse[] = [];
  private readonly frames: string[] = [];
  isOver = false;

  constructor(readonly id: string) {}

  say(...events: ThreadStreamEvent[]): void {
    for (const event of events) this.append(`id: ${this.nextId()}\n${frame(event)}`);
  }

  end(): void {
    this.append(`event: end\nid: ${this.nextId()}\n\n`);
    this.isOver = true;
    for (const follower of this.followers.splice(0)) follower.end();
  }

  heartbeat(): void {
    for (const follower of this.followers) follower.write(': heartbeat\n\n');
  }

  /** Every connection breaks; the run goes on. */
  cut(): void {
    for (const follower of this.followers.splice(0)) follower.cut();
  }

  /** Every connection ends as if all had been said; the run goes on. */
  close(): void {
    for (const follower of this.followers.splice(0)) follower.end();
  }

  follow(response: LiveResponse, after: number): void {
    const missed = this.frames.slice(Math.min(after, this.frames.length - (this.isOver ? 1 : 0))).join('');
    if (missed !== '') response.write(missed);
    if (this.isOver) response.end();
    else this.followers.push(response);
  }

  /** The first frames' text, for tests that break one in the middle. */
  text(count: number): string {
    return this.frames.slice(0, count).join('');
  }

  private nextId(): string {
    return `${this.id}:${this.frames.length + 1}`;
  }

  private append(text: string): void {
    this.frames.push(text);
    for (const follower of this.followers) follower.write(text);
  }
}

export class RunServer extends ScriptedServer {
  readonly runs: ScriptedRun[] = [];
  /** Told before whatever is resumed; the last frame gets an id. */
  snapshot: readonly ThreadStreamEvent[] | null = null;
  private readonly byKey = new Map<string, ScriptedRun>();

  constructor() {
    super();
    for (const name of SUBMITS) this.on(`threads.${name}`, this.submit);
    this.on('threads.resume', this.resume);
    this.on('threads.stop', ({ params }) => {
      const run = this.runs.find(({ id }) => id === params.run_id);
      return json({ stopped: run !== undefined && !run.isOver });
    });
  }

  /** The run number `count`, once it has been begun. */
  async begun(count: number): Promise<ScriptedRun> {
    return vi.waitFor(() => {
      const run = this.runs[count - 1];
      if (!run) throw new Error(`there are ${this.runs.length} runs`);
      return run;
    });
  }

  readonly submit = ({ init, metadata }: Asked): Response => {
    const key = metadata?.idempotency_key as string;
    let run = this.byKey.get(key);
    if (!run) {
      run = new ScriptedRun(`run_${this.runs.length + 1}`);
      this.runs.push(run);
      this.byKey.set(key, run);
    }
    const live = new LiveResponse(init.signal);
    run.follow(live, 0);
    return live.response;
  };

  readonly resume = ({ init, params }: Asked): Response => {
    const [id, after] = (params.after as string).split(':');
    const run = this.runs.find((one) => one.id === id);
    const live = new LiveResponse(init.signal);
    if (this.snapshot) {
      const frames = this.snapshot.map(frame);
      live.write(`event: snapshot\n${frames.slice(0, -1).join('')}id: ${id}:${after}9\n${frames.at(-1)}`);
    }
    if (run) run.follow(live, this.snapshot ? Infinity : Number(after));
    else {
      live.write('event: end\n\n');
      live.end();
    }
    return live.response;
  };
}
