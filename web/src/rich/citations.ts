/**
 * Where the citation markers of a text go: annotations to marks, and marks through Markdown's tokens.
 *
 * An annotation points at a character of the raw Markdown. The text is never changed to carry the
 * marker (that would change how it is parsed); instead each mark is handed down the token tree, its
 * offset made relative on the way, until it falls between two leaves.
 */
import type { Annotation, Source } from '../protocol/types.gen';
import { sourceKey } from './sources';

export interface Cite {
  source: Source;
  number: number;
}

/** The markers of one place. `at` is in UTF-16 units of whatever text the mark is currently relative to. */
export interface Mark {
  at: number;
  cites: readonly Cite[];
}

/**
 * The marks of one content part, in order, with the equal ones grouped.
 *
 * An offset beyond the text is taken as its end, or, while more text is coming, not placed yet.
 */
export function placeMarks(
  text: string,
  annotations: readonly Annotation[],
  numberOf: (source: Source) => number,
  streaming: boolean,
  offsets = new Offsets(),
): Mark[] {
  const cited: { index: number; cite: Cite }[] = [];
  for (const { index, source } of annotations) {
    if (typeof index !== 'number' || Number.isNaN(index) || sourceKey(source) === null) continue;
    cited.push({ index: Math.max(0, Math.floor(index)), cite: { source, number: numberOf(source) } });
  }
  cited.sort((a, b) => a.index - b.index);

  const marks: { at: number; cites: Cite[] }[] = [];
  for (const { index, cite } of cited) {
    const at = offsets.of(index, text);
    if (at === null && streaming) break;
    const place = at ?? offsets.end;
    const last = marks.at(-1);
    if (last?.at === place) last.cites.push(cite);
    else marks.push({ at: place, cites: [cite] });
  }
  return marks;
}

/** The marks of a text that grows: placed anew only when there is something new to place. */
export class Marks {
  #text = '';
  #given: readonly unknown[] = [];
  #marks: readonly Mark[] = [];
  /** How far the annotations reach, in code points: a text of as many UTF-16 units may hold them all. */
  #reach = 0;
  #offsets = new Offsets();

  /** The same array as long as nothing has changed. */
  update(
    text: string,
    annotations: readonly Annotation[],
    numberOf: (source: Source) => number,
    streaming: boolean,
  ): readonly Mark[] {
    const given = [annotations, numberOf, streaming];
    const isSame = given.every((one, i) => one === this.#given[i]);
    const hasGrown = text.startsWith(this.#text);
    const areAllPlaced = this.#reach <= this.#offsets.points;
    if (!hasGrown || text.includes('\r')) this.#offsets = new Offsets();
    if (!isSame) this.#reach = annotations.reduce((reach, { index }) => Math.max(reach, index ?? 0), 0);
    if (!isSame || !hasGrown || !areAllPlaced)
      this.#marks = placeMarks(text, annotations, numberOf, streaming, this.#offsets);
    this.#given = given;
    this.#text = text;
    return this.#marks;
  }
}

/** Code points to UTF-16 units, in a text that grows: each character is looked at once. Its line ends count as `\n`. */
class Offsets {
  /** How far the text has been counted, in code points. */
  points = 0;
  readonly #known = new Map<number, number>();
  #at = 0;
  #removed = 0;

  /** Where the text, as far as it was counted, ends. */
  get end(): number {
    return this.#at - this.#removed;
  }

  /** The offset of the code point `index`; null beyond the end of the text. */
  of(index: number, text: string): number | null {
    const known = this.#known.get(index);
    if (known !== undefined) return known;
    if (index < this.points) this.points = this.#at = this.#removed = 0;
    while (this.points < index && this.#at < text.length) {
      if (text.startsWith('\r\n', this.#at)) this.#removed++;
      this.#at += (text.codePointAt(this.#at) ?? 0) > 0xffff ? 2 : 1;
      this.points++;
    }
    if (this.points < index) return null;
    this.#known.set(index, this.end);
    return this.end;
  }
}

/** The marks at or before `end`, which are removed from `marks`. */
export function takeUpTo(marks: Mark[], end: number): Mark[] {
  let count = 0;
  for (const { at } of marks) {
    if (at > end) break;
    count++;
  }
  return marks.splice(0, count);
}

/** Whether two lists of marks say the same in the same places. */
export function sameMarks(a: readonly Mark[], b: readonly Mark[]): boolean {
  return a.length === b.length && a.every((mark, i) => sameMark(mark, b[i]));
}

function sameMark(a: Mark, b: Mark | undefined): boolean {
  if (a.at !== b?.at || a.cites.length !== b.cites.length) return false;
  return a.cites.every(({ source, number }, i) => {
    const other = b.cites[i];
    return other?.number === number && (other.source === source || isDeepEqual(other.source, source));
  });
}

/** Sources are plain data; a server sends the same ones again with the finished message. */
function isDeepEqual(a: Source, b: Source): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function shift(marks: readonly Mark[], by: number): Mark[] {
  return marks.map(({ at, cites }) => ({ at: Math.max(0, at - by), cites }));
}

/**
 * The marks of `outer` as marks of `inner`, whose lines are those of `outer` less a prefix each: what a
 * quote or a list item holds.
 */
export function inward(marks: readonly Mark[], outer: string, inner: string): Mark[] {
  if (marks.length === 0) return [];
  const innerLines = inner.split('\n');
  return marks.map(({ at, cites }) => {
    const line = outer.slice(0, at).split('\n').length - 1;
    if (line >= innerLines.length) return { at: inner.length, cites };
    const lineEnd = outer.indexOf('\n', at);
    const fromEnd = (lineEnd < 0 ? outer.length : lineEnd) - at;
    const start = innerLines.slice(0, line).reduce((sum, l) => sum + l.length + 1, 0);
    return { at: start + Math.max(0, (innerLines[line]?.length ?? 0) - fromEnd), cites };
  });
}

/** Row and column of a mark in a table's raw text, and its offset in that cell. Row 0 is the header. */
export function tableCell(raw: string, at: number): { row: number; column: number; at: number } {
  const before = raw.slice(0, at);
  const line = before.split('\n').length - 1;
  if (line === 1) return { row: 0, column: Infinity, at: Infinity }; // the delimiter row: after the header
  const inLine = before.slice(before.lastIndexOf('\n') + 1).trimStart();
  let column = inLine.startsWith('|') ? -1 : 0;
  let start = 0;
  for (let i = 0; i < inLine.length; i++) {
    if (inLine[i] === '\\') i++;
    else if (inLine[i] === '|') {
      column++;
      start = i + 1;
    }
  }
  const cell = inLine.slice(start).trimStart().replace(/\\\|/g, '|');
  return { row: line === 0 ? 0 : line - 1, column: Math.max(0, column), at: cell.length };
}
