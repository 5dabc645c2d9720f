/** What went wrong, with a button that tries again. */
import type { VNode } from 'preact';
import type { Failure } from '../../state/model';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

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
