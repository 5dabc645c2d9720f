import { expect, test } from 'vitest';
import { wire } from '../testing/wire';
import { EventParser, readEvents, type SseFrame } from './sse';

function frames(...pieces: string[]): SseFrame[] {
  const parser = new EventParser();
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

const parse = (...pieces: string[]): (string | null)[] => frames(...pieces).map(({ data }) => data);

function bytes(text: string, size: number): ReadableStream<Uint8Array> {
  const all = new TextEncoder().encode(text);
  return new ReadableStream({
    start(control) {
      for (let at = 0; at < all.length; at += size) control.enqueue(all.slice(at, at + size));
      control.close();
    },
  });
}

async function read(text: string, size: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { data } of readEvents(bytes(text, size))) found.push(data ?? '');
  return found;
}

test.each([
  ['LF', 'data: a\n\ndata: b\n\n'],
  ['CRLF', 'data: a\r\n\r\ndata: b\r\n\r\n'],
  ['CR', 'data: a\r\rdata: b\r\r'],
  ['no last blank line', 'data: a\n\ndata: b'],
  ['no last blank line after a CR', 'data: a\r\rdata: b\r'],
  ['comments and fields to ignore', ': ping\nevent: x\nid: 7\nretry: 1\ndata: a\n\n: ping\n\ndata:b\n\n'],
  ['a byte order mark', '\uFEFFdata: a\n\ndata: b\n\n'],
])('case 3: reads events separated by %s', (_, text) => {
  expect(parse(text)).toEqual(['a', 'b']);
  expect(parse(...text.split(/(?=.)/s))).toEqual(['a', 'b']);
});

test('case 3: joins the lines of one event and takes one space from each', () => {
  expect(parse('data:  a\ndata\ndata:b\n\n')).toEqual([' a\n\nb']);
});

test('an event has the name and the last id that the body gave', () => {
  const text = 'id: r:1\ndata: a\n\ndata: b\n\nevent: x\nid\ndata: c\n\nid: bad\0id\ndata: d\n\n';
  expect(frames(text)).toEqual([
    { name: 'message', id: 'r:1', data: 'a' },
    { name: 'message', id: 'r:1', data: 'b' },
    { name: 'x', id: '', data: 'c' },
    { name: 'message', id: '', data: 'd' },
  ]);
});

test('an event may be a name alone; an id alone is none', () => {
  expect(frames('id: r:1\n\nevent: end\nid: r:2\n\n')).toEqual([{ name: 'end', id: 'r:2', data: null }]);
});

test('where ids are given, an event without its blank line has not arrived', () => {
  expect(frames('id: r:1\ndata: a\n\nid: r:2\ndata: b\n')).toHaveLength(1);
  expect(frames('id: r:1\ndata: a\n\nid: r:2\ndata: {"half')).toHaveLength(1);
});

test('whatever arrives is a sign of life, comments too', async () => {
  let signs = 0;
  const body = bytes(': heartbeat\n\n', 7);
  const events = readEvents(body, { onAlive: () => signs++ });
  expect((await events.next()).done).toBe(true);
  expect(signs).toBe(3);
});

test.each([1, 2, 3, 7])('case 3: keeps characters whole that arrive in pieces of %i bytes', async (size) => {
  expect(await read('data: "Zoë 🦊 日本"\r\n\r\ndata: [DONE]\r\n\r\ndata: 2', size)).toEqual([
    '"Zoë 🦊 日本"',
    '2',
  ]);
});

test('H.1: reads the recorded stream', async () => {
  const events = (await read(wire('new_thread.sse'), 11)).map(
    (data) => (JSON.parse(data) as { type: string }).type,
  );
  expect(events[0]).toBe('thread.created');
  expect(events).toHaveLength(11);
});

test('closes the connection when its reader leaves early', async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (control) => {
      control.enqueue(new TextEncoder().encode('data: a\n\n'));
    },
    cancel: () => void (isCancelled = true),
  });
  for await (const { data } of readEvents(body)) {
    expect(data).toBe('a');
    break;
  }
  expect(isCancelled).toBe(true);
});
