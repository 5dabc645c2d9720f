import { describe, expect, test } from 'vitest';
import { BlockStream, type Block, type Blocks } from './blocks';
import { closeOpen } from './closeOpen';
import { CORPUS, dice } from './fixtures';
import { lex, type Lex } from './lex';

function counting() {
  const counted = { characters: 0 };
  const count: Lex = (text, links) => {
    counted.characters += text.length;
    return lex(text, links);
  };
  return { counted, count };
}

const all = ({ finished, open }: Blocks): Block[] => [...finished.flat(), ...open];

/** About 20,000 characters in paragraphs, lists, tables and code. */
function longAnswer(): string {
  let text = '';
  for (let i = 0; text.length < 20_000; i++) text += `${CORPUS[[0, 2, 7, 6, 10][i % 5] ?? 0] ?? ''}\n\n`;
  return text;
}

function lexedWhile(text: string, deltas: number): number {
  const { counted, count } = counting();
  const stream = new BlockStream(count);
  for (let i = 1; i <= deltas; i++) stream.update(text.slice(0, Math.ceil((text.length * i) / deltas)), true);
  stream.update(text, false);
  return counted.characters;
}

describe('the cost of an answer that grows', () => {
  test('is that of its open block, not of its length', () => {
    const text = longAnswer();
    const whole = lexedWhile(text, 2000);
    const half = lexedWhile(text.slice(0, text.length / 2), 1000);
    expect(whole).toBeLessThan(half * 2.3); // twice the text, twice the work
    expect(whole / 2000).toBeLessThan(250); // a piece costs about a block, of a text of 20,000
  });

  test('finished blocks stay the same objects', () => {
    const stream = new BlockStream();
    const before = all(stream.update('# One\n\nTwo\n\nThree\n', true));
    const text = '# One\n\nTwo\n\nThree\nand\n\nfour\n\nfive';
    const after = all(stream.update(text, true));
    expect(after[0]).toBe(before[0]);
    expect(after[1]).toBe(before[1]);
    expect(all(stream.update(text, false))[0]).toBe(before[0]);
  });

  test('a text that is replaced starts anew', () => {
    const stream = new BlockStream();
    stream.update('one\n\ntwo\n\nthree', true);
    const blocks = all(stream.update('other\n\ntext', true));
    expect(blocks.map(({ token }) => token.raw)).toEqual(['other', 'text']);
  });
});

const N = 10_000;
const HOSTILE: Record<string, string> = {
  quotes: '>'.repeat(N),
  'spaced quotes': '> '.repeat(N) + 'x',
  brackets: '['.repeat(N),
  'half links': '[a](b'.repeat(N) + ')',
  images: '![a]('.repeat(N),
  stars: '*'.repeat(N),
  'open emphasis': '*a **b _c '.repeat(N),
  'nested emphasis': '**a *b '.repeat(500) + 'c* d**'.repeat(500),
  backticks: Array.from({ length: 300 }, (_, i) => '`'.repeat(i + 1)).join(' '),
  'list markers': '- '.repeat(N) + 'x',
  'quoted lists': '> - '.repeat(N) + 'x',
  'deep lists': Array.from({ length: 300 }, (_, i) => `${'  '.repeat(i)}- x`).join('\n'),
  'a long table': '| a | b |\n|---|---|\n' + '| x | y |\n'.repeat(20_000),
  'a wide table': `${'|a'.repeat(5000)}|\n${'|-'.repeat(5000)}|\n|x|`,
  'a long line': 'word '.repeat(200_000),
  'a long word': 'a'.repeat(1_000_000),
  'a mail address': `${'a.'.repeat(N * 10)}@`,
  'unmatched pairs': '*a '.repeat(N * 10) + ']'.repeat(N * 10),
  tags: '<a '.repeat(N),
  comments: '<!--'.repeat(N),
  entities: '&a'.repeat(N),
  'blank lines': ' \n'.repeat(N * 5) + 'x',
  definitions: '[a]: b\n'.repeat(N) + '[a]'.repeat(N),
  dashes: '- - '.repeat(N) + 'x',
  'open title': `[a](b "${'x'.repeat(100_000)}`,
  parentheses: `[a](${'('.repeat(N)}`,
};

describe('text made to hang the page', () => {
  test.each(Object.entries(HOSTILE))('%s', (_, text) => {
    const start = performance.now();
    for (const streaming of [true, false]) new BlockStream().update(text, streaming);
    closeOpen(text);
    // Quadratic behaviour takes minutes here; the bound leaves room for a slow machine.
    expect(performance.now() - start).toBeLessThan(4000);
  });

  test('nothing of it throws in pieces', () => {
    const { pick, below } = dice(7);
    const texts = Object.values(HOSTILE);
    for (let i = 0; i < 200; i++) {
      const text = Array.from({ length: 4 }, () => pick(texts).slice(0, 1 + below(300))).join('\n\n');
      expect(all(new BlockStream().update(text, true)).length).toBeGreaterThanOrEqual(0);
    }
  });
});
