import { expect, test, vi } from 'vitest';
import * as say from '../testing/events';
import { rig, type Rig } from '../testing/rig';
import { json, sse } from '../testing/server';
import type { StructuredInputItem, ThreadItem } from '../protocol/types.gen';
import { readItem } from '../protocol/wire';
import { pendingQuestions } from '../state/selectors';
import { recall, submission, choose, nothingGiven, write } from '../views/composer/questions/answers';

const inputs: StructuredInputItem['inputs'] = [
  {
    type: 'multiple_choice',
    id: 'p',
    question: 'How urgent?',
    options: [{ value: 'Low' }, { value: 'High' }],
  },
  { type: 'freeform', id: 'notes', question: 'Anything else?' },
];

function questions(status: string): ThreadItem {
  const item = readItem({
    id: 'q',
    thread_id: 'thr_1',
    created_at: '2030-01-01T00:00:00',
    type: 'structured_input',
    status,
    inputs,
  });
  if (!item) throw new Error('not an item');
  return item;
}

/** A rig whose thread ends with questions. */
async function asked(): Promise<{ r: Rig; item: StructuredInputItem }> {
  const r = rig();
  r.server.on('threads.create', () =>
    sse(say.created(), say.done(say.user('u')), say.done(questions('pending'))),
  );
  await r.conversation.sendUserMessage({ text: 'Hi' });
  await r.idle();
  const item = pendingQuestions(r.store.chat.value.entries);
  if (!item) throw new Error('nothing is asked');
  return { r, item };
}

test('case 63: what was answered is sent, what was left empty is skipped, and the composer returns', async () => {
  const { r, item } = await asked();
  r.server.on('threads.add_structured_input', () =>
    sse(say.opts(true), say.replaced(questions('answered')), say.done(say.assistant('a', 'Noted'))),
  );
  const first = inputs[0];
  if (!first) throw new Error('no question');
  const given = { p: choose(first, nothingGiven, 'High', true), notes: nothingGiven };
  r.conversation.answer(item, submission(inputs, given));
  await r.idle();
  expect(r.server.of('threads.add_structured_input')[0]?.params).toEqual({
    thread_id: 'thr_1',
    item_id: 'q',
    input: {
      status: 'answered',
      answers: { p: { values: ['High'], skipped: false }, notes: { values: [], skipped: true } },
    },
  });
  expect(pendingQuestions(r.store.chat.value.entries)).toBeNull();
});

test('case 64: passing over all questions says so', async () => {
  const { r, item } = await asked();
  r.server.on('threads.add_structured_input', () => sse(say.replaced(questions('skipped'))));
  r.conversation.answer(item, submission(inputs, {}));
  await r.idle();
  expect(r.server.of('threads.add_structured_input')[0]?.params).toMatchObject({
    input: { status: 'skipped' },
  });
  expect(r.store.chat.value.entries.at(-1)?.item).toMatchObject({ status: 'skipped' });
});

test('answers that did not arrive are still there to be sent again', async () => {
  const { r, item } = await asked();
  r.server.on('threads.add_structured_input', () => json({}, 500));
  r.conversation.answer(item, { p: { values: ['High', 'my own'] } });
  await r.idle();
  expect(r.store.chat.value.failure?.plan).toBeNull();
  expect(pendingQuestions(r.store.chat.value.entries)).toEqual(item);
  const [first] = inputs;
  if (!first) throw new Error('no question');
  expect(recall(first, r.store.answers.value.q)).toEqual({ chosen: ['High'], other: 'my own' });
});

test('case 65: a loaded thread that ends with questions asks them again', async () => {
  const r = rig();
  r.server.on('threads.get_by_id', () =>
    json(say.thread('thr_1', { items: { data: [say.user('u'), questions('pending')] } })),
  );
  await r.conversation.setThreadId('thr_1');
  await vi.waitFor(() => expect(pendingQuestions(r.store.chat.value.entries)?.id).toBe('q'));
});

test('one answer takes the place of another, unless several may be given', () => {
  const [single] = inputs;
  if (single?.type !== 'multiple_choice') throw new Error('no choice');
  const multiple = { ...single, multiple: true };
  const low = choose(single, nothingGiven, 'Low', true);
  expect(choose(single, low, 'High', true).chosen).toEqual(['High']);
  expect(write(single, low, 'other')).toEqual({ chosen: [], other: 'other' });
  expect(choose(multiple, low, 'High', true).chosen).toEqual(['Low', 'High']);
  expect(choose(multiple, low, 'Low', false).chosen).toEqual([]);
  expect(submission([multiple], { p: { chosen: ['High', 'Low'], other: ' own ' } })).toEqual({
    p: { values: ['Low', 'High', 'own'], skipped: false },
  });
});
