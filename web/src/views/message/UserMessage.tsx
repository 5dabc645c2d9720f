/** What the person wrote: plain text, never Markdown. */
import type { VNode } from 'preact';
import { lazy } from '../../lazy';
import type { UserMessageItem } from '../../protocol/types.gen';
import { plainText } from '../../state/model';
import { EntityName, toEntity } from '../entity/EntityName';
import { CopyButton } from '../extras';
import { useView } from '../view';

const SentFiles = lazy(() => import('./SentFiles'));

export function UserMessage({ item, isUnsent }: { item: UserMessageItem; isUnsent: boolean }): VNode {
  const t = useView().messages.value;
  const attachments = item.attachments ?? [];
  return (
    <div class="ck-user" part="user-message">
      <h3 class="ck-hidden">{t.youSaid}</h3>
      {attachments.length > 0 && <SentFiles attachments={attachments} />}
      {item.quoted_text ? <blockquote class="ck-quoted">{item.quoted_text}</blockquote> : null}
      {plainText(item.content) !== '' && (
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
