/** Text put into the text box as if it were typed: what the browser did itself, it can also undo. */

/** Types `text` over what stands from `start` to `end`. */
export function typeInto(area: HTMLTextAreaElement, start: number, end: number, text: string): void {
  area.focus();
  area.setSelectionRange(start, end);
  const isDone = text === '' ? command('delete', start < end) : command('insertText', true, text);
  if (isDone) return;
  area.setRangeText(text, start, end, 'end');
  area.dispatchEvent(new InputEvent('input', { bubbles: true }));
}

/** The only way into the browser's own undo; whether there was something to do and it could be done. */
function command(name: string, isNeeded: boolean, value?: string): boolean {
  if (!isNeeded) return true;
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- has no successor, and all browsers have it
  return 'execCommand' in document && document.execCommand(name, false, value);
}
