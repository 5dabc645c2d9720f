/**
 * The list of conversations: a panel over the thread, closed by Esc, by its scrim or by a choice; and the way
 * back from a deletion, which stays for a while when the panel is closed. A chunk of its own.
 */
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { IconButton } from '../IconButton';
import { useView } from '../view';
import { HistoryList } from './HistoryList';
import { SearchField } from './SearchField';
import { Undo } from './Undo';
import { useModal } from './modal';

export { english } from '../../i18n/later';

export { default as css } from './history.css?inline';

export default function History(): VNode {
  const { conversation, store, focusComposer } = useView();
  if (store.isHistoryOpen.value) return <Panel />;
  return (
    <div class="ck-undo-apart">
      <Undo onUndo={() => void conversation.undoDelete().then(focusComposer)} />
    </div>
  );
}

function Panel(): VNode {
  const { conversation, store, messages, focusComposer } = useView();
  const t = messages.value;
  const [query, setQuery] = useState('');
  const [said, setSaid] = useState('');
  const panel = useRef<HTMLDivElement>(null);
  const wish = useRef<string | null>(null);
  const modal = useModal(panel);
  const error = store.historyError.value;
  const close = (): void => {
    conversation.history.close();
  };
  const undo = (): void => {
    wish.current = store.deleted.value?.thread.id ?? null;
    // The button is about to go, and its row may be out of sight.
    panel.current?.focus();
    setSaid(t.restored);
    void conversation.undoDelete();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isField = event.target instanceof HTMLInputElement;
    const isModified = event.ctrlKey || event.metaKey || event.altKey;
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') {
      modal.keepFocus(event);
    } else if (isField) {
      return;
    } else if ((event.ctrlKey || event.metaKey) && event.key === 'z' && store.deleted.value) {
      event.preventDefault();
      undo();
    } else if (event.key.length === 1 && event.key !== ' ' && !isModified) {
      // Whoever types means the search: the letter goes where the focus goes.
      panel.current?.querySelector<HTMLElement>('.ck-search input')?.focus();
    }
  };
  return (
    <div class="ck-overlay">
      <div class="ck-scrim" onClick={close} />
      <div
        class="ck-panel"
        part="history"
        role="dialog"
        aria-modal="true"
        aria-label={t.history}
        ref={panel}
        tabIndex={-1}
        onKeyDown={onKeyDown}
      >
        <div class="ck-panel-head">
          <h2>{t.history}</h2>
          <IconButton
            icon="compose"
            label={t.newChat}
            onClick={() => {
              modal.returnTo(focusComposer);
              void conversation.newChat();
            }}
          />
          <IconButton icon="close" label={t.close} onClick={close} />
        </div>
        <SearchField query={query} onChange={setQuery} />
        {error !== null && (
          <p class="ck-panel-error" role="alert">
            {t[error]}
          </p>
        )}
        <HistoryList
          query={query}
          wish={wish}
          onSay={setSaid}
          onChosen={() => {
            // On a touch screen this would open the keyboard over the conversation.
            if (matchMedia('(hover: hover)').matches) modal.returnTo(focusComposer);
          }}
        />
        <Undo onUndo={undo} />
        <p class="ck-hidden" role="status">
          {said}
        </p>
      </div>
    </div>
  );
}
