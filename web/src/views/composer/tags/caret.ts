/** How the caret and the keys of a plain text box treat the tags in it: as one letter each. */
import type { PlacedTag } from '../../../state/draft';
import { besideTags } from '../../../state/tagging';

/** Takes a caret, or the moving end of a selection, out of a tag; `from` is where it was before. */
export function leaveTags(area: HTMLTextAreaElement, tags: readonly PlacedTag[], from: number): number {
  const { selectionStart: start, selectionEnd: end, selectionDirection: direction } = area;
  const isBackward = direction === 'backward';
  const focus = isBackward ? start : end;
  const place = besideTags(tags, focus, from);
  if (start === end) {
    if (place !== focus) area.setSelectionRange(place, place);
    return place;
  }
  // The end that stays takes in the whole of a tag it was set into.
  const anchor = besideTags(tags, isBackward ? end : start, isBackward ? -Infinity : Infinity);
  const [first, last] = place < anchor ? [place, anchor] : [anchor, place];
  if (first !== start || last !== end) {
    area.setSelectionRange(first, last, place < anchor ? 'backward' : 'forward');
  }
  return place;
}

/** Selects the tag that the key is about to delete, so that it goes in one piece and comes back in one. */
export function selectDoomed(area: HTMLTextAreaElement, tags: readonly PlacedTag[], key: string): void {
  const { selectionStart: at, selectionEnd: end } = area;
  if (at !== end) return;
  const doomed = tags.find((tag) =>
    key === 'Backspace' ? tag.end === at : key === 'Delete' && tag.start === at,
  );
  if (doomed) area.setSelectionRange(doomed.start, doomed.end);
}
