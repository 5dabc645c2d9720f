/**
 * A growing answer as top-level Markdown blocks, at a cost per piece that does not depend on its length.
 *
 * Above: `Markdown` renders the blocks. Below: `lex`, `closeOpen`. A block is finished once a later one
 * has begun for sure: it is then kept as it is, the same object, and never lexed again. Only the open
 * tail is lexed with every piece that arrives.
 */
import type { Links, Token } from 'marked';
import { closeOpen } from './closeOpen';
import { lex as lexMarkdown, type Lex } from './lex';

/** One top-level block. `start` is its offset in the text. */
export interface Block {
  start: number;
  token: Token;
}

export class BlockStream {
  readonly #lex: Lex;
  #finished: Block[] = [];
  /** The text the finished blocks came from. */
  #prefix = '';
  #links: Links = {};
  #last: { text: string; streaming: boolean; blocks: readonly Block[] } | undefined;

  constructor(lex: Lex = lexMarkdown) {
    this.#lex = lex;
  }

  /** The blocks of `text`, which has `\n` line ends. The same text gives the same array. */
  update(text: string, streaming: boolean): readonly Block[] {
    if (this.#last?.text === text && this.#last.streaming === streaming) return this.#last.blocks;
    if (!text.startsWith(this.#prefix)) this.#restart();
    const blocks = streaming ? this.#grow(text) : this.#complete(text);
    this.#last = { text, streaming, blocks };
    return blocks;
  }

  #restart(): void {
    this.#finished = [];
    this.#prefix = '';
    this.#links = {};
  }

  #complete(text: string): readonly Block[] {
    const { tokens, links } = this.#lex(text.slice(this.#prefix.length), this.#links);
    if (this.#finished.length > 0 && Object.keys(links).length > 0) {
      // A definition may come after its use: with any in the text, the whole of it is read at the end.
      this.#restart();
      return toBlocks(this.#lex(text).tokens, 0);
    }
    return [...this.#finished, ...toBlocks(tokens, this.#prefix.length)];
  }

  #grow(text: string): readonly Block[] {
    const start = this.#prefix.length;
    const tail = text.slice(start);
    const repaired = closeOpen(tail);
    const { tokens, links } = this.#lex(repaired, this.#links);
    const blocks = toBlocks(tokens, start);
    const last = blocks.at(-1);
    if (blocks.length > 1 && last && hasBegun(last, tail, repaired, last.start - start)) {
      this.#finished.push(...blocks.slice(0, -1));
      this.#prefix = text.slice(0, last.start);
      this.#links = links;
      return [...this.#finished, last];
    }
    return [...this.#finished, ...blocks];
  }
}

/** Whether nothing that may come can join `block`, which starts at `at`, to the one before it. */
function hasBegun(block: Block, tail: string, repaired: string, at: number): boolean {
  const lineEnd = tail.indexOf('\n', at);
  if (lineEnd < 0) return false; // its first line is not complete
  // Nor is the line to be trusted if the repair closed something on it.
  if (repaired.slice(at, lineEnd + 1).trimEnd() !== tail.slice(at, lineEnd).trimEnd()) return false;
  const afterBlankLine = /\n[ \t]*\n$/.test(tail.slice(0, at));
  // Without a blank line between, one that starts like a paragraph may turn out to continue the one before.
  const { type, raw } = block.token;
  const likeParagraph =
    type === 'paragraph' || type === 'table' || (type === 'heading' && !/^ {0,3}#/.test(raw));
  return afterBlankLine || !likeParagraph;
}

function toBlocks(tokens: readonly Token[], start: number): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    if (!isVoid(token)) blocks.push({ start, token });
    start += token.raw.length;
  }
  return blocks;
}

/** Nothing to see: blank lines, link definitions, comments. */
export function isVoid(token: Token): boolean {
  return (
    token.type === 'space' ||
    token.type === 'def' ||
    (token.type === 'html' && /^\s*(?:<!--[\s\S]*?(?:-->|$)\s*)+$/.test(token.raw))
  );
}
