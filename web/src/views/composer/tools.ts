/** What the composer's buttons do, wherever they stand. */
import { typeInto } from './typing';

/** Opens the browser's own choice of files; the view of the attachments has the field for it. */
export function pickFiles(area: HTMLTextAreaElement | null): void {
  area?.form?.querySelector<HTMLInputElement>('input[type=file]')?.click();
}

/** Begins a mention where the caret is. */
export function insertMention(area: HTMLTextAreaElement | null): void {
  if (!area) return;
  const { selectionStart: start, selectionEnd: end, value } = area;
  typeInto(area, start, end, /(^|\s)$/.test(value.slice(0, start)) ? '@' : ' @');
}

export function canRecord(): boolean {
  // Pages without TLS have no devices, whatever the types say.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return typeof MediaRecorder !== 'undefined' && devices !== undefined;
}
