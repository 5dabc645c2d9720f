/** The way back from a deletion. Its time stands still while somebody points at it or has the focus on it. */
import type { VNode } from 'preact';
import { useView } from '../view';

export function Undo({ onUndo }: { onUndo: () => void }): VNode | null {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const { history } = conversation;
  if (!store.deleted.value) return null;
  const wait = (): void => {
    history.wait();
  };
  const goOn = (): void => {
    history.goOn();
  };
  return (
    <div
      class="ck-undo"
      part="undo"
      onPointerEnter={wait}
      onPointerLeave={goOn}
      onFocusIn={wait}
      onFocusOut={goOn}
    >
      <p role="status">{t.threadDeleted}</p>
      <button type="button" class="ck-button" aria-keyshortcuts="Control+Z" onClick={onUndo}>
        {t.undo}
      </button>
    </div>
  );
}
