import { describe, expect, test } from 'vitest';
import {
  CORPUS,
  cite,
  dice,
  entity,
  file,
  html,
  markdownProps,
  mountMarkdown,
  normalised,
  randomMarkdown,
  web,
} from './fixtures';
import { placeMarks } from './citations';
import type { Annotation, Source } from '../protocol/types.gen';

/** The text of the answer with each marker as `{1}`. */
function shown(text: string, annotations: readonly Annotation[]): string {
  const { root } = mountMarkdown({ text, annotations });
  root.querySelectorAll('.ck-cite').forEach((marker) => {
    marker.textContent = `{${marker.textContent}}`;
  });
  const result = root.textContent;
  root.remove();
  return result;
}

function after(text: string, words: string): Annotation {
  return cite(web, Array.from(text.slice(0, text.indexOf(words) + words.length)).length);
}

describe('a marker stands where its annotation points', () => {
  test.each([
    ['Paris is big.', 'Paris', 'Paris{1} is big.'],
    ['Paris is big.', 'big.', 'Paris is big.{1}'],
    ['😀😀 Paris is 𝒷ig.', 'Paris', '😀😀 Paris{1} is 𝒷ig.'],
    ['a\r\nParis is', 'Paris', 'aParis{1} is'],
    ['a **bold** b', 'bo', 'a bo{1}ld b'],
    ['a **bold** b', 'bold**', 'a bold{1} b'],
    ['a [link](https://a.test) b', 'li', 'a link{1} b'],
    ['a [link](https://a.test) b', 'https', 'a link{1} b'],
    ['a `code` b', 'co', 'a code{1} b'],
    ['a &amp; b', '&a', 'a &{1} b'],
    ['a \\* b', '\\', 'a *{1} b'],
    ['# Head\n\ntext', 'Hea', 'Hea{1}dtext'],
    ['Head\n===\n\ntext', '==', 'Head{1}text'],
    ['- one\n- two\n- three', 'two', 'onetwo{1}three'],
    ['- one\n  - nested\n  - more', 'nest', 'onenest{1}edmore'],
    ['- [x] task here\n- b', 'task', 'task{1} hereb'],
    ['- a\n\n- [x] task here', 'task', 'atask{1} here'],
    ['> quote\n> more text', 'more', 'quotemore{1} text'],
    ['> - a\n>   > deep b', 'deep', 'adeep{1} b'],
    ['| a | b |\n|---|---|\n| one | two |', 'on', 'abon{1}etwo'],
    ['| a | b |\n|---|---|\n| one | two |', '--', 'ab{1}onetwo'],
    ['| a | b |\n|---|---|\n| x \\| y z | two |', 'y', 'abx | y{1} ztwo'],
    ['one\n\ntwo', 'one', 'one{1}two'],
    ['one\n\ntwo', 'one\n\n', 'one{1}two'],
  ])('%j after %j: %j', (text, words, expected) => {
    expect(shown(text, [after(text, words)])).toBe(expected);
  });

  test('between two elements it belongs to the text before', () => {
    const { root } = mountMarkdown({
      text: 'one\n\na **b** c',
      annotations: [cite(web, 5), cite(web, 7), cite(web, 12)],
    });
    const parents = [...root.querySelectorAll('.ck-cites')].map(({ parentElement }) => parentElement);
    const [first, second] = root.querySelectorAll('p');
    expect(parents).toEqual([first, second, second]);
    root.remove();
  });

  test('inside a fence it follows the block', () => {
    const { root } = mountMarkdown({ text: '```\ncode\n```\n\nend', annotations: [cite(web, 6)] });
    expect(root.querySelector('.ck-code + .ck-cites')).not.toBeNull();
    root.remove();
  });

  test('offsets out of range are clamped, those without one are not shown', () => {
    expect(shown('abc', [cite(web, 99)])).toBe('abc{1}');
    expect(shown('abc', [cite(web, -4)])).toBe('{1}abc');
    expect(shown('', [cite(web, 0)])).toBe('{1}');
    expect(shown('abc', [cite(web), cite(web, null), cite(web, NaN)])).toBe('abc');
  });

  test('while streaming, a marker waits for its text', () => {
    const props = markdownProps();
    expect(placeMarks('abc', [cite(web, 9)], props.numberOf, true)).toEqual([]);
    expect(placeMarks('abc', [cite(web, 3)], props.numberOf, true)).toHaveLength(1);
  });

  test('a source of an unknown kind is passed over', () => {
    const odd = {
      type: 'annotation',
      index: 1,
      source: { type: 'hologram', title: 'x' },
    } as unknown as Annotation;
    expect(shown('abc', [odd, cite(web, 2)])).toBe('ab{1}c');
  });
});

test(
  'every annotation gives one marker, and without the markers the answer is the same',
  { timeout: 60_000 },
  () => {
    const texts = [...CORPUS, ...Array.from({ length: 100 }, (_, i) => randomMarkdown(i + 1, 40))];
    texts.forEach((text, seed) => {
      const { below, pick } = dice(seed);
      const annotations = Array.from({ length: 1 + below(8) }, () =>
        cite(pick([web, file, entity]), below(text.length + 4)),
      );
      const { root } = mountMarkdown({ text, annotations });
      expect(root.querySelectorAll('.ck-cite').length, JSON.stringify(text)).toBe(annotations.length);
      expect(root.querySelector('a a, a button, button button')).toBeNull();
      expect(normalised(root, '.ck-cites')).toBe(html({ text }));
      root.remove();
    });
  },
);

test('markers that arrive with the text end where those of the whole text are', () => {
  CORPUS.forEach((text, seed) => {
    const { below } = dice(seed);
    const annotations = Array.from({ length: 5 }, () => cite(web, below(text.length))).sort(
      (a, b) => (a.index ?? 0) - (b.index ?? 0),
    );
    const { root, show } = mountMarkdown({ streaming: true });
    for (let end = 3; end < text.length; end += 7) {
      const arrived = annotations.filter(({ index }) => (index ?? 0) <= end);
      show({ text: text.slice(0, end), annotations: arrived, streaming: true });
    }
    show({ text, annotations, streaming: false });
    expect(normalised(root)).toBe(html({ text, annotations }));
    root.remove();
  });
});

describe('a marker', () => {
  test('of a web source is a link that opens elsewhere and says what it is', () => {
    const { root } = mountMarkdown({
      text: 'a',
      annotations: [cite({ ...web, url: '/docs/x' } as typeof web, 1)],
    });
    const marker = root.querySelector('a.ck-cite');
    expect(marker?.getAttribute('href')).toBe('https://api.test/docs/x');
    expect(marker?.getAttribute('target')).toBe('_blank');
    expect(marker?.getAttribute('rel')).toBe('noopener noreferrer');
    expect(marker?.getAttribute('aria-label')).toBe('Source 1: Rivers');
    root.remove();
  });

  test('of a file, an entity or an unsafe address is no link', () => {
    const bad = { type: 'url', title: 'Bad', url: 'javascript:alert(1)' } as const;
    const { root } = mountMarkdown({
      text: 'a',
      annotations: [cite(file, 1), cite(entity, 1), cite(bad, 1)],
    });
    expect(root.querySelector('a')).toBeNull();
    expect([...root.querySelectorAll('.ck-cites button')].map((b) => b.textContent)).toEqual([
      '1',
      'Ada L.',
      '3',
    ]);
    root.remove();
  });

  test('equal places share a group, and a source cited twice its number', () => {
    const { root } = mountMarkdown({ text: 'a b', annotations: [cite(web, 1), cite(file, 1), cite(web, 3)] });
    const groups = [...root.querySelectorAll('.ck-cites')].map((group) => group.textContent);
    expect(groups).toEqual(['12', '1']);
    root.remove();
  });

  test('shows its card on focus, and Escape closes it', async () => {
    const { root } = mountMarkdown({
      text: 'a',
      annotations: [cite({ ...web, description: 'All of them' }, 1)],
    });
    root.querySelector<HTMLElement>('.ck-cite')?.focus();
    await expect.poll(() => root.querySelector('.ck-card')?.textContent).toBe('rivers.testRiversAll of them');
    await expect
      .poll(() => {
        document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
        return root.querySelector('.ck-card');
      })
      .toBeNull();
    root.remove();
  });
});

test.each([
  [{ icon: 'user', inline_label: 'Ada' }, 'Ada', 0],
  [{ icon: 'user' }, '', 1],
  [{}, '1', 0],
])('an entity is marked by its own words, else its icon, else its number: %j', (own, words, icons) => {
  const source = { type: 'entity', id: 'ada', title: 'Ada Lovelace', ...own } as Source;
  const { root } = mountMarkdown({ text: 'Said.', annotations: [cite(source, 4)] });
  const marker = root.querySelector('.ck-cite');
  expect(marker?.textContent).toBe(words);
  expect(marker?.querySelectorAll('svg')).toHaveLength(icons);
  expect(marker?.getAttribute('aria-label')).toBe('Source 1: Ada Lovelace');
  root.remove();
});

describe('a sentence that no cited passage supports', () => {
  const doubtful: Source = {
    type: 'entity',
    id: 'chatkeep.unsupported',
    title: 'Not found in the cited passages',
    description: 'Check it.',
    interactive: false,
    data: { from: 0, to: 1 },
  };

  test('has a mark at its end that says so, and takes no number', async () => {
    const { root } = mountMarkdown({
      text: 'One. Two.',
      annotations: [cite(doubtful, 4), cite(web, 4), cite(file, 9)],
    });
    expect([...root.querySelectorAll('.ck-cites')].map((group) => group.textContent)).toEqual(['?1', '2']);
    const mark = root.querySelector<HTMLElement>('button.ck-doubt');
    expect(mark?.getAttribute('aria-label')).toBe('Not found in the cited passages');
    mark?.focus();
    await expect.poll(() => root.querySelector('.ck-card')?.textContent).toContain('Check it.');
    expect(mark?.getAttribute('aria-describedby')).toBe(root.querySelector('.ck-card')?.id);
    root.remove();
  });
});

test('words of one passage are one source, each with its own link', () => {
  const of = (query: string): Source => ({
    type: 'url',
    title: 'T',
    url: `/sources/p?document=d&answer=t.m${query}`,
  });
  const { root } = mountMarkdown({
    text: 'a b',
    annotations: [cite(of('&from=1&to=9#cited'), 1), cite(of('#passage'), 3)],
  });
  const markers = [...root.querySelectorAll('a.ck-cite')];
  expect(markers.map((marker) => marker.textContent)).toEqual(['1', '1']);
  expect(new Set(markers.map((marker) => marker.getAttribute('href'))).size).toBe(2);
  root.remove();
});
