/**
 * Which rows of a long thread are in the document: those in sight, some on either side, and none else. Pure.
 *
 * A row is a turn, or a stretch of a very long one. Heights are measured once a row has been shown and guessed before;
 * rows left out are stood in for by gaps of their height.
 */
import type { ThreadItem } from '../../protocol/types.gen';
import type { Turn } from '../../state/turns';

/** Rows from `from` up to and without `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The rows to show, in order, and the height of what is left out before each of them and after the last. */
export interface Layout {
  readonly rows: readonly number[];
  readonly gaps: readonly number[];
}

/** How far beyond what is in sight rows are made, and how far beyond they are kept, in heights of the view. */
const AHEAD = 0.8;
const BEHIND = 1.3;

/** The rows that reach into the stretch between two heights, and at least one. */
export function rowsWithin(heights: readonly number[], top: number, bottom: number): Span {
  let from = 0;
  let end = heights[0] ?? 0;
  while (from < heights.length - 1 && end <= top) end += heights[++from] ?? 0;
  let to = from;
  while (to < heights.length - 1 && end < bottom) end += heights[++to] ?? 0;
  return { from, to: Math.min(to + 1, heights.length) };
}

/** The last rows, as many as fill a view of this height. */
export function rowsAtEnd(heights: readonly number[], view: number): Span {
  let from = heights.length;
  for (let height = 0; from > 0 && height < view;) height += heights[--from] ?? 0;
  return { from, to: heights.length };
}

/**
 * The rows to show next, when the view lies `top` below the first row's: all that is in sight at once, of those further
 * off one more at either end, so that no frame has to make many.
 */
export function advance(shown: Span, heights: readonly number[], top: number, view: number): Span {
  const seen = rowsWithin(heights, top, top + view);
  const wanted = rowsWithin(heights, top - AHEAD * view, top + (1 + AHEAD) * view);
  const kept = rowsWithin(heights, top - BEHIND * view, top + (1 + BEHIND) * view);
  // The keyboard reaches what is next to the rows in sight, even if a row is higher than the view.
  const near = { from: Math.min(wanted.from, seen.from - 1), to: Math.max(wanted.to, seen.to + 1) };
  const left = { from: Math.max(shown.from, kept.from - 1), to: Math.min(shown.to, kept.to + 1) };
  const isApart = left.from >= left.to || left.from > seen.to || left.to < seen.from;
  const base = isApart ? seen : { from: Math.min(left.from, seen.from), to: Math.max(left.to, seen.to) };
  return {
    from: Math.max(0, base.from > near.from ? base.from - 1 : base.from),
    to: Math.min(heights.length, base.to < near.to ? base.to + 1 : base.to),
  };
}

/** The rows of the span, and those that stay for another reason. */
export function layOut(heights: readonly number[], span: Span, pinned: Iterable<number>): Layout {
  const shown = new Set(pinned);
  for (let row = span.from; row < span.to; row++) shown.add(row);
  const rows = [...shown].filter((row) => row >= 0 && row < heights.length).sort((a, b) => a - b);
  const gaps: number[] = [];
  let next = 0;
  for (const row of [...rows, heights.length]) {
    gaps.push(sum(heights, next, row));
    next = row + 1;
  }
  return { rows, gaps };
}

function sum(heights: readonly number[], from: number, to: number): number {
  let height = 0;
  for (let row = from; row < to; row++) height += heights[row] ?? 0;
  return height;
}

/** Roughly how high a turn will be that has never been shown. */
export function guessHeight({ message, replies }: Turn): number {
  const answers = replies.reduce((height, { item }) => height + itemHeight(item), 0);
  return 70 + (message ? itemHeight(message.item) : 0) + answers;
}

function itemHeight(item: ThreadItem): number {
  switch (item.type) {
    case 'assistant_message':
      return item.content.reduce((height, part) => height + textHeight(part.text), 40);
    case 'user_message':
      return item.content.reduce((height, part) => height + textHeight(part.text), 40);
    case 'generated_image':
      return 320;
    case 'widget':
      return 160;
    default:
      return 40;
  }
}

function textHeight(text: string): number {
  return 26 * Math.ceil(text.length / 80);
}
