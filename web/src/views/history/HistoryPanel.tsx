/** The list of conversations: a panel over the thread, closed by Esc, by its scrim or by a choice. */
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { groupByPeriod } from '../../state/history';
import { IconButton } from '../IconButton';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { HistoryRow } from './HistoryRow';

export function HistoryPanel(): VNode | null {
  const { store } = useView();
  return store.isHistoryOpen.value ? <Panel /> : null;
}

function Panel(): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const panel = useRef<HTMLDivElement>(null);
  const error = store.historyError.value;
  const close = (): void => {
    conversation.history.close();
  };
  useFocusInside(panel);
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
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            close();
          } else if (event.key === 'Tab') {
            keepFocus(event, panel.current);
          }
        }}
      >
        <div class="ck-panel-head">
          <h2>{t.history}</h2>
          <IconButton icon="compose" label={t.newChat} onClick={() => void conversation.newChat()} />
          <IconButton icon="close" label={t.close} onClick={close} />
        </div>
        {error !== null && (
          <p class="ck-panel-error" role="alert">
            {t[error]}
          </p>
        )}
        <div class="ck-panel-list">
          <Rows />
        </div>
      </div>
    </div>
  );
}

function Rows(): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  const { threads, status } = store.history.value;
  if (threads.length > 0) {
    return (
      <>
        {groupByPeriod(threads, new Date()).map((group, index) => (
          <section key={`${group.period}-${index}`}>
            <h3 class="ck-period">{t[group.period]}</h3>
            <ul>
              {group.threads.map((thread) => (
                <HistoryRow key={thread.id} thread={thread} />
              ))}
            </ul>
          </section>
        ))}
      </>
    );
  }
  if (status === 'failed') {
    return (
      <div class="ck-empty" role="alert">
        <Icon name="warning" />
        <p>{t.historyFailed}</p>
        <button type="button" class="ck-button" onClick={() => void conversation.history.load()}>
          <Icon name="reload" />
          {t.reload}
        </button>
      </div>
    );
  }
  if (status !== 'ready') {
    return (
      <div class="ck-skeleton ck-skeleton-rows" role="status" aria-label={t.historyLoading}>
        <span class="ck-bone" />
        <span class="ck-bone" />
        <span class="ck-bone" />
      </div>
    );
  }
  return (
    <div class="ck-empty">
      <Icon name="chat-temporary" />
      <p>{t.historyEmpty}</p>
      <small>{t.historyEmptyHint}</small>
    </div>
  );
}

/** Focus moves into the panel when it opens and back to where it was when it closes. */
function useFocusInside(panel: { current: HTMLElement | null }): void {
  useEffect(() => {
    const box = panel.current;
    const root = box?.getRootNode();
    const before = root instanceof ShadowRoot ? root.activeElement : null;
    (box?.querySelector<HTMLElement>('[aria-current=true]') ?? box)?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
}

function keepFocus(event: KeyboardEvent, box: HTMLElement | null): void {
  const stops = box?.querySelectorAll<HTMLElement>('button:not(:disabled), input') ?? [];
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const active = (box?.getRootNode() as ShadowRoot | undefined)?.activeElement;
  if (event.shiftKey && (active === first || active === box)) {
    event.preventDefault();
    last?.focus();
  } else if (!event.shiftKey && active === last) {
    event.preventDefault();
    first?.focus();
  }
}
