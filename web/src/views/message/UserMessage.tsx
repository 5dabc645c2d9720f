/** What the person wrote: plain text, never Markdown. */
import type { VNode } from 'preact';
import type { UserMessageItem } from '../../protocol/types.gen';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

export function UserMessage({ item, isUnsent }: { item: UserMessageItem; isUnsent: boolean }): VNode {
  const t = useView().messages.value;
  const attachments = item.attachments ?? [];
  return (
    <div class="ck-user" part="user-message">
      <h3 class="ck-hidden">{t.youSaid}</h3>
      {attachments.length > 0 && (
        <ul class="ck-files">
          {attachments.map((attachment) => (
            <li class="ck-file" key={attachment.id}>
              <Icon name={attachment.type === 'image' ? 'images' : 'document'} />
              <span>{attachment.name}</span>
            </li>
          ))}
        </ul>
      )}
      {item.quoted_text ? <blockquote class="ck-quoted">{item.quoted_text}</blockquote> : null}
      {item.content.length > 0 && (
        <div class="ck-bubble" part="user-bubble" dir="auto">
          {item.content.map((part, index) =>
            part.type === 'input_tag' ? (
              <span class="ck-tag" key={index}>
                {part.text}
              </span>
            ) : (
              part.text
            ),
          )}
        </div>
      )}
      {isUnsent && <p class="ck-unsent">{t.notSent}</p>}
    </div>
  );
}
