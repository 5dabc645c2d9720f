import { expect, test } from 'vitest';
import type { UserMessageContent, UserMessageTagContent } from '../protocol/types.gen';
import { edited, fromContent, toContent } from './draft';
import { besideTags, tagged } from './tagging';

const bob: UserMessageTagContent = { type: 'input_tag', id: 'b', text: 'Bob', data: { k: '1' } };
const text = (text: string): UserMessageContent => ({ type: 'input_text', text });

/** `ask @Bob now`, with the tag at 4 to 8. */
const draft = fromContent([text('ask '), bob, text(' now')]);

test('content comes back as it was, without empty parts and blanks at its ends', () => {
  expect(draft).toEqual({ text: 'ask @Bob now', tags: [{ start: 4, end: 8, tag: bob }] });
  expect(toContent(draft)).toEqual([text('ask '), bob, text(' now')]);
  expect(toContent(fromContent([text(' \n'), bob, text('  ')]))).toEqual([bob]);
  expect(toContent(fromContent([text('  a b ')]))).toEqual([text('a b')]);
  expect(toContent(fromContent([text(' ')]))).toEqual([]);
});

test.each([
  ['typed in front', 'Please ask @Bob now', 7, 11, 15],
  ['typed behind', 'ask @Bob, now', 9, 4, 8],
  ['the letter that the tag ends with', 'ask @Bobb now', 9, 4, 8],
  ['the letter that the tag begins with', 'ask @@Bob now', 5, 5, 9],
  ['deleted in front', '@Bob now', 0, 0, 4],
  ['deleted behind', 'ask @Bob', 8, 4, 8],
])('a tag keeps its place: %s', (_, now, caret, start, end) => {
  expect(edited(draft, now, caret)).toEqual({ text: now, tags: [{ start, end, tag: bob }] });
});

test.each([
  ['its last letter', 'ask @Bo now', 7, 'ask  now'],
  ['its first letter', 'ask Bob now', 4, 'ask  now'],
  ['the end of it and more', 'ask @Bow', 7, 'ask w'],
  ['all', '', 0, ''],
  ['a letter put into it', 'ask @Bxob now', 7, 'ask x now'],
])('a tag goes whole with %s', (_, now, caret, left) => {
  expect(edited(draft, now, caret)).toEqual({ text: left, tags: [] });
});

test('an edit between two tags moves the second, and one across both takes both', () => {
  const two = fromContent([bob, text(' and '), { ...bob, id: 'c' }]);
  expect(edited(two, '@Bob, and @Bob', 5).tags.map(({ start }) => start)).toEqual([0, 10]);
  expect(edited(two, '@Bxb', 3)).toEqual({ text: 'x', tags: [] });
});

test('a tag takes the place of what was typed, with one blank behind it', () => {
  const typed = { text: 'ask @bo and @al', tags: [] };
  const one = tagged(typed, 4, 7, bob);
  expect(one).toMatchObject({ text: 'ask @Bob and @al', caret: 9 });
  const both = tagged(one, 13, 16, { ...bob, id: 'a', text: 'Al' });
  expect(both).toMatchObject({ text: 'ask @Bob and @Al ', caret: 17 });
  expect(toContent(both).map((part) => part.text)).toEqual(['ask ', 'Bob', ' and ', 'Al']);
});

test('a caret goes over a tag, not into it', () => {
  expect(besideTags(draft.tags, 7, 8)).toBe(4);
  expect(besideTags(draft.tags, 5, 4)).toBe(8);
  expect(besideTags(draft.tags, 5, 6)).toBe(4);
  expect(besideTags(draft.tags, 7, 6)).toBe(8);
  expect(besideTags(draft.tags, 2, 0)).toBe(2);
});
