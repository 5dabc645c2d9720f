/**
 * Where formulas begin and end in Markdown: `$..$`, `$$..$$`, `\(..\)` and `\[..\]`, and prices are none.
 *
 * Above: `lex` makes tokens of them, `closeOpen` steps over them. Pure; what the formula means is `maths`' concern.
 */
import type { TokenizerExtension, Tokens } from 'marked';

export interface Formula extends Tokens.Generic {
  type: 'maths';
  raw: string;
  /** TeX, without its delimiters. */
  text: string;
  /** On a line of its own. */
  display: boolean;
}

/** Longer ones are none: a delimiter that is never closed must not make the rest of an answer one. */
const LONGEST = 5000;
const CLOSERS: Readonly<Record<string, string>> = { $$: '$$', '\\(': '\\)', '\\[': '\\]' };

/** The formula that begins at `at`, if one does. */
export function formulaAt(text: string, at: number): Formula | null {
  const opener = /^(?:\$\$?|\\[([])/.exec(text.slice(at, at + 2))?.[0];
  if (opener === undefined) return null;
  const from = at + opener.length;
  const within = text.slice(from, from + LONGEST);
  const length = opener === '$' ? dollarEnd(within, text.charAt(at - 1)) : pairEnd(within, opener);
  if (length < 0) return null;
  const inside = within.slice(0, length);
  if (inside.trim() === '') return null;
  const raw = text.slice(at, from + length + opener.length);
  return { type: 'maths', raw, text: inside.trim(), display: opener === '$$' || opener === '\\[' };
}

function pairEnd(within: string, opener: string): number {
  const end = within.indexOf(CLOSERS[opener] ?? '');
  return /\n[ \t]*\n/.test(within.slice(0, end)) ? -1 : end;
}

/**
 * Pandoc's rule, with letters added: no space inside the dollars, no digit or letter outside of them, so that
 * `$5 and $6`, `$5-$10`, `US$5` and `$HOME/$USER` are what they look like.
 */
function dollarEnd(within: string, before: string): number {
  if (/[\p{L}\p{N}\\$]/u.test(before) || /^[\s:;,.)]/.test(within)) return -1;
  for (let i = 0; i < within.length; i++) {
    const char = within.charAt(i);
    if (char === '\\') i++;
    else if (char === '`' || (char === '\n' && /^[ \t]*\n/.test(within.slice(i + 1)))) return -1;
    else if (char === '$') {
      return /\s/.test(within.charAt(i - 1)) || /[\p{L}\p{N}$]/u.test(within.charAt(i + 1)) ? -1 : i;
    }
  }
  return -1;
}

/** Whether what follows an open `$` can only be meant as a formula. */
export function looksLikeMaths(text: string): boolean {
  return text.length < 200 && /^\$[^\s$\d]?[^\n$]*[\\^_={}]/.test(text);
}

/** For marked: formulas in running text. */
export const inlineMaths: TokenizerExtension = {
  name: 'maths',
  level: 'inline',
  start: (text) => indexOf(text, /\$|\\[([]/),
  tokenizer(text, tokens) {
    const before = tokens.at(-1)?.raw.slice(-1) ?? '';
    const formula = formulaAt(before + text, before.length);
    return formula ?? undefined;
  },
};

/** For marked: formulas that have their lines to themselves. */
export const blockMaths: TokenizerExtension = {
  name: 'mathsBlock',
  level: 'block',
  start(text) {
    // No further than this paragraph goes: it is asked anew for the next one.
    const paragraph = text.slice(0, (text.indexOf('\n\n') + 1 || text.length + 1) - 1);
    const at = indexOf(paragraph, /\n {0,3}(?:\$\$|\\\[)/);
    return at === undefined ? undefined : at + 1;
  },
  tokenizer(text) {
    const indent = /^ {0,3}(?=\$\$|\\\[)/.exec(text)?.[0].length;
    const formula = indent === undefined ? null : formulaAt(text, indent);
    if (indent === undefined || !formula) return undefined;
    const end = indent + formula.raw.length;
    const rest = /^[ \t]*(?:\n+|$)/.exec(text.slice(end));
    return rest ? { ...formula, raw: text.slice(0, end + rest[0].length) } : undefined;
  },
};

function indexOf(text: string, pattern: RegExp): number | undefined {
  const at = text.search(pattern);
  return at < 0 ? undefined : at;
}
