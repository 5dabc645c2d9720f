import { expect, test, vi } from 'vitest';
import { rig, type Rig } from '../testing/rig';
import * as say from '../testing/events';
import { json, sse, type Reply } from '../testing/server';
import { Attachments } from './attachments';
import type { Send, Upload } from './upload';

const png = (name: string, size = 500): File => new File([new Uint8Array(size)], name, { type: 'image/png' });
const text = (name: string, size = 500): File => new File(['x'.repeat(size)], name, { type: 'text/plain' });

interface Bench extends Rig {
  readonly attachments: Attachments;
  readonly sent: { url: string; upload: Upload }[];
  /** What the address that a file is sent to says. */
  answer: () => Promise<Response>;
  states: () => string[];
}

function bench(limits: Record<string, unknown> = {}, api: Record<string, unknown> = {}): Bench {
  const r = rig();
  const options = { composer: { attachments: { enabled: true, ...limits } } };
  r.setOptions({ ...options, api: { url: '/chatkit', fetch: r.server.fetch, ...api } });
  const sent: Bench['sent'] = [];
  const send: Send = (url, upload, onProgress) => {
    sent.push({ url, upload });
    onProgress(0.5);
    return it.answer();
  };
  const it: Bench = {
    ...r,
    attachments: new Attachments(r.context, send),
    sent,
    answer: () => Promise.resolve(new Response('', { status: 200 })),
    states: () => r.store.files.value.map((file) => file.state),
  };
  return it;
}

const settled = (it: Bench, ...states: string[]): Promise<void> =>
  vi.waitFor(() => expect(it.states()).toEqual(states));

const created =
  (extra: Record<string, unknown> = {}): Reply =>
  ({ params }) =>
    json({ type: 'file', id: 'att_1', name: params.name, mime_type: params.mime_type, ...extra });

test('case 67: a file goes directly to the address that the page names, and its id with the message', async () => {
  const it = bench({}, { uploadStrategy: { type: 'direct', uploadUrl: '/up' } });
  const preview = { preview_url: '/p.png', metadata: null };
  it.server.onUpload = () =>
    json({ type: 'image', id: 'att_1', name: 'a.png', mime_type: 'image/png', ...preview });
  it.attachments.add([png('a.png')]);
  expect(it.conversation.hasDraft()).toBe(false);
  await settled(it, 'ready');
  expect(it.server.uploads.map(({ url, file }) => [new URL(url).pathname, file.name, file.type])).toEqual([
    ['/up', 'a.png', 'image/png'],
  ]);
  it.server.on('threads.create', () => sse(say.created(), say.done(say.user('u'))));
  expect(it.conversation.submit()).toBe(true);
  await it.idle();
  expect(it.server.of('threads.create')[0]?.params).toMatchObject({
    input: { content: [], attachments: ['att_1'] },
  });
  expect(it.store.files.value).toEqual([]);
  expect(it.server.of('attachments.delete')).toEqual([]);
});

test.each([
  [
    'a form, without a type of its own',
    {
      upload_descriptor: {
        url: '/up',
        method: 'POST',
        headers: { 'X-Key': '1', 'Content-Type': 'image/png' },
      },
    },
    { method: 'POST', headers: { 'X-Key': '1' } },
  ],
  [
    'the bytes, with the type of the file',
    { upload_descriptor: { url: 'https://store.example/a', method: 'PUT', headers: { 'X-Key': '1' } } },
    { method: 'PUT', headers: { 'X-Key': '1', 'Content-Type': 'image/png' } },
  ],
  [
    'the bytes, with the type of the descriptor',
    { upload_descriptor: { url: '/up', method: 'PUT', headers: { 'content-type': 'x/y' } } },
    { method: 'PUT', headers: { 'content-type': 'x/y' } },
  ],
  ['a form, to the address of old', { upload_url: '/up' }, { method: 'POST', headers: {} }],
])('case 68: in two phases the server gets %s', async (_, reply, expected) => {
  const it = bench();
  it.server.on('attachments.create', created(reply));
  it.attachments.add([png('a.png')]);
  await settled(it, 'ready');
  expect(it.server.of('attachments.create')[0]?.params).toEqual({
    name: 'a.png',
    size: 500,
    mime_type: 'image/png',
  });
  const { url, upload } = it.sent[0] ?? {};
  expect(url).toMatch(/^https?:\/\/(host\.example\/up|store\.example\/a)$/);
  expect({ method: upload?.method, headers: upload?.headers }).toEqual(expected);
  const file = upload?.body instanceof FormData ? upload.body.get('file') : upload?.body;
  expect((file as File).name).toBe('a.png');
});

test('case 68: what the server has already is not sent', async () => {
  const it = bench();
  it.server.on('attachments.create', created());
  it.attachments.add([png('a.png')]);
  await settled(it, 'ready');
  expect(it.sent).toEqual([]);
});

test('case 69: a file that is removed before it is sent is deleted at the server', async () => {
  const it = bench();
  it.server.on('attachments.create', created());
  it.attachments.add([png('a.png')]);
  await settled(it, 'ready');
  it.attachments.remove('file-1');
  expect(it.store.files.value).toEqual([]);
  expect(it.server.of('attachments.delete').map(({ params }) => params)).toEqual([
    { attachment_id: 'att_1' },
  ]);
});

test('case 70: types, sizes and counts are kept to, without a request for what is refused', async () => {
  const it = bench({ maxSize: { 'image/*': 1000, '*': 10 }, maxCount: 10 });
  it.server.on('attachments.create', created());
  it.attachments.add([text('a.txt')]);
  expect(it.store.composerProblem.value).toEqual({ about: 'fileSize', name: 'a.txt', limit: 10 });
  it.attachments.add(Array.from({ length: 11 }, (_, at) => png(`${at}.png`)));
  expect(it.store.composerProblem.value).toEqual({ about: 'fileCount', limit: 10 });
  expect(it.store.files.value).toHaveLength(10);
  await vi.waitFor(() => expect(it.server.of('attachments.create')).toHaveLength(10));
  it.setOptions({ composer: { attachments: { enabled: true, accept: { 'image/*': ['.svg'] } } } });
  it.attachments.place([]);
  it.attachments.add([text('b.txt')]);
  expect(it.store.composerProblem.value).toEqual({ about: 'fileType', name: 'b.txt' });
});

test('an upload that fails can be tried again, and what it had registered is deleted', async () => {
  const it = bench();
  it.server.on('attachments.create', created({ upload_descriptor: { url: '/up', method: 'PUT' } }));
  it.answer = () => Promise.resolve(new Response('', { status: 507 }));
  it.attachments.add([png('a.png')]);
  await settled(it, 'failed');
  expect(it.conversation.hasDraft()).toBe(false);
  expect(it.heard()).toEqual(['error']);
  it.answer = () => Promise.resolve(new Response(null, { status: 204 }));
  it.attachments.retry('file-1');
  await settled(it, 'ready');
  expect(it.server.of('attachments.delete')).toHaveLength(1);
  expect(it.server.of('attachments.create')).toHaveLength(2);
});

test('a file that is removed while it is sent is sent no further', async () => {
  const it = bench();
  it.server.on('attachments.create', created({ upload_descriptor: { url: '/up', method: 'PUT' } }));
  it.answer = () => new Promise(() => undefined);
  it.attachments.add([png('a.png')]);
  await vi.waitFor(() => expect(it.sent).toHaveLength(1));
  expect(it.store.files.value[0]?.progress).toBe(0.5);
  it.attachments.remove('file-1');
  expect(it.sent[0]?.upload.signal.aborted).toBe(true);
  expect(it.server.of('attachments.delete')).toHaveLength(1);
  expect(it.heard()).toEqual([]);
});

test('case 74: the page sets tags, tool, model and files, and takes back the tool alone', async () => {
  const r = rig();
  r.setOptions({
    composer: {
      attachments: { enabled: true },
      tools: [{ id: 'x', label: 'X', icon: 'bolt' }],
      models: [
        { id: 'l', label: 'L' },
        { id: 'm', label: 'M' },
      ],
    },
  });
  r.server.on('attachments.create', created());
  const content = [
    { type: 'input_text', text: 'ask ' },
    { type: 'input_tag', id: 'b', text: 'Bob', data: {} },
  ] as const;
  await r.conversation.setComposerValue({
    content,
    selectedToolId: 'x',
    selectedModelId: 'm',
    files: [png('a.png')],
  });
  expect(r.store.files.value.map(({ name, state }) => [name, state])).toEqual([['a.png', 'uploading']]);
  await r.conversation.setComposerValue({ selectedToolId: null });
  await vi.waitFor(() => expect(r.store.files.value[0]?.state).toBe('ready'));
  expect(r.conversation.composerContents()).toEqual({
    text: 'ask @Bob',
    content,
    reply: '',
    attachments: [{ type: 'file', id: 'att_1', name: 'a.png', mime_type: 'image/png' }],
    selectedToolId: null,
    selectedModelId: 'm',
  });
  expect(r.heard()).toEqual(['tool.change', 'tool.change']);
});

test('what the page has uploaded takes the place of what was there; that is deleted, the new is not', async () => {
  const it = bench();
  it.server.on('attachments.create', created());
  it.attachments.add([png('a.png')]);
  await settled(it, 'ready');
  const own = { type: 'file', id: 'att_9', name: 'own.pdf', mime_type: 'application/pdf' } as const;
  it.attachments.place([own]);
  it.attachments.place([own]);
  expect(it.store.files.value.map((file) => file.name)).toEqual(['own.pdf']);
  expect(it.server.of('attachments.delete').map(({ params }) => params)).toEqual([
    { attachment_id: 'att_1' },
  ]);
});
