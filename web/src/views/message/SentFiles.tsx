/** The files that went with a message: pictures are shown, and opened by a click; the others are named. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Attachment } from '../../protocol/types.gen';
import { outward } from '../../rich/outward';
import { Drawn } from '../composer/attachments/Drawn';
import { pictureUrl } from '../../rich/urls';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import css from './sentFiles.css?inline';

export { english } from '../../i18n/later';

export { css };

/** Pixels of a picture's height, for screens with two to the point. */
const HEIGHT = 360;

export default function SentFiles({ attachments }: { attachments: readonly Attachment[] }): VNode {
  return (
    <ul class="ck-files">
      {attachments.map((attachment) => (
        <li key={attachment.id}>
          <SentFile attachment={attachment} />
        </li>
      ))}
    </ul>
  );
}

/** From the preview's address; where there is none, from the file itself, as long as this page has it. */
function SentFile({ attachment }: { attachment: Attachment }): VNode {
  const { store, messages } = useView();
  const { id, name } = attachment;
  const [failed, setFailed] = useState('');
  const isImage = attachment.type === 'image' || attachment.mime_type.startsWith('image/');
  const preview = usePreview(attachment);
  if (preview && preview.href !== failed) {
    const { href, protocol } = preview;
    const picture = (
      <img
        class="ck-thumb"
        alt={name}
        decoding="async"
        referrerpolicy="no-referrer"
        onError={() => {
          setFailed(href);
        }}
        src={href}
      />
    );
    // Browsers open no data as a page of its own.
    if (protocol === 'data:') return picture;
    return (
      <a href={href} {...outward} title={messages.value.openFile({ name })}>
        {picture}
      </a>
    );
  }
  const file = isImage && failed !== id ? store.uploaded.get(id) : undefined;
  if (file) {
    return (
      <Drawn
        class="ck-thumb"
        file={file}
        height={HEIGHT}
        alt={name}
        onFail={() => {
          setFailed(id);
        }}
      />
    );
  }
  return (
    <span class="ck-file" title={name}>
      <Icon name={isImage ? 'images' : 'document'} />
      <span>{name}</span>
    </span>
  );
}

/** Where the server says the picture is, if the thread lets pictures come from there. */
function usePreview(attachment: Attachment): URL | null {
  const { resolveUrl, isImageAllowed } = useView();
  // Not every server sends what the protocol asks for.
  const href: string | undefined = attachment.type === 'image' ? attachment.preview_url : undefined;
  if (!href) return null;
  // What was only just chosen is shown from memory.
  if (href.startsWith(`blob:${location.origin}/`)) return new URL(href);
  const url = pictureUrl(href, resolveUrl);
  return url && isImageAllowed(url) ? url : null;
}
