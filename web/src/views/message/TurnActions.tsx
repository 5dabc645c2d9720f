/** What can be done with a finished answer: copy it, rate it, have it written again. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { copyText } from '../../rich/clipboard';
import { copyText as copyTextOf, type Turn } from '../../state/selectors';
import { IconButton } from '../IconButton';
import { useView } from '../view';

export function TurnActions({ turn, isLast }: { turn: Turn; isLast: boolean }): VNode | null {
  const { conversation, options, messages, store } = useView();
  const t = messages.value;
  const text = copyTextOf(turn);
  const rating = store.ratings.value[turn.key];
  const { canRate, canRetry } = options.value;
  const isRetryable =
    canRetry &&
    isLast &&
    turn.asked !== null &&
    conversation.canSubmit() &&
    store.chat.value.failure === null;
  if (text === '' && !canRate && !isRetryable) return null;
  return (
    <div class="ck-actions" part="actions">
      {text !== '' && <CopyButton text={text} />}
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
          onClick={() => {
            conversation.retryTurn(turn);
          }}
        />
      )}
    </div>
  );
}

function CopyButton({ text }: { text: string }): VNode {
  const { conversation, messages } = useView();
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, 2000);
    return () => {
      clearTimeout(timer);
    };
  }, [isCopied]);
  const button = useRef<HTMLButtonElement>(null);
  const copy = async (): Promise<void> => {
    conversation.noteCopy();
    if (button.current && (await copyText(text, button.current))) setCopied(true);
  };
  return (
    <IconButton
      buttonRef={button}
      icon={isCopied ? 'check' : 'copy'}
      label={isCopied ? messages.value.copied : messages.value.copy}
      onClick={() => void copy()}
    />
  );
}
