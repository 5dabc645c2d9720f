import { expect, test } from 'vitest';
import type { ThreadItem, ThreadStreamEvent } from '../protocol/types.gen';
import { readEvent, readItem } from '../protocol/wire';
import * as say from '../testing/events';
import { wire, wireJson } from '../testing/wire';
import { emptyChat, type ChatState } from './model';
import { addLocal, dropAfter, load, reduce, reduceSnapshot, settle } from './reduce';

const play = (events: ThreadStreamEvent[], from: ChatState = emptyChat): ChatState =>
  events.reduce(reduce, from);
const item = (state: ChatState, id: string): ThreadItem | undefined =>
  state.entries.find((entry) => entry.item.id === id)?.item;
const texts = (state: ChatState, id: string): string[] => {
  const found = item(state, id);
  return found?.type === 'assistant_message' ? found.content.map((part) => part.text) : [];
};
const ids = (state: ChatState): string[] => state.entries.map((entry) => entry.item.id);
const annotation = (url: string): Record<string, unknown> => ({
  type: 'annotation',
  index: 5,
  source: { type: 'url', title: url, url },
});

test('case 25: a message grows with its deltas and ends as `done` says', () => {
  const growing = play([
    say.added(say.assistant('m')),
    say.part('m', 'added', ''),
    say.delta('m', 'He'),
    say.delta('m', 'llo'),
  ]);
  expect(texts(growing, 'm')).toEqual(['Hello']);
  expect(growing.entries[0]?.isFinal).toBe(false);
  const ended = play([say.part('m', 'done', 'Hello'), say.done(say.assistant('m', 'Hello!'))], growing);
  expect(texts(ended, 'm')).toEqual(['Hello!']);
  expect(ended.entries).toHaveLength(1);
  expect(ended.entries[0]?.isFinal).toBe(true);
});

test('case 26: a delta for a part that was never added pads the parts before it', () => {
  expect(texts(play([say.added(say.assistant('m')), say.delta('m', 'x', 1)]), 'm')).toEqual(['', 'x']);
});

test('a nonsensical part index changes nothing', () => {
  const state = play([say.added(say.assistant('m', 'a')), say.delta('m', 'x', 1e9), say.delta('m', 'x', -1)]);
  expect(texts(state, 'm')).toEqual(['a']);
});

test('case 27: citations stay when a part ends with an empty list', () => {
  const add = (index: number, url: string): ThreadStreamEvent =>
    say.update('m', {
      type: 'assistant_message.content_part.annotation_added',
      content_index: 0,
      annotation_index: index,
      annotation: annotation(url),
    });
  const state = play([
    say.added(say.assistant('m')),
    add(0, 'b'),
    add(0, 'a'),
    add(9, 'c'),
    say.part('m', 'done', 'Hello'),
  ]);
  const message = item(state, 'm');
  const sources = message?.type === 'assistant_message' ? (message.content[0]?.annotations ?? []) : [];
  expect(sources.map(({ source }) => source.title)).toEqual(['a', 'b', 'c']);
});

test('case 28: `done` without `added` shows the message complete', () => {
  expect(play([say.done(say.assistant('m', 'Hi'))]).entries).toMatchObject([{ key: 'm', isFinal: true }]);
});

test('case 29: progress is replaced by the next and cleared by a visible item, not by a tool call', () => {
  const progress = (text: string): ThreadStreamEvent =>
    say.event({ type: 'progress_update', icon: 'search', text });
  const first = play([progress('Looking'), progress('Searching')]);
  expect(first.progress).toEqual({ text: 'Searching', icon: 'search' });
  const called = play([say.done(say.toolCall('t', 'x', {}))], first);
  expect(called.progress).not.toBeNull();
  expect(play([say.added(say.assistant('m'))], called).progress).toBeNull();
  expect(settle(first).progress).toBeNull();
});

test('case 31: a notice is no item', () => {
  const state = play([
    say.event({ type: 'notice', level: 'warning', title: 'Limit', message: 'See [plan](https://x)' }),
  ]);
  expect(state.notices).toMatchObject([
    { level: 'warning', title: 'Limit', message: 'See [plan](https://x)' },
  ]);
  expect(state.entries).toEqual([]);
});

test('case 32: an error does not keep a later title from being applied', () => {
  const state = play([
    say.created(),
    say.failure({ code: 'custom', message: 'Blocked', allow_retry: false }),
    say.updatedThread({ title: 'T' }),
  ]);
  expect(state.failure).toEqual({ message: 'Blocked', canRetry: false, plan: null });
  expect(state.thread?.title).toBe('T');
});

test('case 34: an unknown error code without a message leaves the words to the locale', () => {
  expect(play([say.failure({ code: 'weird.new' })]).failure?.message).toBeNull();
});

test('case 12: thread.updated replaces the metadata wholesale and leaves the items alone', () => {
  const state = play([
    say.created('thr_1', { title: 'Old' }),
    say.done(say.user('u')),
    say.updatedThread({}),
  ]);
  expect(state.thread).not.toHaveProperty('title');
  expect(ids(state)).toEqual(['u']);
  expect(play([say.updatedThread({ title: 'Other' }, 'thr_2')], state).thread?.id).toBe('thr_1');
});

test('case 37: a reasoning workflow collects its thoughts and takes its summary from `done`', () => {
  const thought = (kind: 'added' | 'updated', index: number, content: string): ThreadStreamEvent =>
    say.update('w', { type: `workflow.task.${kind}`, task_index: index, task: { type: 'thought', content } });
  const state = play([
    say.added(say.workflow('w', 'reasoning')),
    thought('added', 0, 'a'),
    thought('updated', 0, 'ab'),
    thought('updated', 0, 'abc'),
    thought('added', 1, 'd'),
    thought('updated', 3, 'z'),
  ]);
  expect(item(state, 'w')).toMatchObject({
    workflow: { tasks: [{ content: 'abc' }, { content: 'd' }, { type: 'custom' }, { content: 'z' }] },
  });
});

test('case 38: two equal tasks are two rows, whatever the index says', () => {
  const add: ThreadStreamEvent = say.update('w', {
    type: 'workflow.task.added',
    task_index: 0,
    task: { type: 'custom', title: 't' },
  });
  const state = play([say.added(say.workflow('w', 'custom')), add, add]);
  expect(item(state, 'w')).toMatchObject({ workflow: { tasks: [{ title: 't' }, { title: 't' }] } });
});

test('case 39: an image shows its previews and their progress, then its final form', () => {
  const preview = (progress: number): ThreadStreamEvent =>
    say.update('i', { type: 'generated_image.updated', image: { id: 'ig', url: `p${progress}` }, progress });
  const state = play([say.added(say.image('i')), preview(0.33), preview(0.66)]);
  expect(state.entries[0]).toMatchObject({ progress: 0.66, item: { image: { url: 'p0.66' } } });
  expect(item(play([say.done(say.image('i', 'https://x/y.png'))], state), 'i')).toMatchObject({
    image: { url: 'https://x/y.png' },
  });
});

test('case 40: an image that never came and an answer that never began are gone when the stream ends', () => {
  expect(settle(play([say.added(say.image('i')), say.added(say.assistant('m'))])).entries).toEqual([]);
});

test('case 41: removing what was never there changes nothing', () => {
  const state = play([say.done(say.user('u'))]);
  expect(ids(play([say.removed('x')], state))).toEqual(['u']);
  expect(play([say.delta('x', 'lost')], state)).toBe(state);
});

test('case 42: a replaced item keeps its place', () => {
  const state = play([
    say.done(say.assistant('a', '1')),
    say.done(say.assistant('b', '2')),
    say.replaced(say.assistant('a', '3')),
  ]);
  expect(ids(state)).toEqual(['a', 'b']);
  expect(texts(state, 'a')).toEqual(['3']);
});

test('case 59: a widget delta finds its node in any depth, also after one that said done', () => {
  const widget = (value: string): ThreadStreamEvent =>
    say.added(
      readItem({
        ...say.user('w'),
        type: 'widget',
        widget: {
          type: 'Card',
          children: [{ type: 'Transition', children: { type: 'Text', id: 't', value } }],
        },
      }) as ThreadItem,
    );
  const grow = (delta: string): ThreadStreamEvent =>
    say.update('w', { type: 'widget.streaming_text.value_delta', component_id: 't', delta, done: true });
  expect(JSON.stringify(item(play([widget('a'), grow('b'), grow('c')]), 'w'))).toContain('"value":"abc"');
});

test('case 46: a hidden item is not even there', () => {
  const event = readEvent({
    type: 'thread.item.added',
    item: { id: 'h', type: 'hidden_context_item', content: 'secret' },
  });
  expect(event).toBeNull();
});

test('an answer that reuses the id of one of an earlier turn is a new answer', () => {
  const state = play([
    say.done(say.user('u1')),
    say.done(say.assistant('fake', 'one')),
    say.done(say.user('u2')),
    say.added(say.assistant('fake')),
    say.delta('fake', 'two'),
    say.done(say.assistant('fake', 'two!')),
  ]);
  expect(state.entries.map((entry) => entry.key)).toEqual(['u1', 'fake', 'u2', 'fake~2']);
  expect(
    state.entries.map(({ item: it }) => (it.type === 'assistant_message' ? it.content[0]?.text : '')),
  ).toEqual(['', 'one', '', 'two!']);
});

test('the echo replaces the local message under the same key', () => {
  const state = reduce(addLocal(emptyChat, say.user('local-1')), say.done(say.user('msg_1')));
  expect(state.entries).toMatchObject([{ key: 'local-1', item: { id: 'msg_1' }, isLocal: false }]);
});

test('a retry drops what follows the message, and a reload keeps the keys of what stays', () => {
  const state = play([say.done(say.user('u')), say.done(say.assistant('a', '1')), say.failure({})]);
  expect(dropAfter(state, 'u')).toMatchObject({ failure: null, entries: [{ key: 'u' }] });
  const local = reduce(addLocal(emptyChat, say.user('local-1')), say.done(say.user('u')));
  const thread = { id: 'thr_1', created_at: '' };
  const loaded = load(local, thread, [say.user('u'), say.assistant('a', '1')], null);
  expect(loaded.entries.map((entry) => entry.key)).toEqual(['local-1', 'a']);
});

test('case 10: items with any spelling of time keep the order in which they came', () => {
  const dated = (id: string, at: string): ThreadItem => ({ ...say.user(id), created_at: at });
  const state = load(
    emptyChat,
    { id: 't', created_at: '' },
    [
      dated('a', '2030-01-02T03:04:05.678000'),
      dated('b', '2020-01-01T00:00:00Z'),
      dated('c', '2040-01-01T00:00:00+02:00'),
    ],
    null,
  );
  expect(ids(state)).toEqual(['a', 'b', 'c']);
});

test('H.1 to H.3: every recorded event, update and item is understood', () => {
  for (const line of wire('new_thread.sse').split('\n\n').filter(Boolean)) {
    expect(readEvent(JSON.parse(line.slice(6)))).not.toBeNull();
  }
  for (const value of wireJson('events.json') as object[])
    expect(readEvent(value), JSON.stringify(value)).not.toBeNull();
  const items = (wireJson('items.json') as object[]).map(readItem);
  expect(items.every((entry) => entry !== null)).toBe(true);
  expect(items.length).toBe(9);
});

test('a snapshot begins with nothing after the last message, no failure and no progress', () => {
  const before = play([
    say.created(),
    say.done(say.user('u1')),
    say.done(say.assistant('a1', 'Old')),
    say.done(say.user('u2')),
    say.added(say.assistant('a2', 'Part')),
    say.event({ type: 'progress_update', text: 'Working' }),
    say.failure({ message: 'Broken' }),
  ]);
  const after = reduceSnapshot(before, say.updatedThread({ title: 'T' }));
  expect(ids(after)).toEqual(['u1', 'a1', 'u2']);
  expect(after).toMatchObject({ failure: null, progress: null, thread: { title: 'T' } });
  expect(after.entries[2]).toBe(before.entries[2]);
  const whole = play([say.done(say.user('u2')), say.added(say.assistant('a2', 'Part two'))], after);
  expect(ids(whole)).toEqual(['u1', 'a1', 'u2', 'a2']);
  expect(texts(whole, 'a2')).toEqual(['Part two']);
});

test('a snapshot of a thread without messages leaves its items to be told again one by one', () => {
  const before = play([say.created(), say.done(say.assistant('a', 'Hello'))]);
  expect(ids(reduceSnapshot(before, say.updatedThread({})))).toEqual(['a']);
});

test('an item that is added again starts anew in its place', () => {
  const state = play([
    say.done(say.user('u')),
    say.added(say.assistant('m')),
    say.delta('m', 'Part'),
    say.done(say.toolCall('t', 'x', {})),
    say.added(say.assistant('m')),
    say.delta('m', 'Part'),
  ]);
  expect(ids(state)).toEqual(['u', 'm', 't']);
  expect(texts(state, 'm')).toEqual(['Part']);
});

test('a thread that is created again keeps what has been said of it since', () => {
  const state = play([say.created(), say.updatedThread({ title: 'T' }), say.created()]);
  expect(state.thread?.title).toBe('T');
});
