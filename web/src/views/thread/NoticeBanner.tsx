/** What the server wants known beside the answers. */
import type { VNode } from 'preact';
import type { Notice } from '../../state/model';
import { Icon } from '../icons/Icon';
import { IconButton } from '../IconButton';
import { PlainMarkdown } from '../message/PlainMarkdown';
import { useView } from '../view';

export function NoticeBanner({ notice }: { notice: Notice }): VNode {
  const { conversation, messages, focusComposer } = useView();
  return (
    <div class={`ck-notice ck-notice-${notice.level}`} part="notice" role="status">
      <Icon name={notice.level === 'info' ? 'info' : 'warning'} />
      <div class="ck-notice-body">
        {notice.title !== null && <p class="ck-notice-title">{notice.title}</p>}
        <PlainMarkdown text={notice.message} />
      </div>
      <IconButton
        icon="close"
        label={messages.value.dismiss}
        onClick={(event) => {
          conversation.dismissNotice(notice.key);
          // Pressed by a key: the button is about to go, and the focus with it.
          if (event.detail === 0) focusComposer();
        }}
      />
    </div>
  );
}
