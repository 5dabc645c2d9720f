/** What can be done with a finished answer: copy it, rate it, have it written again. */
import type { VNode } from 'preact';
import { copyText as copyTextOf, hasText } from '../../state/selectors';
import type { Turn } from '../../state/turns';
import { IconButton } from '../IconButton';
import { useView } from '../view';
import { CopyButton } from './CopyButton';

export function TurnActions({ turn, isLast }: { turn: Turn; isLast: boolean }): VNode | null {
  const { conversation, options, messages, store, focusComposer } = useView();
  const t = messages.value;
  const canCopy = hasText(turn);
  const rating = store.ratings.value[turn.key];
  const { canRate, canRetry } = options.value;
  const isRetryable =
    canRetry && isLast && turn.asked !== null && conversation.canSubmit() && store.failure.value === null;
  // A call of the page's tool alone is no answer.
  const isAnswered = turn.replies.some(({ item }) => item.type !== 'client_tool_call');
  if (!isAnswered || (!canCopy && !canRate && !isRetryable)) return null;
  return (
    <div class="ck-actions" part="actions">
      {canCopy && <CopyButton text={() => copyTextOf(turn)} label={t.copy} />}
      {canRate && (
        <>
          <IconButton
            icon="thumb-up"
            label={t.goodAnswer}
            isPressed={rating === 'positive'}
            onClick={() => {
              conversation.rate(turn, 'positive');
            }}
          />
          <IconButton
            icon="thumb-down"
            label={t.badAnswer}
            isPressed={rating === 'negative'}
            onClick={() => {
              conversation.rate(turn, 'negative');
            }}
          />
        </>
      )}
      {isRetryable && (
        <IconButton
          icon="reload"
          label={t.retryAnswer}
          onClick={(event) => {
            conversation.retryTurn(turn);
            // Pressed by a key: the button is about to go, and the focus with it.
            if (event.detail === 0) focusComposer();
          }}
        />
      )}
    </div>
  );
}
