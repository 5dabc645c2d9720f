import { expect, test, vi } from 'vitest';
import { delta, done, assistant } from '../testing/events';
import { json, ScriptedServer, sse } from '../testing/server';
import { Client, type Api } from './client';
import { RequestFailed } from './errors';
import type { ChatKitReq, ThreadStreamEvent } from './types.gen';

const signal = new AbortController().signal;
const ask: ChatKitReq = { type: 'threads.retry_after_item', params: { thread_id: 't', item_id: 'm' } };

function clientOf(api: Api, onMalformed: (error: Error) => void = () => undefined): Client {
  return new Client({
    api: () => api,
    locale: () => 'de-DE',
    baseUrl: () => 'http://host.example/a/page.html',
    hostedUrl: () => undefined,
    onMalformed,
  });
}

async function all(client: Client): Promise<ThreadStreamEvent[]> {
  const events: ThreadStreamEvent[] = [];
  for await (const { event } of await client.open(ask, signal)) if (event) events.push(event);
  return events;
}

function text(body: string): Response {
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream; charset=utf-8' } });
}

test("case 6: calls the page's fetch as a plain function with a string, a plain init and a signal", async () => {
  const receivers: unknown[] = [];
  async function pageFetch(this: unknown, url: string, init: RequestInit): Promise<Response> {
    receivers.push(this);
    expect(url).toBe('http://host.example/a/ck');
    expect({ ...(init.headers as object) }).toEqual({
      'Content-Type': 'application/json',
      'Accept-Language': 'de-DE',
    });
    expect(JSON.parse(init.body as string)).toEqual(ask);
    expect(init.signal).toBeInstanceOf(AbortSignal);
    return Promise.resolve(sse(done(assistant('m', 'Hello'))));
  }
  expect(await all(clientOf({ url: 'ck', fetch: pageFetch }))).toHaveLength(1);
  expect(receivers).toEqual([undefined]);
});

test('case 6: reads a response that has no readable body', async () => {
  const response = {
    ok: true,
    status: 200,
    body: null,
    headers: new Headers({ 'content-type': 'text/event-stream' }),
  };
  const body = `data: ${JSON.stringify(delta('m', 'x'))}\n\n`;
  const fetch = (): Promise<Response> =>
    Promise.resolve({ ...response, text: () => Promise.resolve(body) } as unknown as Response);
  expect(await all(clientOf({ url: '/ck', fetch }))).toEqual([delta('m', 'x')]);
});

test('case 4: leaves out events, items and updates of kinds it does not know', async () => {
  const unknown = [
    { type: 'future.event', x: 1 },
    { type: 'thread.item.added', item: { id: 'x', type: 'hologram' } },
    { type: 'thread.item.added' },
    null,
    7,
  ];
  const body = unknown.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  expect(await all(clientOf({ url: '/ck', fetch: () => Promise.resolve(text(body)) }))).toEqual([]);
});

test('case 5: reports a line that is not JSON and goes on', async () => {
  const onMalformed = vi.fn();
  const body = `data: {"type":\n\ndata: ${JSON.stringify(delta('m', 'x'))}\n\n`;
  const client = clientOf({ url: '/ck', fetch: () => Promise.resolve(text(body)) }, onMalformed);
  expect(await all(client)).toEqual([delta('m', 'x')]);
  expect(onMalformed).toHaveBeenCalledOnce();
});

test('takes JSON in answer to a streaming operation for a stream of one event', async () => {
  expect(
    await all(clientOf({ url: '/ck', fetch: () => Promise.resolve(json(delta('m', 'x'))) })),
  ).toHaveLength(1);
  expect(await all(clientOf({ url: '/ck', fetch: () => Promise.resolve(json({ ok: true })) }))).toEqual([]);
});

test.each([
  [{ message: 'Slow down' }, 'Slow down'],
  [{ error: { code: 'x', message: 'Slow down' } }, 'Slow down'],
  [{ detail: 'Slow down' }, 'Slow down'],
  [{ detail: [{ loc: [] }] }, null],
])("a refusal carries its status and the server's words: %j", async (body, words) => {
  const client = clientOf({ url: '/ck', fetch: () => Promise.resolve(json(body, 429)) });
  const refusal = await client.deleteThread('t').catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(RequestFailed);
  expect(refusal).toMatchObject({ status: 429, explanation: words });
});

test('hosted mode: one secret for all requests, renewed once when it is refused', async () => {
  const server = new ScriptedServer();
  const secrets = ['s1', 's2'];
  const getClientSecret = vi.fn<(current: string | null) => Promise<string>>(() =>
    Promise.resolve(secrets.shift() ?? 'none'),
  );
  const client = clientOf({ url: '/ck', fetch: server.fetch, getClientSecret });
  server.on(
    'threads.delete',
    () => json({}),
    () => json({}, 401),
    () => json({}),
  );
  await client.deleteThread('a');
  await client.deleteThread('b');
  expect(server.asked.map((asked) => asked.headers.Authorization)).toEqual([
    'Bearer s1',
    'Bearer s1',
    'Bearer s2',
  ]);
  expect(getClientSecret.mock.calls).toEqual([[null], ['s1']]);
});
