import { describe, expect, test } from 'vitest';
import { closeOpen } from './closeOpen';
import { mountMarkdown } from './fixtures';

/** The formulas of a text, as they are written before they are drawn. */
function formulas(text: string): string[] {
  const { root } = mountMarkdown({ text });
  const found = [...root.querySelectorAll('.ck-tex')].map(({ textContent }) => textContent);
  root.remove();
  return found;
}

describe('formulas', () => {
  test.each([
    ['so $x^2$ is', ['$x^2$']],
    ['so $$x^2$$ is', ['$$x^2$$']],
    ['so \\(x_1\\) and \\(x_2\\)', ['\\(x_1\\)', '\\(x_2\\)']],
    ['\\[\nx = 1\n- y\n\\]', ['\\[\nx = 1\n- y\n\\]']],
    ['text\n$$\na\n$$\nmore', ['$$\na\n$$']],
    ['- item $a*b*c$\n  $$d$$', ['$a*b*c$', '$$d$$']],
    ['| a |\n|---|\n| $x$ |', ['$x$']],
    ['**bold $x$**', ['$x$']],
  ])('%j', (text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  test.each([
    'it costs $5 and $6',
    'from $5-$10, or US$5 to US$10',
    'between $1,000 and $2,000.',
    '$HOME and $PATH, $HOME/$USER',
    '`$x$` and `\\(y\\)`',
    '```\n$x$\n```',
    'only one $ here',
    '$ x $',
    'escaped \\$x$',
    '(about $10 to ~$20)',
    '**$5**/month or **$6**/month',
  ])('none in %j', (text) => {
    expect(formulas(text)).toEqual([]);
  });

  test.each([
    ['so $x^', 'so '],
    ['so $', 'so '],
    ['so \\(x', 'so '],
    ['so \\', 'so '],
    ['text\n$$\nx = \n- 1', 'text\n'],
    ['\\[ x', ''],
    ['costs $5 or', 'costs $5 or'],
    ['so $x$ **bo', 'so $x$ **bo**'],
    ['so $a_b$ and _c', 'so $a_b$ and _c_'],
  ])('half of one is not shown: %j', (text, expected) => {
    expect(closeOpen(text)).toBe(expected);
  });
});
