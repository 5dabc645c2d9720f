/**
 * Markdown to block tokens, in bounded time whatever the text says.
 *
 * Above: `blocks` feeds it one piece of an answer at a time. Below: marked's lexer, which recurses
 * into quotes, lists and emphasis and rescans a line for every opening bracket; the bounds here keep
 * text made to exploit that from hanging the page.
 */
import { Lexer, type Links, type MarkedOptions, type Token } from 'marked';
import { blockMaths, inlineMaths } from './delimiters';

export interface Lexed {
  tokens: Token[];
  /** The link reference definitions seen, those handed in included. */
  links: Links;
}

export type Lex = (text: string, links?: Links) => Lexed;

/** Deeper quotes, lists and emphasis than this are shown as the text they were written in. */
const MAX_DEPTH = 16;
/** Inline text with more delimiters than this, or so long a word, is not searched for links and emphasis. */
const MAX_DELIMITERS = 1500;
const ENDLESS_WORD = /[\w.+-]{2000}/;

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

export const lex: Lex = (text, links = {}) => {
  const lexer = new BoundedLexer(OPTIONS);
  Object.assign(lexer.tokens.links, links);
  const tokens = lexer.lex(text);
  return { tokens, links: tokens.links };
};

class BoundedLexer extends Lexer {
  #depth = 0;

  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped?: boolean): never {
    if (this.#depth >= MAX_DEPTH) {
      tokens.push({ type: 'text', raw: src, text: src, tokens: this.inline(src) });
    } else {
      this.#depth++;
      super.blockTokens(src, tokens, lastParagraphClipped);
      this.#depth--;
    }
    // marked's overloads return the array they were given, as Token[] or as the root's TokensList.
    return tokens as never;
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    if (this.#depth >= MAX_DEPTH || delimiters(src) > MAX_DELIMITERS || ENDLESS_WORD.test(src)) {
      tokens.push({ type: 'text', raw: src, text: src });
      return tokens;
    }
    this.#depth++;
    super.inlineTokens(src, tokens);
    this.#depth--;
    return tokens;
  }
}

function delimiters(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if ('*_~`[]<&\\$'.includes(text.charAt(i))) count++;
  }
  return count;
}
