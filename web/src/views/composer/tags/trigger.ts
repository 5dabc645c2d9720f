/** Whether what stands before the caret asks for suggestions: `@name` or `/command`. Pure. */
import type { Written } from '../../../state/draft';

export interface Trigger {
  readonly sign: '@' | '/';
  /** What is typed behind the sign. */
  readonly query: string;
  /** The stretch of the text that a choice replaces, the sign included. */
  readonly start: number;
  readonly end: number;
}

/** A sign counts at the start or after a blank, so that addresses and fractions ask for nothing. */
export function triggerAt({ text, tags }: Written, caret: number): Trigger | null {
  const found = /(?:^|\s)([@/])(\S{0,80})$/.exec(text.slice(0, caret));
  if (!found) return null;
  const [, sign, query = ''] = found;
  const start = caret - query.length - 1;
  if (tags.some((tag) => tag.start < caret && tag.end > start)) return null;
  return { sign: sign as Trigger['sign'], query, start, end: caret };
}
