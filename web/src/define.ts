/** Registers the element: the only side effect of the script. A page that has one already keeps it. */
import { options } from 'preact';
import { ChatKitElement } from './element';

const TAG = 'openai-chatkit';

/** At most one rendering a frame, however many events arrive; hidden tabs paint none, so a timer stands in. */
function onceAFrame(flush: () => void): void {
  const run = (): void => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    flush();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, 100);
}

if (typeof customElements !== 'undefined' && !customElements.get(TAG)) {
  options.debounceRendering = onceAFrame;
  customElements.define(TAG, ChatKitElement);
}
