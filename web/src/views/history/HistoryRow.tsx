/** One conversation of the list: open it, give it another title, delete it. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ThreadMetadata } from '../../protocol/types.gen';
import { IconButton } from '../IconButton';
import { useView } from '../view';

type Mode = 'shown' | 'renaming' | 'deleting';

export function HistoryRow({ thread }: { thread: ThreadMetadata }): VNode {
  const { conversation, store, options, messages } = useView();
  const t = messages.value;
  const [mode, setMode] = useState<Mode>('shown');
  const title = thread.title ?? t.untitled;
  const { canRename, canDelete } = options.value.history;
  const isBound = store.phase.value === 'responding' && !store.chat.value.canCancel;
  const row = useRef<HTMLLIElement>(null);
  const wantsFocus = useRef(false);
  const done = (byKey: boolean): void => {
    wantsFocus.current = byKey;
    setMode('shown');
  };
  // The field or question that had the focus is gone: it goes back to the row.
  useEffect(() => {
    if (mode === 'shown' && wantsFocus.current) row.current?.querySelector('button')?.focus();
  }, [mode]);
  if (mode === 'renaming') return <RenameRow thread={thread} onDone={done} />;
  if (mode === 'deleting') return <DeleteRow thread={thread} onDone={done} />;
  return (
    <li class="ck-row" part="history-row" ref={row}>
      <button
        type="button"
        class="ck-row-open"
        title={title}
        aria-current={thread.id === store.chat.value.thread?.id ? 'true' : undefined}
        disabled={isBound}
        onClick={() => void conversation.select(thread.id)}
      >
        {title}
      </button>
      <span class="ck-row-actions">
        {canRename && (
          <IconButton
            icon="write"
            label={t.renameThread(title)}
            onClick={() => {
              setMode('renaming');
            }}
          />
        )}
        {canDelete && (
          <IconButton
            icon="trash"
            label={t.deleteThread(title)}
            onClick={() => {
              setMode('deleting');
            }}
          />
        )}
      </span>
    </li>
  );
}

interface EditProps {
  thread: ThreadMetadata;
  /** Says whether a key ended it, after which the focus needs a place. */
  onDone: (byKey: boolean) => void;
}

function RenameRow({ thread, onDone }: EditProps): VNode {
  const { conversation, messages } = useView();
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
    if (isSaved && title !== '' && title !== thread.title) void conversation.history.rename(thread.id, title);
  };
  return (
    <li class="ck-row">
      <input
        ref={field}
        class="ck-row-field"
        aria-label={messages.value.threadTitle}
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
    </li>
  );
}

function DeleteRow({ thread, onDone }: EditProps): VNode {
  const { conversation, messages } = useView();
  const t = messages.value;
  const confirm = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    confirm.current?.focus();
  }, []);
  return (
    <li>
      <div
        class="ck-row ck-row-confirm"
        role="alertdialog"
        aria-label={t.confirmDelete}
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
            confirm.current?.closest<HTMLElement>('[role=dialog]')?.focus();
            onDone(false);
            void conversation.deleteThread(thread.id);
          }}
        >
          {t.delete}
        </button>
      </div>
    </li>
  );
}
