/** What an answer costs while it grows, counted: characters read, nodes made and nodes of the document touched. */
import { options } from 'preact';
import { expect, test, vi } from 'vitest';
import { BlockStream } from './blocks';
import { cite, html, mountMarkdown, normalised, web } from './fixtures';
import { lex, type Lex } from './lex';

vi.setConfig({ testTimeout: 60_000 });

const SENTENCE =
  'The harbour is **busy** in the _morning_, see [the table](https://a.test/t) or `list`, says Ada. ';
const BLOCKS: Record<string, (length: number) => string> = {
  paragraphs: (length) => `${SENTENCE}\n\n`.repeat(length / (SENTENCE.length + 2)),
  'one paragraph': (length) => SENTENCE.repeat(length / SENTENCE.length),
  'one paragraph without spaces': (length) => '港口早晨很繁忙，請看表格。'.repeat(length / 13),
  'one paragraph with an opening star': (length) => `2 *${SENTENCE.replaceAll('*', '')}`.repeat(length / 90),
  'one list': (length) => `- ${SENTENCE}\n`.repeat(length / (SENTENCE.length + 3)),
  'one numbered, loose list': (length) => `1. ${SENTENCE}\n\n`.repeat(length / (SENTENCE.length + 5)),
  'one table': (length) =>
    '| a | b |\n|---|---|\n' + '| **one** | two [x](https://a.test) |\n'.repeat(length / 38),
  'one code block': (length) => '```py\n' + 'value = compute(value, 12)  # again\n'.repeat(length / 36),
};
/** As coarse as the test may be and still see each step of a thousand characters. */
const DELTA = 20;
const SHORT = 4000;
const LONG = 12_000;

/** The most that one delta of the last quarter costs. */
function cost(text: string) {
  const read = { characters: 0 };
  const counting: Lex = (piece, links) => {
    read.characters += piece.length;
    return lex(piece, links);
  };
  const stream = new BlockStream(counting);
  const most = { characters: 0, all: 0 };
  for (let end = DELTA; end < text.length; end += DELTA) {
    const before = read.characters;
    stream.update(text.slice(0, end), true);
    most.characters = Math.max(most.characters, end > text.length * 0.75 ? read.characters - before : 0);
  }
  most.all = read.characters;
  return most;
}

test.each(Object.entries(BLOCKS))('%s: what a delta makes the lexer read does not grow', (_, make) => {
  const [short, long] = [cost(make(SHORT)), cost(make(LONG))];
  expect(long.characters).toBeLessThanOrEqual(Math.max(9000, short.characters * 1.2));
  // All together, four times the text is four times the work, and a delta costs a bounded piece of text.
  expect(long.all / LONG).toBeLessThan((short.all / SHORT) * 1.5);
});

/** Nodes made and touched by the deltas between `from` and the end. */
function rendered(text: string, from: number) {
  const { root, show } = mountMarkdown({ text: text.slice(0, from), streaming: true });
  let made = 0;
  const before = options.vnode?.bind(options);
  const touched = { nodes: 0 };
  const changes = new MutationObserver((records) => (touched.nodes += records.length));
  changes.observe(root, { childList: true, characterData: true, subtree: true, attributes: true });
  options.vnode = (vnode) => {
    made++;
    before?.(vnode);
  };
  let deltas = 0;
  const annotations = [cite(web, 20)];
  for (let end = from; end < text.length; end += DELTA, deltas++)
    show({ text: text.slice(0, end), annotations, streaming: true });
  options.vnode = before ?? (() => undefined);
  touched.nodes += changes.takeRecords().length;
  const whole = normalised(root);
  root.remove();
  return { made: made / deltas, touched: touched.nodes / deltas, whole };
}

test.each(Object.entries(BLOCKS))('%s: what a delta makes and touches does not grow', (name, make) => {
  const [short, long] = [make(SHORT), make(LONG)].map((text) => rendered(text, text.length - 1500));
  expect(long?.made).toBeLessThan((short?.made ?? 0) * 1.4 + 5);
  expect(long?.touched).toBeLessThan((short?.touched ?? 0) * 1.4 + 10);
  expect(short?.made, name).toBeGreaterThan(0);
});

test.each(Object.entries(BLOCKS))('%s: taken apart, it looks as it does whole', (_, make) => {
  const text = make(SHORT);
  const { root, show } = mountMarkdown({ streaming: true });
  for (let end = 0; end < text.length; end += 40) show({ text: text.slice(0, end), streaming: true });
  show({ text: `${text}\n\nAfter it.\n\nAnd more.`, streaming: true });
  expect(normalised(root)).toBe(html({ text: `${text}\n\nAfter it.\n\nAnd more.` }));
  show({ text, streaming: false });
  expect(normalised(root)).toBe(html({ text }));
  root.remove();
});

test('a block that turns out to be another is read again: a long paragraph that an underline makes a heading', () => {
  const text = `${SENTENCE.repeat(15).trim()}\n===\n\nend`;
  const { root, show } = mountMarkdown({ streaming: true });
  for (let end = 0; end < text.length; end += 20) show({ text: text.slice(0, end), streaming: true });
  show({ text, streaming: false });
  expect(normalised(root)).toBe(html({ text }));
  root.remove();
});

test('elements of a long list stay while it grows and when it is done', () => {
  const text = (BLOCKS['one list'] ?? String)(SHORT);
  const { root, show } = mountMarkdown({ text: text.slice(0, 1500), streaming: true });
  const items = [...root.querySelectorAll('li')].slice(0, -1);
  for (let end = 1500; end < text.length; end += DELTA) show({ text: text.slice(0, end), streaming: true });
  show({ text, streaming: false });
  expect([...root.querySelectorAll('li')].slice(0, items.length)).toEqual(items);
  expect(items.length).toBeGreaterThan(10);
  root.remove();
});
