/** One conversation of the list: open it, give it another title, delete it. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ThreadMetadata } from '../../protocol/types.gen';
import { IconButton } from '../IconButton';
import { useView } from '../view';
import { neighbour } from './moving';
import { pieces } from './search';

type Mode = 'shown' | 'renaming' | 'deleting';

export interface HistoryRowProps {
  thread: ThreadMetadata;
  /** The words that are searched for. */
  wanted: readonly string[];
  /** Whether Tab stops here. */
  isStop: boolean;
  onFocus: () => void;
  onSay: (words: string) => void;
  onChosen: () => void;
}

export function HistoryRow(props: HistoryRowProps): VNode {
  const { options } = useView();
  const { thread } = props;
  const { canRename, canDelete } = options.value.history;
  const [mode, setMode] = useState<Mode>('shown');
  const row = useRef<HTMLLIElement>(null);
  const wantsFocus = useRef(false);
  const done = (byKey: boolean): void => {
    wantsFocus.current = byKey;
    setMode('shown');
  };
  // The field or question that had the focus is gone: it goes back to the row.
  useEffect(() => {
    if (mode !== 'shown' || !wantsFocus.current) return;
    wantsFocus.current = false;
    row.current?.querySelector('button')?.focus();
  }, [mode]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next =
      event.key === 'F2' && canRename ? 'renaming' : event.key === 'Delete' && canDelete ? 'deleting' : null;
    if (mode !== 'shown' || !next) return;
    event.preventDefault();
    setMode(next);
  };
  return (
    <li class="ck-row" part="history-row" data-id={thread.id} ref={row} onKeyDown={onKeyDown}>
      {mode === 'renaming' ? (
        <Rename thread={thread} onDone={done} onSay={props.onSay} />
      ) : mode === 'deleting' ? (
        <ConfirmDelete thread={thread} onDone={done} />
      ) : (
        <Shown {...props} onMode={setMode} />
      )}
    </li>
  );
}

function Shown(props: HistoryRowProps & { onMode: (mode: Mode) => void }): VNode {
  const { conversation, store, options, messages } = useView();
  const { thread, wanted, onMode } = props;
  const t = messages.value;
  const title = thread.title ?? t.untitled;
  const { canRename, canDelete } = options.value.history;
  const isBound = store.phase.value === 'responding' && !store.canCancel.value;
  const tabIndex = props.isStop ? 0 : -1;
  const keys = [canRename && 'F2', canDelete && 'Delete'].filter(Boolean).join(' ');
  return (
    <>
      <button
        type="button"
        class="ck-row-open"
        dir="auto"
        title={title}
        tabIndex={tabIndex}
        aria-current={thread.id === store.thread.value?.id ? 'true' : undefined}
        aria-disabled={isBound || undefined}
        aria-keyshortcuts={keys || undefined}
        onFocus={props.onFocus}
        onClick={() => {
          if (isBound) return;
          props.onChosen();
          void conversation.select(thread.id);
        }}
      >
        {pieces(title, wanted).map(({ text, isHit }, at) => (isHit ? <mark key={at}>{text}</mark> : text))}
      </button>
      <span class="ck-row-actions">
        {canRename && (
          <IconButton
            icon="write"
            label={t.renameThread({ title })}
            tabIndex={tabIndex}
            onClick={() => {
              onMode('renaming');
            }}
          />
        )}
        {canDelete && (
          <IconButton
            icon="trash"
            label={t.deleteThread({ title })}
            tabIndex={tabIndex}
            onClick={() => {
              onMode('deleting');
            }}
          />
        )}
      </span>
    </>
  );
}

interface EditProps {
  thread: ThreadMetadata;
  /** Says whether a key ended it, after which the focus needs a place. */
  onDone: (byKey: boolean) => void;
}

function Rename({ thread, onDone, onSay }: EditProps & { onSay: (words: string) => void }): VNode {
  const { conversation, messages } = useView();
  const t = messages.value;
  const field = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  // Before it is painted: what is typed next is the title. Not every browser's `select` moves the focus.
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  // A field that is taken away loses the focus too: only the first ending counts.
  const end = (isSaved: boolean, byKey: boolean): void => {
    if (isOver.current) return;
    isOver.current = true;
    const title = field.current?.value.trim() ?? '';
    onDone(byKey);
    if (!isSaved || title === '' || title === thread.title) return;
    onSay(t.threadRenamed);
    void conversation.history.rename(thread.id, title);
  };
  return (
    <input
      ref={field}
      class="ck-row-field"
      aria-label={t.threadTitle}
      enterkeyhint="done"
      dir="auto"
      defaultValue={thread.title ?? ''}
      onBlur={() => {
        end(true, false);
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.isComposing) end(true, true);
        if (event.key === 'Escape') {
          event.stopPropagation();
          end(false, true);
        }
      }}
    />
  );
}

function ConfirmDelete({ thread, onDone }: EditProps): VNode {
  const { conversation, messages } = useView();
  const t = messages.value;
  const confirm = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    confirm.current?.focus();
  }, []);
  return (
    <div
      class="ck-row-confirm"
      role="alertdialog"
      aria-label={t.deleteThread({ title: thread.title ?? t.untitled })}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onDone(true);
      }}
    >
      <span>{t.confirmDelete}</span>
      <button
        type="button"
        class="ck-button"
        onClick={() => {
          onDone(true);
        }}
      >
        {t.cancel}
      </button>
      <button
        type="button"
        ref={confirm}
        class="ck-button ck-button-danger"
        onClick={() => {
          const panel = confirm.current?.closest<HTMLElement>('[role=dialog]');
          (neighbour(confirm.current, panel) ?? panel)?.focus();
          onDone(false);
          void conversation.deleteThread(thread.id);
        }}
      >
        {t.delete}
      </button>
    </div>
  );
}
