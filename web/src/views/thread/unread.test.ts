import { expect, test } from 'vitest';
import type { ThreadItem } from '../../protocol/types.gen';
import { emptyChat, type ChatState } from '../../state/model';
import { addLocal, load } from '../../state/reduce';
import * as say from '../../testing/events';
import { noteNew } from './unread';

const chat = (items: ThreadItem[], id = 't'): ChatState =>
  load(emptyChat, { id, created_at: '' }, items, null);
const one = [say.user('u'), say.assistant('a', 'A')];
const two = [...one, say.user('v'), say.workflow('w', 'custom'), say.assistant('b', 'B')];

test('what comes unseen is counted from the first message on, steps are not', () => {
  const first = noteNew(null, chat(one), chat(two), false);
  expect(first).toEqual({ key: 'v', count: 2 });
  expect(noteNew(first, chat(two), chat([...two, say.assistant('c', '')]), false)).toEqual({
    key: 'v',
    count: 3,
  });
});

test('what comes in sight is not new, and older messages are not', () => {
  expect(noteNew(null, chat(one), chat(two), true)).toBeNull();
  expect(noteNew(null, chat(one), chat([say.user('older'), ...one]), false)).toBeNull();
});

test('what comes after all was seen begins anew', () => {
  const seen = { key: 'v', count: 0 };
  expect(noteNew(seen, chat(two), chat([...two, say.assistant('c', '')]), false)).toEqual({
    key: 'c',
    count: 1,
  });
});

test('whoever writes, or turns to another thread, has nothing unread', () => {
  const unread = { key: 'v', count: 2 };
  const writing = addLocal(chat(two), say.user('local-1'));
  expect(noteNew(unread, chat(two), writing, false)).toBeNull();
  expect(noteNew(unread, chat(two), chat(one, 'other'), false)).toBeNull();
});
