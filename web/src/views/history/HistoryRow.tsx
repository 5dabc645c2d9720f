/** One conversation of the list: open it, give it another title, delete it. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
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
  const done = (): void => {
    setMode('shown');
  };
  if (mode === 'renaming') return <RenameRow thread={thread} onDone={done} />;
  if (mode === 'deleting') return <DeleteRow thread={thread} onDone={done} />;
  return (
    <li class="ck-row" part="history-row">
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

function RenameRow({ thread, onDone }: { thread: ThreadMetadata; onDone: () => void }): VNode {
  const { conversation, messages } = useView();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.select();
  }, []);
  const save = (): void => {
    const title = field.current?.value.trim() ?? '';
    onDone();
    if (title !== '' && title !== thread.title) void conversation.history.rename(thread.id, title);
  };
  return (
    <li class="ck-row">
      <input
        ref={field}
        class="ck-row-field"
        aria-label={messages.value.threadTitle}
        defaultValue={thread.title ?? ''}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !event.isComposing) save();
          if (event.key === 'Escape') {
            event.stopPropagation();
            onDone();
          }
        }}
      />
    </li>
  );
}

function DeleteRow({ thread, onDone }: { thread: ThreadMetadata; onDone: () => void }): VNode {
  const { conversation, messages } = useView();
  const t = messages.value;
  const confirm = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    confirm.current?.focus();
  }, []);
  return (
    <li
      class="ck-row ck-row-confirm"
      role="alertdialog"
      aria-label={t.confirmDelete}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onDone();
      }}
    >
      <span>{t.confirmDelete}</span>
      <button type="button" class="ck-button" onClick={onDone}>
        {t.cancel}
      </button>
      <button
        type="button"
        ref={confirm}
        class="ck-button ck-button-danger"
        onClick={() => {
          onDone();
          void conversation.deleteThread(thread.id);
        }}
      >
        {t.delete}
      </button>
    </li>
  );
}
