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
): Mark[] {
  const cited: { index: number; cite: Cite }[] = [];
  for (const { index, source } of annotations) {
    if (typeof index !== 'number' || Number.isNaN(index) || sourceKey(source) === null) continue;
    cited.push({ index: Math.max(0, Math.floor(index)), cite: { source, number: numberOf(source) } });
  }
  if (cited.length === 0) return [];
  cited.sort((a, b) => a.index - b.index);

  const offsets = toUtf16(
    text,
    cited.map(({ index }) => index),
  );
  const marks: { at: number; cites: Cite[] }[] = [];
  cited.forEach(({ cite }, i) => {
    const at = offsets.places[i] ?? offsets.end;
    if (at > offsets.end && streaming) return;
    const place = Math.min(at, offsets.end);
    const last = marks.at(-1);
    if (last?.at === place) last.cites.push(cite);
    else marks.push({ at: place, cites: [cite] });
  });
  return marks;
}

/** Code point offsets (ascending) as offsets into the text with its line ends made `\n`. Past the end: Infinity. */
function toUtf16(text: string, indices: readonly number[]): { places: number[]; end: number } {
  if (!/[\ud800-\udbff\r]/.test(text)) {
    return { places: indices.map((index) => (index > text.length ? Infinity : index)), end: text.length };
  }
  const places: number[] = [];
  let points = 0;
  let removed = 0;
  let next = 0;
  for (let i = 0; i <= text.length; points++) {
    while (next < indices.length && indices[next] === points) {
      places.push(i - removed);
      next++;
    }
    if (text.startsWith('\r\n', i)) removed++;
    i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  }
  while (places.length < indices.length) places.push(Infinity);
  return { places, end: text.length - removed };
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
