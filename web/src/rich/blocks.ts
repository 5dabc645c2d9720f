/**
 * A growing answer as top-level Markdown blocks, at a cost per piece that does not depend on its length.
 *
 * Above: `Markdown` renders the blocks. Below: `lex`, `closeOpen`, `long`. A block is finished once a later one
 * has begun for sure: it is then kept as it is, the same object, and never lexed again. Only the open
 * tail is lexed with every piece that arrives, and of a long open block only its end.
 */
import type { Links, Token, Tokens } from 'marked';
import { closeOpen } from './closeOpen';
import { lex as lexMarkdown, type Lex } from './lex';
import { cutOff, GROUP, type Block } from './long';
import { after, under, type Outline } from './outline';

export type { Block, Groups } from './long';

/** What the text is made of. The groups are full but for the last; a full one stays the same array. */
export interface Blocks {
  finished: readonly (readonly Block[])[];
  open: readonly Block[];
}

/** The open block, when parts of it have been taken off. */
interface Long {
  /** The block as it was when it was first cut. */
  first: Token;
  parts: Block[][];
  /** Where what is left begins. */
  rest: number;
  context: string;
}

/** An open tail longer than this that cannot be taken apart is read again only after it has grown by some share. */
const PATIENCE = 4000;
const SHARE = 64;

export class BlockStream {
  readonly #lex: Lex;
  #finished: Block[][] = [];
  /** The text the finished blocks came from. */
  #prefix = '';
  /** Behind the finished blocks. */
  #outline: Outline = [];
  #links: Links = {};
  #long: Long | null = null;
  /** The start of a block that turned out not to be what its parts were taken for. */
  #whole = -1;
  #last: { text: string; streaming: boolean; blocks: Blocks } | undefined;

  constructor(lex: Lex = lexMarkdown) {
    this.#lex = lex;
  }

  /** The blocks of `text`, which has `\n` line ends. The same text gives the same object. */
  update(text: string, streaming: boolean): Blocks {
    const last = this.#last;
    if (last?.text === text && last.streaming === streaming) return last.blocks;
    if (!text.startsWith(this.#prefix) || (this.#long && !text.startsWith(last?.text ?? ''))) this.#restart();
    else if (streaming && last?.streaming && this.#canWait(last.text, text)) return last.blocks;
    const open = streaming ? this.#grow(text) : this.#complete(text);
    const blocks = { finished: this.#finished, open };
    this.#last = { text, streaming, blocks };
    return blocks;
  }

  #restart(): void {
    this.#finished = [];
    this.#prefix = '';
    this.#outline = [];
    this.#links = {};
    this.#long = null;
    this.#whole = -1;
  }

  #canWait(before: string, text: string): boolean {
    const tail = before.length - (this.#long?.rest ?? this.#prefix.length);
    return tail > PATIENCE && text.length - before.length < tail / SHARE && text.startsWith(before);
  }

  #complete(text: string): readonly Block[] {
    this.#long = null;
    const start = this.#prefix.length;
    const { tokens, links } = this.#lex(text.slice(start), this.#links);
    if (this.#finished.length > 0 && Object.keys(links).length > 0) {
      // A definition may come after its use: with any in the text, the whole of it is read at the end.
      this.#restart();
      return toBlocks(this.#lex(text).tokens, 0, this.#outline);
    }
    return toBlocks(tokens, start, this.#outline);
  }

  #grow(text: string): readonly Block[] {
    const long = this.#long;
    const context = long?.context ?? '';
    const start = (long?.rest ?? this.#prefix.length) - context.length;
    const source = context + text.slice(start + context.length);
    const repaired = closeOpen(source);
    const { tokens, links } = this.#lex(repaired, this.#links);
    const blocks = toBlocks(tokens, start, this.#outline);
    const [first] = blocks;
    if (long && first?.token.type !== long.first.type) return this.#growWhole(text);
    if (long && first) {
      if (!hasSameLook(long, first.token)) return this.#growLoose(text);
      first.before = long.parts;
    }
    const last = blocks.at(-1);
    if (blocks.length > 1 && last && hasBegun(last, source, repaired, last.start - start)) {
      this.#finish(text, long, blocks.slice(0, -1), last.start);
      this.#links = links;
      return [last];
    }
    const isWhole = this.#prefix.length === this.#whole;
    if (blocks.length === 1 && first?.start === start && !isWhole) this.#takeOff(first.token, source, start);
    return blocks;
  }

  /** What was taken for the rest of a block is none: it is read as a whole from now on. */
  #growWhole(text: string): readonly Block[] {
    this.#whole = this.#prefix.length;
    this.#long = null;
    return this.#grow(text);
  }

  /** The first empty line in a long list changes the look of all its items: once. */
  #growLoose(text: string): readonly Block[] {
    this.#long = null;
    return this.#grow(text);
  }

  /** `blocks` are as they are, now that the one at `end` has begun; a long one is read once more, as a whole. */
  #finish(text: string, long: Long | null, blocks: readonly Block[], end: number): void {
    const done = long
      ? toBlocks(
          this.#lex(text.slice(this.#prefix.length, end), this.#links).tokens,
          this.#prefix.length,
          this.#outline,
        )
      : blocks;
    for (const block of done) {
      append(this.#finished, block);
      this.#outline = after(this.#outline, block.token);
    }
    this.#prefix = text.slice(0, end);
    this.#long = null;
  }

  #takeOff(token: Token, source: string, start: number): void {
    const { first = token, parts = [], context = '' } = this.#long ?? {};
    const cut = cutOff(token, source, context.length);
    if (!cut) return;
    // The last group is copied: what was rendered a moment ago still refers to it.
    const groups = parts.map((group) => (group.length < GROUP ? [...group] : group));
    let at = start + cut.context.length;
    for (const part of cut.parts) {
      append(groups, { start: at, token: this.#read(part) });
      at += part.raw.length;
    }
    this.#long = { first, parts: groups, rest: start + cut.at, context: cut.context };
  }

  /** A part of a paragraph is cut as text, and read here. */
  #read(token: Token): Token {
    if (token.type !== 'text' || 'tokens' in token) return token;
    const [read] = this.#lex(token.raw, this.#links).tokens;
    const tokens = [...((read as Tokens.Paragraph | undefined)?.tokens ?? [])];
    // The lexer may trim the space that stands before the next part.
    if (token.raw.endsWith(' ') && tokens.at(-1)?.raw.endsWith(' ') === false)
      tokens.push({ type: 'text', raw: ' ', text: ' ' });
    return { ...token, tokens };
  }
}

/** Whether `token` looks like the parts of the same block in `long`, or could be made to. */
function hasSameLook(long: Long, token: Token): boolean {
  if (token.type !== 'list') return true;
  const [first, list] = [long.first as Tokens.List, token as Tokens.List];
  if (list.loose && !first.loose) return false;
  if (first.loose) loosen(list);
  list.start = first.start;
  return true;
}

/** As the lexer does it: an empty line between any two items makes paragraphs of the text of all. */
function loosen(list: Tokens.List): void {
  for (const item of list.items) {
    for (const token of item.tokens) if (token.type === 'text') (token as Token).type = 'paragraph';
  }
}

function append(groups: Block[][], block: Block): void {
  const last = groups.at(-1);
  if (last && last.length < GROUP) last.push(block);
  else groups.push([block]);
}

/** Whether nothing that may come can join `block`, which starts at `at`, to the one before it. */
function hasBegun(block: Block, tail: string, repaired: string, at: number): boolean {
  const lineEnd = tail.indexOf('\n', at);
  if (lineEnd < 0) return false; // its first line is not complete
  // Nor is the line to be trusted if the repair closed something on it.
  if (repaired.slice(at, lineEnd + 1).trimEnd() !== tail.slice(at, lineEnd).trimEnd()) return false;
  const afterBlankLine = /\n[ \t]*\n$/.test(tail.slice(Math.max(0, at - 1000), at));
  // Without a blank line between, one that starts like a paragraph may turn out to continue the one before.
  const { type, raw } = block.token;
  const likeParagraph =
    type === 'paragraph' || type === 'table' || (type === 'heading' && !/^ {0,3}#/.test(raw));
  return afterBlankLine || !likeParagraph;
}

function toBlocks(tokens: readonly Token[], start: number, outline: Outline): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    if (!isVoid(token)) blocks.push({ start, token, under: under(outline, token) });
    outline = after(outline, token);
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
