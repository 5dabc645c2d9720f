import { expect, test } from 'vitest';
import { matches, pieces, words } from './search';

const hits = (title: string, query: string): string =>
  pieces(title, words(query))
    .map(({ text, isHit }) => (isHit ? `[${text}]` : text))
    .join('');

test.each([
  ['The radio on board', 'RADIO', true],
  ['The radio on board', 'board the', true],
  ['The radio on board', 'radio ship', false],
  ['Ångström', 'angstrom', true],
  ['Cafe\u0301 prices', 'café', true],
  ['ＡＢＣ', 'abc', true],
  ['Straße', 'strasse', false],
  ['anything', '   ', true],
  ['(a+)+$', '(a+', true],
])('"%s" searched for "%s": %s', (title, query, found) => {
  expect(matches(title, words(query))).toBe(found);
});

test.each([
  ['The radio on board', 'on', 'The radio [on] board'],
  ['Ångström', 'ang str', '[Ångstr]öm'],
  ['Cafe\u0301 bar', 'café', '[Cafe\u0301] bar'],
  ['👩‍🚀 space', 'space', '👩‍🚀 [space]'],
  ['ﬁne', 'fi', '[ﬁ]ne'],
  ['none', '', 'none'],
])('in "%s", "%s" is marked: %s', (title, query, marked) => {
  expect(hits(title, query)).toBe(marked);
});
