/**
 * What is being written: the text of a plain text box and where in it the tags are. Pure.
 *
 * A tag is a stretch of the text, `@Title`, that is edited as one: a change inside of it takes it away whole.
 * So the text box stays the browser's own, with its input methods, its undo and its accessibility.
 */
import type { UserMessageContent, UserMessageTagContent } from '../protocol/types.gen';

export interface PlacedTag {
  readonly start: number;
  readonly end: number;
  readonly tag: UserMessageTagContent;
}

export interface Draft {
  readonly text: string;
  /** In the order of the text; they do not overlap. */
  readonly tags: readonly PlacedTag[];
  readonly quote: string;
}

export const emptyDraft: Draft = { text: '', tags: [], quote: '' };

export type Written = Pick<Draft, 'text' | 'tags'>;

export const spelled = (tag: UserMessageTagContent): string => `@${tag.text}`;

export function fromContent(content: readonly UserMessageContent[]): Written {
  const tags: PlacedTag[] = [];
  let text = '';
  for (const part of content) {
    const start = text.length;
    text += part.type === 'input_tag' ? spelled(part) : part.text;
    if (part.type === 'input_tag') tags.push({ start, end: text.length, tag: part });
  }
  return { text, tags };
}

/** The draft as the wire wants it: no empty parts, and no blanks at its ends. */
export function toContent({ text, tags }: Written): UserMessageContent[] {
  const content: UserMessageContent[] = [];
  let at = 0;
  for (const { start, end, tag } of tags) {
    if (start > at) content.push({ type: 'input_text', text: text.slice(at, start) });
    content.push(tag);
    at = end;
  }
  if (at < text.length) content.push({ type: 'input_text', text: text.slice(at) });
  return trimmed(content);
}

function trimmed(content: UserMessageContent[]): UserMessageContent[] {
  const trim = (index: number, cut: 'trimStart' | 'trimEnd'): void => {
    const part = content.at(index);
    if (part?.type === 'input_text') content.splice(index, 1, { ...part, text: part.text[cut]() });
  };
  trim(0, 'trimStart');
  trim(-1, 'trimEnd');
  return content.filter((part) => part.type === 'input_tag' || part.text !== '');
}

/** The draft after the text box says `text`, with its caret at `caret`. */
export function edited({ text: before, tags }: Written, text: string, caret: number): Written {
  if (tags.length === 0) return { text, tags };
  const { from, to } = difference(before, text, caret);
  const inserted = text.slice(from, text.length - (before.length - to));
  // What the edit leaves of a tag goes with it.
  const broken = tags.filter(({ start, end }) => end > from && start < to);
  const start = Math.min(from, ...broken.map((placed) => placed.start));
  const end = Math.max(to, ...broken.map((placed) => placed.end));
  return replaced({ text: before, tags }, start, end, inserted);
}

/** With other text from `start` to `end`; the tags there are gone. */
export function replaced({ text, tags }: Written, start: number, end: number, inserted: string): Written {
  const by = inserted.length - (end - start);
  const before = tags.filter((placed) => placed.end <= start);
  const after = tags.filter((placed) => placed.start >= end).map((placed) => movedBy(placed, by));
  return { text: text.slice(0, start) + inserted + text.slice(end), tags: [...before, ...after] };
}

const movedBy = ({ start, end, tag }: PlacedTag, by: number): PlacedTag => ({
  start: start + by,
  end: end + by,
  tag,
});

/** The stretch of `before` that was replaced. The caret tells apart what equal letters would leave open. */
function difference(before: string, text: string, caret: number): { from: number; to: number } {
  const least = Math.min(before.length, text.length);
  let tail = text.length - caret;
  if (tail > least || !before.endsWith(text.slice(caret))) {
    for (tail = 0; tail < least && before.at(-1 - tail) === text.at(-1 - tail);) tail++;
  }
  let from = 0;
  while (from < least - tail && before[from] === text[from]) from++;
  return { from, to: before.length - tail };
}
