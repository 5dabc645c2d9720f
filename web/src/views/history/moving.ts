/** Moving between the rows of the history by keyboard: they are one stop of Tab, and arrows go through them. */

/** The rows that can be gone to, in order: what opens each. */
export function rowsIn(box: Element | null | undefined): HTMLElement[] {
  return [...(box?.querySelectorAll<HTMLElement>('.ck-row-open') ?? [])];
}

/** Goes where the key says; false if it says nothing about that. */
export function move(event: KeyboardEvent, box: Element | null): boolean {
  const rows = rowsIn(box);
  const from = rows.findIndex((row) => row.closest('.ck-row')?.contains(event.target as Node));
  const to = target(event.key, from, rows.length - 1);
  const row = to === null ? undefined : rows[to];
  if (!row) return false;
  event.preventDefault();
  row.focus();
  return true;
}

/** What to go to when the row that holds `element` is about to disappear. */
export function neighbour(element: Element | null, box: Element | null | undefined): HTMLElement | undefined {
  const isAfter = (row: Element): boolean =>
    Boolean(element && element.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
  const rows = rowsIn(box);
  return rows.find(isAfter) ?? rows.at(-1);
}

const PAGE = 8;

function target(key: string, from: number, last: number): number | null {
  switch (key) {
    case 'ArrowDown':
      return Math.min(from + 1, last);
    case 'ArrowUp':
      return Math.max(from - 1, 0);
    case 'PageDown':
      return Math.min(from + PAGE, last);
    case 'PageUp':
      return Math.max(from - PAGE, 0);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return null;
  }
}
