import { expect, test } from 'vitest';
import type { ThreadItem } from '../protocol/types.gen';
import * as say from '../testing/events';
import { emptyChat, type Entry } from './model';
import { load, reduce } from './reduce';
import { copyText, feedbackIds } from './selectors';
import { createStore } from './store';
import { noTurns, regroup, turns } from './turns';

const entries = (items: ThreadItem[]): readonly Entry[] =>
  load(emptyChat, { id: 't', created_at: '' }, items, null).entries;
const talk = (count: number): ThreadItem[] =>
  Array.from({ length: count }, (_, n) => [say.user(`u${n}`), say.assistant(`a${n}`, `Answer ${n}`)]).flat();

test('a delta looks at no item but its own, and leaves the other turns the same objects, however long the thread', () => {
  const store = createStore();
  const looks = { count: 0 };
  const watched = entries(talk(500)).map((entry) => ({
    ...entry,
    get item() {
      looks.count++;
      return entry.item;
    },
  }));
  store.chat.value = [say.done(say.user('u')), say.added(say.assistant('a'))].reduce(reduce, {
    ...emptyChat,
    entries: watched,
  });
  const before = store.turns.value;
  const { list, keys } = before;
  looks.count = 0;
  for (let n = 0; n < 20; n++) {
    store.chat.value = reduce(store.chat.value, say.delta('a', 'word '));
    expect(store.turns.value).not.toBe(before);
  }
  expect(looks.count).toBe(0);
  expect(store.turnKeys.value).toBe(keys);
  expect(store.turns.value.list).toHaveLength(501);
  expect(store.turns.value.list.slice(0, -1).every((turn, at) => turn === list[at])).toBe(true);
  const said = store.turns.value.list.slice(500).map(copyText);
  expect(said).toEqual(['word '.repeat(20).trim()]);
});

test('whatever changes, regrouped turns are those of a fresh grouping', () => {
  const before = regroup(noTurns, entries(talk(4)));
  const after = [
    entries([say.user('x'), ...talk(4)]),
    entries(talk(3)),
    entries([...talk(2), say.assistant('new', ''), ...talk(4).slice(4)]),
    entries([]),
  ];
  for (const list of after) expect(regroup(before, list).list).toEqual(turns(list));
});

test('a very long turn is shown in stretches, but copied and rated as one', () => {
  const answers = Array.from({ length: 30 }, (_, n) => say.assistant(`a${n}`, String(n)));
  const found = turns(entries([say.user('u'), ...answers]));
  expect(found.map(({ replies }) => replies.length)).toEqual([12, 12, 6]);
  expect(found.map(({ goesOn }) => goesOn)).toEqual([true, true, false]);
  const last = found.at(-1);
  if (!last) throw new Error('no turn');
  expect(feedbackIds(last)).toEqual(answers.map(({ id }) => id));
  expect(copyText(last).split('\n\n')).toHaveLength(30);
  expect(last.asked).toBe('u');
});
