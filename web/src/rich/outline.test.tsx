/** The outline of an answer: in order, whatever was written. */
import { expect, test } from 'vitest';
import { mountMarkdown } from './fixtures';

function levels(root: HTMLElement): number[] {
  return [...root.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ localName }) => Number(localName[1]));
}

function outline(text: string, streaming = false): number[] {
  const { root } = mountMarkdown({ text, streaming });
  const found = levels(root);
  root.remove();
  return found;
}

test.each([
  ['begins at the first level there is', '### a', [4]],
  ['skips none', '# a\n\n#### b\n\n## c\n\n###### d', [4, 5, 5, 6]],
  ['goes up as far as was written', '## a\n\n### b\n\n# c\n\n## d', [4, 5, 4, 5]],
  ['ends at the sixth', '# a\n\n## b\n\n### c\n\n#### d\n\n##### e', [4, 5, 6, 6, 6]],
  ['counts what an underline makes a heading', 'a\n=\n\nb\n-', [4, 5]],
  [
    'goes on within a list and a quote',
    '# a\n\n- # b\n- # c\n\n> # d\n>\n> ## e\n\n## f',
    [4, 5, 5, 5, 6, 5],
  ],
])('it %s', (_, text, expected) => {
  expect(outline(text)).toEqual(expected);
});

test('it is the same at any time while the answer is written', () => {
  const text = '# a\n\nText.\n\n#### b\n\n- item\n- # c\n\n## d\n\nText.\n\n###### e\n\nText.\n';
  const { root, show } = mountMarkdown({ text: '', streaming: true });
  const whole = outline(text);
  for (let end = 1; end <= text.length; end++) {
    show({ text: text.slice(0, end), streaming: true });
    const found = levels(root);
    expect(found).toEqual(whole.slice(0, found.length));
  }
  show({ text, streaming: false });
  expect(levels(root)).toEqual(whole);
  root.remove();
});

test('it goes on below a list so long that it was taken apart', () => {
  const items = Array.from({ length: 80 }, (_, at) => `- item ${at}, which is as long as items are\n`).join(
    '',
  );
  const text = `# a\n\n## b\n\n${items}\n### c\n\nText.\n\n`;
  const { root, show } = mountMarkdown({ text: '', streaming: true });
  for (let end = 1; end <= text.length; end += 40) show({ text: text.slice(0, end), streaming: true });
  show({ text, streaming: true });
  expect(levels(root)).toEqual([4, 5, 6]);
  root.remove();
});
