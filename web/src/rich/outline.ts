/**
 * The levels of an answer's headings. Models begin at any depth and leave some out; an outline begins below the
 * heading of the message and skips none. What it looks like follows the depth that was written.
 */
import type { Token, Tokens } from 'marked';

/** The depths that were written, of the headings that are open: as many as there are levels. */
export type Outline = readonly number[];

/** The outline behind `token`. */
export function after(outline: Outline, token: Token): Outline {
  if (token.type !== 'heading') return outline;
  const { depth } = token as Tokens.Heading;
  return [...above(outline, depth), depth];
}

/** How many headings are above `token`. */
export function under(outline: Outline, token: Token): number {
  return token.type === 'heading' ? above(outline, (token as Tokens.Heading).depth).length : outline.length;
}

function above(outline: Outline, depth: number): Outline {
  return outline.filter((open) => open < depth);
}
