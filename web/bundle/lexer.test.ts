// @vitest-environment node
/** What the build keeps of marked reads Markdown as the whole of it does. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lexer, type MarkedOptions } from 'marked';
import { expect, test } from 'vitest';
import { blockMaths, inlineMaths } from '../src/rich/delimiters';
import { lexerOf } from './lexer';

const OPTIONS = {
  gfm: true,
  breaks: true,
  extensions: {
    inline: [inlineMaths.tokenizer],
    block: [blockMaths.tokenizer],
    startInline: [inlineMaths.start],
    startBlock: [blockMaths.start],
    childTokens: {},
    renderers: {},
  },
} as MarkedOptions;

const PIECES = [
  '# Heading #\n\nUnder\n===\n',
  'Some *emphasis*, __strong__ ~~gone~~ ***both*** and `code`, a\\*b.\nA break  \nand more.\n',
  '> quoted\n> > twice\nlazily\n\n> - listed\n',
  '- one\n- two\n  1. inner\n  2. more\n\n     loose\n\n- [x] done\n- [ ] open\n10) ten\n',
  '```python\nprint("x")\n```\n\n~~~\nopen\n',
  '    indented\n\n\tcode\n',
  '| a | b |\n|:--|--:|\n| `x|y` | \\| |\n| 1 |\n',
  '[link](<a b> "title") ![image](x.png) [ref][a] [a] <https://x.y> www.x.org a@b.co https://x.y/z.\n',
  '[a]: /address "title"\n\n[b]: <>\n',
  '<div class="x">\nraw\n</div>\n\ninline <b>html</b> <!-- comment --> <br>\n\n<script>\nx\n</script>\n',
  '$x^2$ and \\(y\\), $$\nz\n$$\n\n\\[ w \\]\n',
  '***\n---\n___\n',
  '*a **b* c** [x *y](z)* `*`* _a_b_c_ *«q»* 你好**世界**。 &amp; &#65; &nope;\n',
];

test('the lexer that is left of marked makes the same tokens', async () => {
  const kept = lexerOf(readFileSync('node_modules/marked/lib/marked.esm.js', 'utf8'));
  const file = join(mkdtempSync(join(tmpdir(), 'lexer-')), 'lexer.mjs');
  writeFileSync(file, kept);
  const left = (await import(/* @vite-ignore */ file)) as { Lexer: typeof Lexer };
  const texts = PIECES.flatMap((first) => PIECES.map((second) => `${first}${second}\n${first}`));
  for (const text of texts) {
    const tokens = new left.Lexer(OPTIONS).lex(text);
    expect(JSON.stringify(tokens), text).toBe(JSON.stringify(new Lexer(OPTIONS).lex(text)));
  }
});

test('a marked that is written otherwise stops the build', () => {
  expect(() => lexerOf('class Lexer {}')).toThrow('marked no longer');
});
