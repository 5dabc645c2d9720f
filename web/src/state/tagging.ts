/** How tags come into a draft and how a caret goes round them. Pure. */
import type { UserMessageTagContent } from '../protocol/types.gen';
import { replaced, spelled, type PlacedTag, type Written } from './draft';

/** The stretch from `start` to `end` replaced by a tag and a blank; `caret` is behind both. */
export function tagged(
  draft: Written,
  start: number,
  end: number,
  tag: UserMessageTagContent,
): Written & { caret: number } {
  const name = spelled(tag);
  const caret = start + name.length + 1;
  const { text, tags } = replaced(draft, start, end, draft.text[end] === ' ' ? name : `${name} `);
  const placed = [...tags, { start, end: caret - 1, tag }].sort((a, b) => a.start - b.start);
  return { text, tags: placed, caret };
}

/** Where a caret that has come to `at` may stand: not inside of a tag, but at the end it was moving to. */
export function besideTags(tags: readonly PlacedTag[], at: number, from: number): number {
  const inside = tags.find(({ start, end }) => at > start && at < end);
  if (!inside) return at;
  if (from <= inside.start) return inside.end;
  if (from >= inside.end) return inside.start;
  return at - inside.start < inside.end - at ? inside.start : inside.end;
}
