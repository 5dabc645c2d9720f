/**
 * A line of the thread that is to stay where it is while things around it change. Browsers do this by themselves
 * (`overflow-anchor`), but not all of them, and none when what was held has been taken out of the document.
 */

/** How deep to look for what is at the top: row, answer, its Markdown, a block of that, a part of the block. */
const DEPTH = 5;

export interface Hold {
  /** By how many pixels it has moved down. */
  readonly moved: (rows: ReadonlyMap<string, HTMLElement>) => number;
  /** Whether it is still the very thing that was held. */
  readonly isSure: () => boolean;
}

/** Takes hold of what is at the top of the view. */
export function hold(box: HTMLElement): Hold | null {
  const line = box.getBoundingClientRect().top;
  const row = first(box.querySelectorAll('.ck-turn'), line);
  if (!row) return null;
  let node: Element = row;
  for (let depth = 1; depth < DEPTH; depth++) {
    const inner = first(node.children, line);
    // What reaches over the line from above is a better hold than what begins below it.
    if (!inner || inner.getBoundingClientRect().top > line) break;
    node = inner;
  }
  const { key } = (row as HTMLElement).dataset;
  const at = node.getBoundingClientRect().top;
  const rowAt = row.getBoundingClientRect().top;
  return {
    moved: (rows) => {
      if (node.isConnected) return node.getBoundingClientRect().top - at;
      const same = rows.get(key ?? '');
      return same ? same.getBoundingClientRect().top - rowAt : 0;
    },
    isSure: () => node.isConnected,
  };
}

function first(elements: ArrayLike<Element>, line: number): Element | null {
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i] as Element;
    if (element.getBoundingClientRect().bottom > line + 1) return element;
  }
  return null;
}
