/** What heads the conversation. */
import type { View } from '../view';

/** The title that the header shows; empty if it shows none. */
export function shownTitle({ options, store }: View): string {
  const { isEnabled, hasTitle, title } = options.value.header;
  return isEnabled && hasTitle ? (title ?? store.thread.value?.title ?? '') : '';
}
