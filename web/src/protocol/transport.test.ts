import { expect, test, vi } from 'vitest';
import * as say from '../testing/events';
import { RunServer } from '../testing/runs';
import { json, live, ScriptedServer, sse } from '../testing/server';
import { settled, TestSurroundings } from '../testing/surroundings';
import { renewed, type TurnRequest } from './additions';
import { Client } from './client';
import { ConnectionLost, RequestFailed } from './errors';
import { Transport, type Arrival } from './transport';

const input = { content: [], attachments: [], inference_options: {} };
const add: TurnRequest = { type: 'threads.add_user_message', params: { thread_id: 'thr_1', input } };

interface Followed {
  /** What came, in short: deltas by their text, other events by their type. */
  readonly heard: string[];
  readonly outcome: Promise<Error | null>;
  readonly abort: () => void;
}

function network(server: ScriptedServer): {
  world: TestSurroundings;
  transport: Transport;
  submit: (request?: TurnRequest) => Followed;
  resume: (after: string | null) => Followed;
} {
  const world = new TestSurroundings();
  const client = new Client({
    api: () => ({ url: '/chatkit', fetch: server.fetch }),
    locale: () => 'en',
    baseUrl: () => 'http://host.example/',
    hostedUrl: () => undefined,
    onMalformed: (error) => {
      throw error;
    },
  });
  const transport = new Transport(client, world);
  const follow = (open: (signal: AbortSignal) => AsyncGenerator<Arrival>): Followed => {
    const heard: string[] = [];
    const abort = new AbortController();
    const listen = async (): Promise<Error | null> => {
      try {
        for await (const arrival of open(abort.signal)) heard.push(short(arrival));
        return null;
      } catch (thrown) {
        return thrown as Error;
      }
    };
    return {
      heard,
      outcome: listen(),
      abort: () => {
        abort.abort();
      },
    };
  };
  return {
    world,
    transport,
    submit: (request = renewed(add, world.newKey)) => follow((signal) => transport.submit(request, signal)),
    resume: (after) => follow((signal) => transport.resume('thr_1', after, signal)),
  };
}

function short(arrival: Arrival): string {
  if (arrival.kind === 'run') return `run ${arrival.runId}`;
  if (arrival.kind !== 'event') return arrival.kind;
  const { event } = arrival;
  const isDelta =
    event.type === 'thread.item.updated' && event.update.type === 'assistant_message.content_part.text_delta';
  return isDelta ? (event.update as { delta: string }).delta : event.type;
}

const count = (server: ScriptedServer, type: string): number => server.of(`threads.${type}`).length;

/** One run that was followed to its end: from now on the server is known to resume. */
async function acquainted(): Promise<{ server: RunServer } & ReturnType<typeof network>> {
  const server = new RunServer();
  const net = network(server);
  const { outcome } = net.submit();
  (await server.begun(1)).end();
  expect(await outcome).toBeNull();
  server.asked.length = 0;
  return { server, ...net };
}

test('a run is followed over a broken connection: nothing is missing and nothing comes twice', async () => {
  const server = new RunServer();
  const { submit } = network(server);
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await settled();
  run.cut();
  run.say(say.delta('a', 'two'));
  await settled();
  run.say(say.delta('a', 'three'));
  run.end();
  expect(await it.outcome).toBeNull();
  expect(it.heard).toEqual(['run run_1', 'One', 'reconnecting', 'connected', 'two', 'three']);
  expect(server.of('threads.resume').map((asked) => asked.params)).toEqual([
    { thread_id: 'thr_1', after: 'run_1:1' },
  ]);
});

test('a body that ends without the end of its run was cut', async () => {
  const server = new RunServer();
  const { submit } = network(server);
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  run.close();
  await settled();
  run.end();
  expect(await it.outcome).toBeNull();
  expect(count(server, 'resume')).toBe(1);
});

test('half an event is asked for again, not half understood', async () => {
  const server = new RunServer();
  const { submit } = network(server);
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await settled();
  const [line] = run.followers.splice(0);
  run.say(say.delta('a', 'two'));
  line?.write(run.text(2).slice(run.text(1).length, -1));
  line?.end();
  await settled();
  run.end();
  expect(await it.outcome).toBeNull();
  expect(it.heard.filter((word) => word === 'two')).toHaveLength(1);
  expect(server.of('threads.resume')[0]?.params.after).toBe('run_1:1');
});

test('45 seconds of silence are a broken connection; a heartbeat is a sign of life', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await world.advance(44_000);
  run.heartbeat();
  await world.advance(44_000);
  expect(count(server, 'resume')).toBe(0);
  await world.advance(1_000);
  expect(count(server, 'resume')).toBe(1);
  run.end();
  expect(await it.outcome).toBeNull();
});

test('a connection that never answers is silent too', async () => {
  const { server, submit, world } = await acquainted();
  server.on('threads.add_user_message', () => new Promise<Response>(() => undefined), server.submit);
  const it = submit();
  await world.advance(45_000);
  expect(count(server, 'add_user_message')).toBe(2);
  (await server.begun(2)).end();
  expect(await it.outcome).toBeNull();
});

test('retries at once, then after waits that double to 8 seconds, spread by chance, for a minute', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  server.on('threads.resume', () => Promise.reject(new TypeError('Failed to fetch')));
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await settled();
  run.cut();
  await settled();
  expect(count(server, 'resume')).toBe(1);
  const waits: (number | undefined)[] = [];
  for (const dice of [1, 0.5, 1, 1, 1, 0.25, 1]) {
    waits.push(world.pending[0]);
    world.dice = dice;
    await world.advance(world.pending[0] ?? 0);
  }
  expect(waits).toEqual([500, 1_000, 1_000, 4_000, 8_000, 8_000, 2_000]);
  world.dice = 1;
  await world.advance(60_000);
  const error = await it.outcome;
  expect(error).toBeInstanceOf(ConnectionLost);
  expect(error).toMatchObject({ threadId: 'thr_1', after: 'run_1:1' });
  expect(world.now()).toBeLessThan(90_000);
  expect(world.pending).toEqual([]);
});

test('something new starts the waits over; a connection that brings nothing does not', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await settled();
  run.cut();
  await settled();
  run.cut();
  await settled();
  expect(world.pending[0]).toBe(500);
  await world.advance(500);
  run.say(say.delta('a', 'two'));
  await settled();
  run.cut();
  await settled();
  expect(run.followers).toHaveLength(1);
});

test('a connection that held for a heartbeat starts the waits over', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  for (let breaks = 0; breaks < 3; breaks++) {
    await world.advance(16_000);
    run.heartbeat();
    await settled();
    run.cut();
    await settled();
    expect(run.followers).toHaveLength(1);
  }
});

test('the network coming back ends the wait', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  const refuse = (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'));
  server.on('threads.resume', refuse, server.resume);
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'));
  await settled();
  run.cut();
  await settled();
  expect(count(server, 'resume')).toBe(1);
  world.goOnline();
  await settled();
  expect(count(server, 'resume')).toBe(2);
  run.end();
  expect(await it.outcome).toBeNull();
});

test('an abort ends a wait, a silent fetch and the whole run', async () => {
  const { server, submit, world } = await acquainted();
  server.on('threads.add_user_message', () => new Promise<Response>(() => undefined));
  const hanging = submit();
  await settled();
  hanging.abort();
  expect(await hanging.outcome).toMatchObject({ name: 'AbortError' });
  server.on('threads.add_user_message', () => Promise.reject(new TypeError('Failed to fetch')));
  const waiting = submit();
  await settled();
  waiting.abort();
  expect(await waiting.outcome).toMatchObject({ name: 'AbortError' });
  expect(world.pending).toEqual([]);
});

test.each([
  ['a broken body', (stream: { cut: () => void }): void => stream.cut(), true],
  ['the end of the body', (stream: { end: () => void }): void => stream.end(), false],
])('at a server without ids, %s is the end', async (_, finish, isError) => {
  const server = new ScriptedServer();
  const { reply, opened } = live();
  const { submit, world, transport } = network(server.on('threads.add_user_message', reply));
  const it = submit();
  const stream = await opened;
  stream.write('id: 7\nevent: update\n');
  stream.send(say.delta('a', 'One'));
  await world.advance(3_600_000);
  finish(stream);
  expect((await it.outcome) !== null).toBe(isError);
  expect(it.heard).toEqual(['One']);
  expect(server.asked).toHaveLength(1);
  expect(transport.isResuming).toBe(false);
});

test.each([
  ['no answer', (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'))],
  ['a gateway error', (): Response => json({}, 502)],
  ['overload', (): Response => json({}, 503, { 'Retry-After': '1' })],
])('at a server that is not known to resume, nothing is repeated after %s', async (_, reply) => {
  const server = new ScriptedServer();
  const { submit } = network(server.on('threads.add_user_message', reply));
  expect(await submit().outcome).toBeInstanceOf(Error);
  expect(server.asked).toHaveLength(1);
});

test.each([
  ['no answer', (): Promise<Response> => Promise.reject(new TypeError('Failed to fetch'))],
  ['an empty body', (): Response => sse()],
  ['a gateway error', (): Response => json({}, 504)],
])(
  'a request that got %s is sent again under its key, if the server is known to resume',
  async (_, reply) => {
    const { server, submit } = await acquainted();
    server.on('threads.add_user_message', reply, server.submit);
    const it = submit();
    (await server.begun(2)).end();
    expect(await it.outcome).toBeNull();
    const [first, second] = server.of('threads.add_user_message');
    expect(first?.metadata).toEqual({ resumable: true, idempotency_key: 'key-2' });
    expect(second?.init.body).toBe(first?.init.body);
  },
);

test.each([409, 422, 500, 503])('a refusal with HTTP %i is not repeated', async (status) => {
  const { server, submit, world } = await acquainted();
  server.on('threads.add_user_message', () => json({ message: 'No' }, status));
  const error = await submit().outcome;
  expect(error).toMatchObject({ status, explanation: 'No' });
  expect(server.asked).toHaveLength(1);
  expect(world.pending).toEqual([]);
});

test('an overloaded server is asked again when it says so, three times', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  const full = (): Response =>
    json({ code: 'overloaded', message: 'Too many runs' }, 503, { 'Retry-After': '5' });
  server.on('threads.add_user_message', full, full, full, server.submit);
  const it = submit();
  await world.advance(4_999);
  expect(server.asked).toHaveLength(1);
  await world.advance(10_001);
  (await server.begun(1)).end();
  expect(await it.outcome).toBeNull();
  expect(it.heard).toEqual(['run run_1']);
  server.on('threads.add_user_message', full);
  const other = submit();
  await world.advance(60_000);
  expect(await other.outcome).toBeInstanceOf(RequestFailed);
  expect(server.asked).toHaveLength(8);
});

test('a resumption that is refused is over; one that fails is tried again', async () => {
  const server = new RunServer();
  const { resume, world } = network(server);
  server.on(
    'threads.resume',
    () => json({}, 500),
    () => json({}, 429),
    () => json({ message: 'Gone' }, 404),
  );
  const it = resume('run_9:4');
  await world.advance(1_000);
  expect(await it.outcome).toMatchObject({ status: 404 });
  expect(count(server, 'resume')).toBe(3);
});

test('a snapshot comes whole or not at all, and what follows it has ids again', async () => {
  const server = new RunServer();
  const { resume } = network(server);
  const first = live();
  server.on('threads.resume', first.reply, server.resume);
  const it = resume('run_1:3');
  const broken = await first.opened;
  broken.write(`event: snapshot\ndata: ${JSON.stringify(say.updatedThread({}))}\n\n`);
  broken.send(say.done(say.user('u')));
  await settled();
  expect(it.heard).toEqual([]);
  server.snapshot = [say.updatedThread({}), say.done(say.user('u')), say.added(say.assistant('a', 'Half'))];
  broken.cut();
  await vi.waitFor(() => expect(it.heard).toContain('snapshot'));
  await it.outcome;
  expect(server.of('threads.resume').map((asked) => asked.params.after)).toEqual(['run_1:3', 'run_1:3']);
  expect(it.heard).toEqual([
    'reconnecting',
    'connected',
    'snapshot',
    'thread.item.done',
    'thread.item.added',
  ]);
});

test('what is followed without ids is cut off until its end is said', async () => {
  const server = new RunServer();
  const { resume } = network(server);
  server.on('threads.resume', () => sse(), server.resume);
  const it = resume('run_0:0');
  expect(await it.outcome).toBeNull();
  expect(count(server, 'resume')).toBe(2);
});

test('a new thread is resumed by the id it was given', async () => {
  const server = new RunServer();
  const { submit } = network(server);
  const it = submit({ type: 'threads.create', params: { input }, metadata: {} });
  const run = await server.begun(1);
  run.say(say.created('thr_7'));
  await settled();
  run.cut();
  run.end();
  expect(await it.outcome).toBeNull();
  expect(server.of('threads.resume')[0]?.params).toEqual({ thread_id: 'thr_7', after: 'run_1:1' });
});

test('what a server tells again is not heard again, and is no success either', async () => {
  const server = new RunServer();
  const { submit, world } = network(server);
  server.on('threads.resume', (asked) => {
    const again = { ...asked, params: { ...asked.params, after: 'run_1:0' } };
    const response = server.resume(again);
    run.close();
    return response;
  });
  const it = submit();
  const run = await server.begun(1);
  run.say(say.delta('a', 'One'), say.delta('a', 'two'));
  await settled();
  run.close();
  await world.advance(100_000);
  expect(await it.outcome).toBeInstanceOf(ConnectionLost);
  expect(it.heard.filter((word) => word !== 'reconnecting' && word !== 'connected')).toEqual([
    'run run_1',
    'One',
    'two',
  ]);
});

test('a run whose thread is not known yet is asked for under its key, and only the rest of it is heard', async () => {
  const server = new RunServer();
  const { submit } = network(server);
  const it = submit({ type: 'threads.create', params: { input }, metadata: { idempotency_key: 'k' } });
  const run = await server.begun(1);
  run.say(say.opts(true));
  await settled();
  run.cut();
  run.say(say.created('thr_7'));
  run.end();
  expect(await it.outcome).toBeNull();
  expect(count(server, 'create')).toBe(2);
  expect(it.heard).toEqual(['run run_1', 'stream_options', 'reconnecting', 'connected', 'thread.created']);
});
