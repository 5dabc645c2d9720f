import { expect, test } from 'vitest';
import { Reader } from './speech';

const words = { code: 'Code' };
const reader = (locale = 'en'): Reader => new Reader(new Intl.Segmenter(locale, { granularity: 'sentence' }));

/** What is said as `text` grows by single characters, one entry each time that something is. */
function spoken(text: string, locale?: string): string[] {
  const it = reader(locale);
  const said: string[] = [];
  for (let end = 1; end <= text.length; end++) said.push(it.read(text.slice(0, end), false, words));
  said.push(it.read(text, true, words));
  return said.filter((line) => line !== '');
}

test('a sentence is read when the next one has begun, the last one when the answer is complete', () => {
  expect(spoken('The dock is open. It closes at six! And on Sunday')).toEqual([
    'The dock is open.',
    'It closes at six!',
    'And on Sunday',
  ]);
});

test('where sentences end is for the language to say', () => {
  expect(spoken('港は開いています。六時に閉まります。', 'ja')).toEqual([
    '港は開いています。',
    '六時に閉まります。',
  ]);
});

test('the signs of Markdown are not read, nor is what links point to', () => {
  expect(
    spoken('## Prices\n\n- **Diesel** costs _two_ euros, see [the list](https://x.test/a?b=c. d) now.\n'),
  ).toEqual(['Prices', 'Diesel costs two euros, see the list now.']);
  expect(spoken('> A `snake_case` name.\n\n| Berth | Price |\n| --- | ---: |\n| A | 12 |\n')).toEqual([
    'A snake_case name.',
    'Berth, Price',
    'A, 12',
  ]);
});

test('code is named and not read', () => {
  expect(spoken('Write this:\n\n```py\nprint("a. b. c.")\n# no heading\n```\n\nThat is all.')).toEqual([
    'Write this:',
    'Code.',
    'That is all.',
  ]);
});

test('what was there before is not read, what is said again is not repeated', () => {
  const heard = reader();
  heard.skip('Old words. ');
  expect(heard.read('Old words. New words. ', true, words)).toBe('New words.');
  expect(heard.read('Old words. New words. ', true, words)).toBe('');
  expect(heard.read('Old', true, words)).toBe('');
});
