/** The files that go with the message: shown with how far they are, and taken from the picker, a paste or a drop. */
import type { RefObject, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { pickerTypes } from '../../../conversation/limits';
import type { DraftFile } from '../../../state/store';
import { Icon } from '../../icons/Icon';
import { IconButton } from '../../IconButton';
import { useView } from '../../view';
import css from './attachments.css?inline';
import { Thumbnail } from './Thumbnail';

export { english } from '../../../i18n/later';

export { css };

interface Props {
  readonly area: RefObject<HTMLTextAreaElement | null>;
}

export default function Attachments({ area }: Props): VNode {
  const { conversation, store, options, messages } = useView();
  const t = messages.value;
  const files = store.files.value;
  const limits = options.value.attachments;
  const add = (list: Iterable<File>): void => {
    const chosen = [...list];
    if (chosen.length === 0) return;
    void conversation.withAttachments((attachments) => {
      attachments.add(chosen);
    });
  };
  return (
    <>
      {limits && (
        <>
          <input
            type="file"
            hidden
            multiple
            accept={pickerTypes(limits.accept)}
            aria-label={t.attach}
            onChange={({ currentTarget }) => {
              add(currentTarget.files ?? []);
              // The same file may be chosen again.
              currentTarget.value = '';
            }}
          />
          <Arrivals area={area} onFiles={add} />
        </>
      )}
      {files.length > 0 && (
        <ul class="ck-attachments" aria-label={t.attachments}>
          {files.map((file) => (
            <Chip file={file} key={file.key} />
          ))}
        </ul>
      )}
      <Said files={files} />
    </>
  );
}

/** What has become of each file since it was last told: that one is taken away changes nothing for the others. */
function Said({ files }: { files: readonly DraftFile[] }): VNode {
  const t = useView().messages.value;
  const told = useRef<ReadonlyMap<string, DraftFile['state']>>(new Map());
  const [said, setSaid] = useState('');
  useEffect(() => {
    const news = files.filter(({ key, state }) => told.current.get(key) !== state);
    told.current = new Map(files.map(({ key, state }) => [key, state]));
    const words = { uploading: t.uploading, ready: t.uploaded, failed: t.uploadFailed };
    if (news.length > 0) setSaid(news.map(({ name, state }) => words[state]({ name })).join(' '));
  }, [files]);
  return (
    <span class="ck-hidden" role="status">
      {said}
    </span>
  );
}

function Chip({ file }: { file: DraftFile }): VNode {
  const { conversation, messages, focusComposer } = useView();
  const t = messages.value;
  const { key, name, state, progress } = file;
  return (
    <li class="ck-attachment" data-state={state} title={state === 'failed' ? t.uploadFailed({ name }) : name}>
      <Thumbnail file={file} />
      <span class="ck-attachment-name">{name}</span>
      {state === 'uploading' && (
        <progress aria-label={t.uploading({ name })} {...(progress !== null && { value: progress })} />
      )}
      {state === 'failed' && (
        <IconButton
          icon="reload"
          label={`${t.uploadFailed({ name })} ${t.retry}`}
          onClick={(event) => {
            void conversation.withAttachments((attachments) => {
              attachments.retry(key);
            });
            // Pressed by a key: the button is about to go, and the focus with it.
            if (event.detail === 0) focusComposer();
          }}
        />
      )}
      <IconButton
        icon="close"
        label={t.removeFile({ name })}
        onClick={() => {
          void conversation.withAttachments((attachments) => {
            attachments.remove(key);
          });
          focusComposer();
        }}
      />
    </li>
  );
}

/** Files that are dropped anywhere onto the element, or pasted into the text box. */
function Arrivals({
  area,
  onFiles,
}: Props & { readonly onFiles: (files: Iterable<File>) => void }): VNode | null {
  const t = useView().messages.value;
  const [isOver, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    const box = area.current;
    const root = box?.closest<HTMLElement>('.ck-root');
    if (!box || !root) return;
    const abort = new AbortController();
    const { signal } = abort;
    // Entering a child comes before leaving its parent.
    let depth = 0;
    const listen = (
      type: 'dragenter' | 'dragover' | 'dragleave' | 'drop',
      work: (e: DragEvent) => void,
    ): void => {
      const onDrag = (event: DragEvent): void => {
        if (box.disabled || !event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        work(event);
        setOver(depth > 0);
      };
      root.addEventListener(type, onDrag, { signal });
    };
    listen('dragenter', () => depth++);
    listen('dragleave', () => depth--);
    listen('dragover', ({ dataTransfer }) => {
      if (dataTransfer) dataTransfer.dropEffect = 'copy';
    });
    listen('drop', ({ dataTransfer }) => {
      depth = 0;
      take.current(dataTransfer?.files ?? []);
    });
    const onPaste = (event: ClipboardEvent): void => {
      const files = event.clipboardData?.files;
      // A copied table is a picture too: who has text means the text.
      if (!files?.length || event.clipboardData?.types.includes('text/plain')) return;
      event.preventDefault();
      take.current(files);
    };
    box.addEventListener('paste', onPaste, { signal });
    return () => {
      abort.abort();
    };
  }, []);
  if (!isOver) return null;
  return (
    <div class="ck-drop" aria-hidden="true">
      <Icon name="paperclip" />
      {t.dropFiles}
    </div>
  );
}
