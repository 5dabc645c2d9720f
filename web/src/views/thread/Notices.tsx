/** What the server wants known beside the answers, and what went wrong. */
import type { VNode } from 'preact';
import type { Failure, Notice } from '../../state/model';
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

export function FailureRow({ failure }: { failure: Failure }): VNode {
  const { conversation, messages, store, focusComposer } = useView();
  const t = messages.value;
  const isReload = failure.plan?.kind === 'reload';
  const text = failure.message ?? t[failure.about ?? (isReload ? 'loadFailed' : 'somethingWrong')];
  return (
    <div class="ck-notice ck-notice-danger" part="error">
      <Icon name="warning" />
      <p class="ck-notice-body" role="alert">
        {text}
      </p>
      {failure.plan !== null && store.phase.value === 'idle' && (
        <button
          type="button"
          class="ck-button"
          onClick={(event) => {
            conversation.retryFailure();
            if (event.detail === 0) focusComposer();
          }}
        >
          <Icon name="reload" />
          {isReload ? t.reload : t.retry}
        </button>
      )}
    </div>
  );
}
