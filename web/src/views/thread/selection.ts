/** What a person has selected inside the element: browsers hide the inside of a shadow tree from `getSelection`. */

export interface Selected {
  readonly start: Node;
  readonly end: Node;
  readonly text: string;
  /** To be measured; made when asked for. */
  readonly range: () => Range;
}

/** Newer browsers tell composed ranges; Chromium of before asks the tree, Firefox of before shows it to all. */
type SelectionApi = Omit<Selection, 'getComposedRanges'> & Partial<Pick<Selection, 'getComposedRanges'>>;

export function selectedIn(root: ShadowRoot): Selected | null {
  const own = (root as { getSelection?: () => Selection | null }).getSelection?.();
  const selection = (own ?? document.getSelection()) as SelectionApi | null;
  if (!selection || selection.rangeCount === 0) return null;
  const text = selection.toString().trim();
  const range = selection.getComposedRanges?.({ shadowRoots: [root] })[0] ?? selection.getRangeAt(0);
  const { startContainer: start, endContainer: end } = range;
  const isCaret = start === end && range.startOffset === range.endOffset;
  if (isCaret || !root.contains(start) || !root.contains(end)) return null;
  const { startOffset, endOffset } = range;
  return {
    start,
    end,
    text,
    range: () => {
      const measured = document.createRange();
      measured.setStart(start, startOffset);
      measured.setEnd(end, endOffset);
      return measured;
    },
  };
}

export function clearSelection(root: ShadowRoot): void {
  const own = (root as { getSelection?: () => Selection | null }).getSelection?.();
  (own ?? document.getSelection())?.removeAllRanges();
}

export function elementOf(node: Node): Element | null {
  return node instanceof Element ? node : node.parentElement;
}
