/**
 * Repairs the end of a text that is still being written, so that half a construct does not flash its syntax.
 *
 * The result is always the text, cut at some place, with something appended: what is before the cut keeps
 * its offsets. Pure. Two steps: the last line as the start of a block (`closeBlock`), then the last
 * paragraph's emphasis, code and links (`closeInline`).
 */

import { formulaAt, looksLikeMaths } from './delimiters';

/** The address of a link whose real one has not arrived: rendered as its text. */
export const PENDING = 'ck-pending:';

/** Longer ones are shown as they are: no answer has them, and the scan's stack is searched for every delimiter. */
const LONGEST_PARAGRAPH = 20_000;

/** Longer ones are shown as they are written: they may be none. */
const LONGEST_OPEN_FORMULA = 2000;
/** What stays with the end of a paragraph whose beginning is taken off. */
const KEPT = 200;

const CONTAINERS = /^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*/;
// A last line that may yet become something else, or nothing to show: heading and quote and list markers,
// rules and underlines, delimiter rows, fences, task boxes, definitions.
const UNDECIDED =
  /^(?:>|#{1,6}|[-+*_=][-+*_= \t]*|\d{1,9}[.)]?|[|:-][-|: \t]*|`{1,2}|~{1,2}|\[[ xX]?\]?|\[[^\]]+\]:.*)[ \t]*$/;
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const STARTS_BLOCK = /^[ \t>]*(?:[-*+][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\||`{3}|~{3})/;

export function closeOpen(text: string): string {
  const fence = openFence(text);
  if (fence) return closeFence(text, fence);
  const formula = openFormula(text);
  if (formula >= 0) return text.slice(0, formula);
  const lineStart = text.lastIndexOf('\n') + 1;
  const line = text.slice(lineStart);
  const containers = CONTAINERS.exec(line)?.[0] ?? '';
  const rest = line.slice(containers.length);
  const row = openTable(text, lineStart, containers, rest);
  if (row) {
    const { kept, closers } = inlineRepair(row.kept, row.kept.lastIndexOf('|') + 1);
    return kept + closers + row.added;
  }
  const decided = dropUndecided(text);
  const { kept, closers } = inlineRepair(decided, paragraphStart(decided));
  // Cutting half a construct may leave a bare marker, as in `- *`.
  return closers === '' && kept !== decided ? dropUndecided(kept) : kept + closers;
}

/** The text without its last line, if that is not yet known to be anything. */
function dropUndecided(text: string): string {
  const lineStart = text.lastIndexOf('\n') + 1;
  const line = text.slice(lineStart);
  const containers = CONTAINERS.exec(line)?.[0] ?? '';
  const rest = line.slice(containers.length);
  const bare = rest === '' && containers.trim() !== '';
  return bare || UNDECIDED.test(rest) ? text.slice(0, lineStart) : text;
}

interface Fence {
  marker: string;
  /** Where the opening line's info string starts. */
  info: number;
}

/** The fence that is open at the end of the text. */
function openFence(text: string): Fence | null {
  let open: Fence | null = null;
  let start = 0;
  for (const line of text.split('\n')) {
    if (open) {
      const closing = line.replace(/^[ \t>]+/, '').trimEnd();
      const same = closing.startsWith(open.marker) && closing === closing.charAt(0).repeat(closing.length);
      if (same) open = null;
    } else {
      const match = FENCE.exec(line);
      if (match) open = { marker: match[1] ?? '', info: start + line.length - (match[2] ?? '').length };
    }
    start += line.length + 1;
  }
  return open;
}

function closeFence(text: string, { marker, info }: Fence): string {
  const lineStart = text.lastIndexOf('\n') + 1;
  if (lineStart <= info) return text.slice(0, info); // the language may be half a word yet
  const line = text.slice(lineStart).replace(/^[ \t>]+/, '');
  const closing = line !== '' && marker.startsWith(line);
  return closing ? text.slice(0, lineStart) : text;
}

/** Where a formula with lines of its own begins that is not complete, or -1. Its lines may look like anything. */
function openFormula(text: string): number {
  const from = text.lastIndexOf('\n\n') + 1;
  const opener = /(^|\n)[ \t>]*(?:[-*+] |\d{1,9}[.)] )?(?=\$\$|\\\[)/g;
  opener.lastIndex = from;
  for (let match = opener.exec(text); match; match = opener.exec(text)) {
    const at = opener.lastIndex;
    const formula = formulaAt(text, at);
    if (formula) opener.lastIndex += formula.raw.length;
    else if (text.length - at < LONGEST_OPEN_FORMULA) return match.index + (match[1] ?? '').length;
    else break;
  }
  return -1;
}

/** A table whose delimiter row is not complete, as the header row and a delimiter row made up for it. */
function openTable(
  text: string,
  lineStart: number,
  containers: string,
  rest: string,
): { kept: string; added: string } | null {
  const above = text.slice(0, Math.max(0, lineStart - 1));
  const lines = above.slice(above.lastIndexOf('\n\n') + 1).split('\n');
  const isRow = (line: string | undefined) => /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*\|/.test(line ?? '');
  const header = lines.at(-1) ?? '';
  if (isRow(lines.at(-2))) return null;
  if (isRow(header)) {
    // Second row: all of it delimiters so far, or not a table.
    if (!/^[-|: \t]*$/.test(rest)) return null;
    const width = cells(header);
    if (/\|[ \t]*$/.test(rest) && cells(rest) === width && /-/.test(rest)) return { kept: text, added: '' };
    const quote = containers || (CONTAINERS.exec(header)?.[0] ?? '').replace(/[^>]/g, ' ');
    return { kept: text.slice(0, lineStart), added: quote + delimiterRow(width) };
  }
  if (!/^\|\s*[^\s|]/.test(rest)) return null;
  const closed = /[^\\]\|[ \t]*$/.test(rest);
  const quote = containers.replace(/[^>]/g, ' ');
  return { kept: text.trimEnd(), added: (closed ? '\n' : ' |\n') + quote + delimiterRow(cells(rest)) };
}

function cells(row: string): number {
  const inner = row
    .trim()
    .replace(/^[^|]*\|/, '')
    .replace(/\|$/, '');
  return inner.replace(/\\./g, '').split('|').length;
}

function delimiterRow(width: number): string {
  return '|' + '---|'.repeat(width);
}

/** Where the inline text that ends the document begins. */
function paragraphStart(text: string): number {
  let start = text.trimEnd().length;
  for (let last = true; ; last = false) {
    const lineStart = start > 0 ? text.lastIndexOf('\n', start - 1) + 1 : 0;
    const line = text.slice(lineStart, start);
    const starts = STARTS_BLOCK.exec(line);
    if (starts?.[0].endsWith('|')) return last ? lineStart + line.lastIndexOf('|') + 1 : start;
    if (starts)
      return /[#`~]/.test(starts[0]) && !last ? start : lineStart + (CONTAINERS.exec(line)?.[0].length ?? 0);
    if (line.trim() === '' || lineStart === 0) return lineStart;
    start = lineStart - 1;
  }
}

/**
 * Where the paragraph `text` can be cut so that nothing that follows changes what is before, nor the other way
 * round; 0 if nowhere. With `force`, wherever a word begins.
 */
export function settledEnd(text: string, force: boolean): number {
  const end = text.length - KEPT;
  const settled = text.length > LONGEST_PARAGRAPH ? 0 : new InlineScan(text, 0, end).settled();
  if (settled > 0 || !force) return settled;
  for (let at = end; at > 0; at--) if (isBetweenWords(text, at)) return at;
  return 0;
}

const CJK = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}]/u;

function isBetweenWords(text: string, at: number): boolean {
  const [before, next] = [text.charAt(at - 1), text.charAt(at)];
  if (before === ' ') return /\p{L}/u.test(next) && /[^\s\\]/.test(text.charAt(at - 2));
  return CJK.test(next) && CJK.test(before);
}

interface Opener {
  at: number;
  end: number;
  /** `*`, `_`, `~`, or `[` and `!` for a link's text and an image's. */
  kind: string;
  length: number;
  holdsLink?: boolean;
}

/** Cuts what is half written from the inline text that starts at `from`, and closes what is open in it. */
function inlineRepair(text: string, from: number): { kept: string; closers: string } {
  if (text.length - from > LONGEST_PARAGRAPH) return { kept: text, closers: '' };
  return new InlineScan(text, from).run();
}

/** One pass over inline text, with a stack of what is open. Follows CommonMark's rules for delimiter runs. */
class InlineScan {
  readonly #text: string;
  readonly #from: number;
  readonly #stack: Opener[] = [];
  #i: number;
  #cut: number;
  /** What closes the innermost thing, when that is none of the stack: code, or the text of a link. */
  #tail = '';

  readonly #limit: number;
  #settled = 0;

  constructor(text: string, from: number, limit = 0) {
    this.#text = text;
    this.#from = from;
    this.#limit = limit;
    this.#i = from;
    this.#cut = text.length;
  }

  /** The last place before the limit where nothing is open. */
  settled(): number {
    this.#scan();
    return this.#settled;
  }

  run(): { kept: string; closers: string } {
    this.#scan();
    return this.#finish();
  }

  #scan(): void {
    while (this.#i < this.#cut) {
      const char = this.#text.charAt(this.#i);
      if (char === '$' || (char === '\\' && /[([]/.test(this.#text.charAt(this.#i + 1)))) this.#formula(char);
      else if (char === '\\') this.#escape();
      else if (char === '`') this.#code();
      else if (char === '!') this.#bang();
      else if (char === '[') this.#push('[', 1);
      else if (char === ']') this.#bracket();
      else if (char === '<') this.#angle();
      else if (char === '&') this.#reference();
      else if (char === '*' || char === '_' || char === '~') this.#delimiters(char);
      else this.#plain();
    }
  }

  #plain(): void {
    const isSettled = this.#i <= this.#limit && this.#stack.length === 0;
    if (isSettled && isBetweenWords(this.#text, this.#i)) this.#settled = this.#i;
    this.#i++;
  }

  #hold(at: number): void {
    this.#cut = at;
  }

  #push(kind: string, length: number): void {
    this.#stack.push({ at: this.#i, end: this.#i + length, kind, length });
    this.#i += length;
  }

  #formula(char: string): void {
    const formula = formulaAt(this.#text, this.#i);
    const rest = this.#text.slice(this.#i, this.#i + LONGEST_OPEN_FORMULA + 1);
    if (formula) this.#i += formula.raw.length;
    else if (rest === '$' || looksLikeMaths(rest)) this.#hold(this.#i);
    else if (char === '$' && !rest.startsWith('$$')) this.#i++;
    else if (rest.length <= LONGEST_OPEN_FORMULA) this.#hold(this.#i);
    else this.#i += 2;
  }

  #escape(): void {
    if (this.#i + 1 >= this.#text.length) this.#hold(this.#i);
    else this.#i += 2;
  }

  #code(): void {
    const run = this.#run('`');
    let next = this.#i + run;
    for (;;) {
      const close = this.#text.indexOf('`', next);
      if (close < 0) break;
      const length = this.#runAt('`', close);
      if (length === run) {
        this.#i = close + run;
        return;
      }
      next = close + length;
    }
    const content = this.#text.slice(this.#i + run).replace(/`+$/, '');
    if (content.trim() === '') {
      this.#hold(this.#i);
      return;
    }
    this.#tail = (content.endsWith('`') ? ' ' : '') + '`'.repeat(run);
    this.#hold(this.#i + run + content.length);
    this.#i = this.#cut;
  }

  #bang(): void {
    const next = this.#text.charAt(this.#i + 1);
    if (next === '[') this.#push('!', 2);
    else if (next === '' && /^$|\s/.test(this.#text.charAt(this.#i - 1))) this.#hold(this.#i);
    else this.#i++;
  }

  #bracket(): void {
    const at = this.#stack.findLastIndex(({ kind }) => kind === '[' || kind === '!');
    const opener = this.#stack[at];
    if (!opener) {
      this.#i++;
      return;
    }
    this.#stack.splice(at + 1); // emphasis that was not closed inside is none
    const next = this.#text.charAt(this.#i + 1);
    const end =
      next === '('
        ? this.#destinationEnd(this.#i + 1)
        : next === '['
          ? this.#text.indexOf(']', this.#i + 2)
          : this.#i;
    if (next === '' || end < 0) {
      this.#hold(this.#i);
      return;
    }
    this.#stack.pop();
    if (end > this.#i && opener.kind === '[') {
      for (const outer of this.#stack) outer.holdsLink = true;
    }
    this.#i = end + 1;
  }

  /** The `)` that ends the destination and title starting at `open`, or -1 while it has not come. */
  #destinationEnd(open: number): number {
    const match =
      /^\(\s*(?:<[^<>\n]*>|(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)(?:\s+(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\((?:[^()\\]|\\.)*\)))?\s*(\)|$|.)/.exec(
        this.#text.slice(open, open + 4000),
      );
    if (!match) return -1;
    if (match[1] === ')') return open + match[0].length - 1;
    // Not a destination: literal, unless it is only that the end has not arrived (an open title or bracket).
    const unfinished = match[1] === '' || /["'(<]$/.test(match[0]);
    return unfinished ? -1 : this.#i;
  }

  #angle(): void {
    const rest = this.#text.slice(this.#i, this.#i + 2000);
    const whole = /^(?:<!--[^]*?-->|<\/?[a-z][^<>]*>)/i.exec(rest);
    if (whole) this.#i += whole[0].length;
    else if (/^<!--/.test(rest) || /^<[a-z/!?]?[^\s<>]*$/i.test(rest)) this.#hold(this.#i);
    else this.#i++;
  }

  #reference(): void {
    if (/^&#?\w{0,8}$/.test(this.#text.slice(this.#i, this.#i + 12))) this.#hold(this.#i);
    else this.#i++;
  }

  #delimiters(char: string): void {
    const start = this.#i;
    let run = this.#run(char);
    const end = start + run;
    const before = start === this.#from ? ' ' : (/.$/su.exec(this.#text.slice(start - 2, start))?.[0] ?? ' ');
    const after = /^./su.exec(this.#text.slice(end, end + 2))?.[0] ?? '';
    if (char === '~' && run !== 2) {
      if (after === '') this.#hold(start);
      else this.#i = end;
      return;
    }
    const left =
      after !== '' && !/\s/.test(after) && (!/[\p{P}\p{S}]/u.test(after) || /[\s\p{P}\p{S}]/u.test(before));
    const right = !/\s/.test(before) && (!/[\p{P}\p{S}]/u.test(before) || /^$|[\s\p{P}\p{S}]/u.test(after));
    const word = char === '_';
    const canOpen = left && (!word || !right || /[\p{P}\p{S}]/u.test(before));
    const canClose = right && (!word || !left || /[\p{P}\p{S}]/u.test(after));

    while (canClose && run > 0) {
      const at = this.#stack.findLastIndex(({ kind }) => kind === char || kind === '[' || kind === '!');
      const opener = this.#stack[at];
      if (opener?.kind !== char) break;
      if (after === '' && run < opener.length) {
        this.#hold(start); // half of `**`
        return;
      }
      this.#stack.splice(at + 1);
      const used = Math.min(run, opener.length, 2);
      run -= used;
      opener.length -= used;
      opener.end -= used;
      if (opener.length === 0) this.#stack.pop();
    }
    if (run > 0 && after === '') this.#hold(end - run);
    else if (run > 0 && canOpen) this.#stack.push({ at: end - run, end, kind: char, length: run });
    this.#i = end;
  }

  #run(char: string): number {
    return this.#runAt(char, this.#i);
  }

  #runAt(char: string, at: number): number {
    let end = at;
    while (this.#text.charAt(end) === char) end++;
    return end - at;
  }

  #finish(): { kept: string; closers: string } {
    const image = this.#stack.findIndex(({ kind }) => kind === '!');
    const cutImage = this.#stack[image];
    if (cutImage) {
      this.#cut = cutImage.at;
      this.#tail = '';
      this.#stack.splice(image);
    }
    let kept = this.#text.slice(0, this.#cut);
    for (
      let top = this.#stack.at(-1);
      top && this.#tail === '' && kept.trimEnd().length <= top.end;
      top = this.#stack.at(-1)
    ) {
      kept = kept.slice(0, top.at);
      this.#stack.pop();
    }
    let closers = this.#tail;
    for (const { kind, length, holdsLink, at } of this.#stack.reverse()) {
      if (kind !== '[') closers += kind.repeat(length);
      else if (!holdsLink && kept.length - at < 300) closers += `](${PENDING})`;
    }
    if (closers !== '' && this.#tail === '') kept = kept.trimEnd();
    return { kept, closers };
  }
}
