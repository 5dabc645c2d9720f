/** Beside what is selected in an answer: takes it into the composer as a quote. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import type { Quotable } from './quoting';
import { clearSelection } from './selection';

export function QuoteButton({ quotable }: { quotable: Quotable }): VNode | null {
  const { conversation, messages, focusComposer } = useView();
  const [isHidden, setHidden] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const hide = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setHidden(true);
    };
    document.addEventListener('keydown', hide);
    return () => {
      document.removeEventListener('keydown', hide);
    };
  }, []);
  if (isHidden) return null;
  return (
    <button
      ref={button}
      type="button"
      class="ck-button ck-reply"
      part="reply"
      style={{ left: `min(${quotable.left}px, 100% - 100px)`, top: `${quotable.top}px` }}
      // Pressed, it would take the selection away before the click.
      onPointerDown={(event) => {
        event.preventDefault();
      }}
      onMouseDown={(event) => {
        event.preventDefault();
      }}
      onClick={() => {
        const root = button.current?.getRootNode();
        conversation.quote(quotable.text);
        if (root instanceof ShadowRoot) clearSelection(root);
        focusComposer();
      }}
    >
      <Icon name="reply" />
      {messages.value.reply}
    </button>
  );
}
