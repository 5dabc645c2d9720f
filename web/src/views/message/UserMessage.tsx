/** What the person wrote: plain text, never Markdown. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Attachment, UserMessageItem } from '../../protocol/types.gen';
import { plainText } from '../../state/model';
import { EntityName, toEntity } from '../entity/EntityName';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { CopyButton } from './CopyButton';
import { pictureUrl } from './pictures';

export function UserMessage({ item, isUnsent }: { item: UserMessageItem; isUnsent: boolean }): VNode {
  const t = useView().messages.value;
  const attachments = item.attachments ?? [];
  return (
    <div class="ck-user" part="user-message">
      <h3 class="ck-hidden">{t.youSaid}</h3>
      {attachments.length > 0 && (
        <ul class="ck-files">
          {attachments.map((attachment) => (
            <li key={attachment.id}>
              <File attachment={attachment} />
            </li>
          ))}
        </ul>
      )}
      {item.quoted_text ? <blockquote class="ck-quoted">{item.quoted_text}</blockquote> : null}
      {item.content.length > 0 && (
        <div class="ck-said">
          <CopyButton text={() => plainText(item.content)} label={t.copyMessage} />
          <div class="ck-bubble" part="user-bubble" dir="auto">
            {item.content.map((part, index) =>
              part.type === 'input_tag' ? (
                <EntityName class="ck-tag" entity={toEntity(part)} key={index}>
                  {part.text}
                </EntityName>
              ) : (
                part.text
              ),
            )}
          </div>
        </div>
      )}
      {isUnsent && <p class="ck-unsent">{t.notSent}</p>}
    </div>
  );
}

/** A picture is shown, and opened by a click; what cannot be shown is named. */
function File({ attachment }: { attachment: Attachment }): VNode {
  const { messages, resolveUrl } = useView();
  const { name } = attachment;
  const [failed, setFailed] = useState('');
  const preview = attachment.type === 'image' ? previewUrl(attachment.preview_url, resolveUrl) : null;
  if (!preview || preview.href === failed) {
    return (
      <span class="ck-file">
        <Icon name={attachment.type === 'image' ? 'images' : 'document'} />
        <span>{name}</span>
      </span>
    );
  }
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
    <a href={href} target="_blank" rel="noopener noreferrer" title={messages.value.openFile({ name })}>
      {picture}
    </a>
  );
}

/** What was only just chosen is shown from memory. */
function previewUrl(href: string, resolve: (href: string) => string): URL | null {
  return href.startsWith(`blob:${location.origin}/`) ? new URL(href) : pictureUrl(href, resolve);
}
