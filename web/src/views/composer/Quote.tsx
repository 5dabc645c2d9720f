/** What is replied to. */
import type { VNode } from 'preact';
import { IconButton } from '../IconButton';
import { useView } from '../view';

export function Quote(): VNode | null {
  const { store, messages, focusComposer } = useView();
  const { quote } = store.draft.value;
  if (quote === '') return null;
  return (
    <div class="ck-quote" part="quote">
      <p>{quote}</p>
      <IconButton
        icon="close"
        label={messages.value.removeQuote}
        onClick={() => {
          store.draft.value = { ...store.draft.value, quote: '' };
          focusComposer();
        }}
      />
    </div>
  );
}
