/** What the tests of this folder share: rendering into a document, a reproducible source of chance, samples of Markdown. */
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { en } from '../i18n/en';
import { english } from '../i18n/later';
import { compile } from '../i18n/message';
import { Markdown, type MarkdownProps } from './Markdown';
import { numberSources, sourceKey } from './sources';
import type { Annotation, Source } from '../protocol/types.gen';

const words = compile('en', { ...en, ...english });

export function markdownProps(props: Partial<MarkdownProps> = {}): MarkdownProps {
  const numbers = new Map(
    numberSources(props.annotations ?? []).map(({ source, number }) => [sourceKey(source), number]),
  );
  return {
    text: '',
    annotations: [],
    streaming: false,
    numberOf: (source) => numbers.get(sourceKey(source)) ?? 0,
    isImageAllowed: (url) => url.hostname === 'images.test',
    resolveUrl: (href) => new URL(href, 'https://api.test/chat/').href,
    onDeeplink: () => undefined,
    labels: words,
    ...props,
  };
}

/** A mounted `Markdown`; `show` renders it again with other props. */
export function mountMarkdown(props: Partial<MarkdownProps> = {}) {
  const root = document.createElement('div');
  document.body.append(root);
  const show = (next: Partial<MarkdownProps>) => {
    void act(() => {
      render(<Markdown {...markdownProps(next)} />, root);
    });
  };
  show(props);
  return { root, show };
}

/** The HTML of one rendering, text nodes merged. */
export function html(props: Partial<MarkdownProps>): string {
  const root = document.createElement('div');
  render(<Markdown {...markdownProps(props)} />, root);
  const result = normalised(root);
  render(null, root);
  return result;
}

export function normalised(root: Element, without?: string): string {
  const copy = root.cloneNode(true) as Element;
  if (without)
    copy.querySelectorAll(without).forEach((element) => {
      element.remove();
    });
  copy.normalize();
  for (const element of copy.querySelectorAll('*')) sortAttributes(element);
  return copy.innerHTML;
}

/** Their order is that in which they were set, which says nothing. */
function sortAttributes(element: Element): void {
  const attributes = [...element.attributes].sort((a, b) => a.name.localeCompare(b.name));
  for (const { name } of attributes) element.removeAttribute(name);
  for (const { name, value } of attributes) {
    const cleared = value === '' && (name === 'title' || name === 'class'); // Preact unsets these so
    if (!cleared) element.setAttribute(name, value);
  }
}

export const web: Source = { type: 'url', title: 'Rivers', url: 'https://rivers.test/long' };
export const file: Source = { type: 'file', title: 'Annual report', filename: 'report.pdf' };
export const entity: Source = {
  type: 'entity',
  title: 'Ada',
  id: 'person-1',
  inline_label: 'Ada L.',
  interactive: false,
};

/** A citation; `null` for an index is what a server may send, whatever the types say. */
export function cite(source: Source, index?: number | null): Annotation {
  return { type: 'annotation', source, ...(index !== undefined && { index }) } as Annotation;
}

/** Chance that is the same in every run (mulberry32). */
export function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { below, pick: <T,>(from: readonly T[]): T => from[below(from.length)] as T };
}

/** Every construct, and the places where they meet. */
export const CORPUS: readonly string[] = [
  '# Title\n\nA paragraph with **bold**, *italic*, ***both***, ~~gone~~, `code` and a [link](https://a.test/x_y_z "t").\n\nMore.',
  'Setext\n===\n\nSecond\n---\ntext\n\n***\n\n---\nend',
  '- one\n- two\n  - nested **bold**\n    1. deep\n    2. deeper\n- three\n\nafter',
  '- loose\n\n- list\n\n  with a second paragraph\n\n* other list\n+ third\n\n1. a\n2. b\n\n10) c',
  '- [ ] open\n- [x] done with `code`\n\n- [ ] loose\n\n- [x] done',
  '> quote\n> goes **on**\nlazily\n>\n> - list\n>   more\n> > nested\n\nout',
  '```ts\nconst a = `x`;\n\n# not a heading\n- nor a list\n```\n\n~~~\ntilde\n```\n~~~\ntext\n\n    indented\n\n    code',
  '| a | b | c |\n|:--|:-:|--:|\n| 1 | **2** | `x \\| y` |\n| 4 | [l](https://a.test) |\n\nafter the table',
  'text before\n| a | b |\n|---|---|\n| 1 | 2 |\n- list right after\n# heading right after\n```\nfence right after\n```\ntext',
  'See [ref] and [text][ref] and [other].\n\n[ref]: https://ref.test "Title"\n\nAgain [ref], and [later].\n\n[later]: /relative',
  'Line one\nline two  \nline three\\\nline four &amp; &lt; &copy; &#8212; &nosuch; AT&T',
  'Auto https://auto.test/a_b?c=d&e=f, <https://angle.test>, www.plain.test, me@mail.test.',
  '![alt](https://images.test/a.png "t") and ![no](https://other.test/b.png) [![in](https://images.test/c.png)](https://a.test)',
  'a * b * c, 2*3*4, snake_case_name, _em_, __strong__, **bold**text, a~b~c, ~5 and ~6',
  '<div onclick="x">\n*raw*\n</div>\n\ninline <b>raw</b> and <br> and <!-- hidden --> end\n\n<!-- block\n\ncomment -->\n\nafter',
  'Emoji 👩‍👩‍👧 and 𝒜stral *𝒷old* `𝒸ode`\n\n- 👍 **yes**\n\n`` a ` b `` and ```inline fence```',
  'para\n- list interrupts\n\npara\n1. interrupts\n\npara\n2. does not\n\npara\n> interrupts\n# heading\npara\n***',
  '1. one\n\n   ```py\n   x = 1\n\n   y = 2\n   ```\n\n2. two\n\n   > quoted\n\n   | t | u |\n   |---|---|\n   | 1 | 2 |\n\ntail',
  '- a\n*\n- b\n-\n- c\n**bold\n** text\n\n+ \n\n- x\n---\n- y\n===',
  'CR\r\nLF\r\n\r\n- list\r\n- more\r\n\r\n```\r\ncode\r\n```\r\nend',
  '[a](javascript:alert(1)) [b](chatkit-link://doc?id=x%20y) [c](mailto:a@b.test) [d](#frag)',
  '# \n\n#\n\n> \n\n-\n\n[]()\n\n![]()\n\n****\n\n``\n\n|\n\n||\n|-|\n',
  '**Bold:** text.\n**Next** and **unclosed\n\nnew *paragraph\n\n[unclosed link](http\n\n`unclosed code\n\nend',
];

/** Random text, made of what Markdown is made of. */
export function randomMarkdown(seed: number, pieces: number): string {
  const { pick } = dice(seed);
  return Array.from({ length: pieces }, () => pick(PIECES)).join('');
}

const PIECES = [
  'word ',
  'two words',
  ' ',
  '\n',
  '\n',
  '\n\n',
  '\n\n',
  '*',
  '**',
  '_',
  '__',
  '`',
  '``',
  '```\n',
  '\n```js\n',
  '~~',
  '~',
  '- ',
  '\n- ',
  '  - ',
  '* ',
  '\n1. ',
  '2) ',
  '> ',
  '\n> ',
  '# ',
  '\n## ',
  '\n---\n',
  '\n===\n',
  '-',
  '=',
  '|',
  '| a | b |\n|---|---|\n',
  '| c ',
  '[',
  ']',
  '](',
  '(',
  ')',
  '[x](https://a.test)',
  '![i](https://images.test/p.png)',
  '![',
  '!',
  '<',
  '>',
  '<b>',
  '</b>',
  '<!-- ',
  ' -->',
  '&',
  '&amp;',
  ';',
  '\\',
  '\\*',
  'https://u.test/a',
  '[r]',
  '\n[r]: https://r.test\n',
  '    ',
  '\t',
  '[ ] ',
  '[x] ',
  '😀',
  '𝒜',
  '.',
  ',',
  ':',
  '"',
  '1',
  '<div>\n',
  '<br>',
  '\r\n',
  '\u00e9',
];
