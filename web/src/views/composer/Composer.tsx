/** Where messages are written. The draft lives in the store, so that re-rendering never loses it. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../icons/Icon';
import { IconButton } from '../IconButton';
import { PlainMarkdown } from '../message/PlainMarkdown';
import { useView } from '../view';
import { ModelPicker, ToolPicker } from './Pickers';

export function Footer(): VNode {
  const { store, options, messages } = useView();
  const status = store.chat.value.thread?.status;
  const { disclaimer } = options.value;
  return (
    <div class="ck-foot">
      {status?.type === 'closed' ? (
        <p class="ck-closed" part="closed">
          {status.reason ?? messages.value.closed}
        </p>
      ) : (
        <Composer />
      )}
      {disclaimer && (
        <div class={`ck-disclaimer ${disclaimer.isStrong ? 'ck-strong' : ''}`} part="disclaimer">
          <PlainMarkdown text={disclaimer.text} />
        </div>
      )}
    </div>
  );
}

function Composer(): VNode {
  const { conversation, store, options, messages, focusComposer } = useView();
  const t = messages.value;
  const { tools, models, placeholder } = options.value;
  const { text, quote } = store.draft.value;
  const status = store.chat.value.thread?.status;
  const isLocked = status?.type === 'locked';
  const tool = tools.find((option) => option.id === store.toolId.value);
  const hint = isLocked
    ? (status.reason ?? t.locked)
    : (tool?.placeholderOverride ?? placeholder ?? t.placeholder);
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    grow(area.current);
  }, [text]);

  const submit = (): void => {
    if (conversation.submit()) focusComposer();
  };
  const hasTools = tools.length > 0 || models.length > 0;
  return (
    <form
      class="ck-composer"
      part="composer"
      data-wide={hasTools ? '' : undefined}
      data-locked={isLocked ? '' : undefined}
      onClick={(event) => {
        if (event.target === event.currentTarget) focusComposer();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {quote !== '' && (
        <div class="ck-quote">
          <p>{quote}</p>
          <IconButton
            icon="close"
            label={t.removeQuote}
            onClick={() => {
              store.draft.value = { text, quote: '' };
            }}
          />
        </div>
      )}
      <textarea
        ref={area}
        class="ck-input"
        part="input"
        rows={1}
        value={text}
        placeholder={hint}
        aria-label={hint}
        disabled={isLocked}
        dir="auto"
        enterkeyhint="send"
        onInput={(event) => {
          store.draft.value = { text: event.currentTarget.value, quote };
        }}
        onKeyDown={(event) => {
          if (!isSendKey(event)) return;
          event.preventDefault();
          submit();
        }}
      />
      <div class="ck-composer-row">
        {hasTools && (
          <div class="ck-pickers">
            <ToolPicker />
            <ModelPicker />
          </div>
        )}
        <SendButton canSend={text.trim() !== '' && conversation.canSubmit()} />
      </div>
    </form>
  );
}

function SendButton({ canSend }: { canSend: boolean }): VNode {
  const { conversation, store, messages } = useView();
  const t = messages.value;
  if (store.phase.value !== 'responding') {
    return (
      <button
        type="submit"
        class="ck-send"
        part="send"
        aria-label={t.send}
        title={t.send}
        disabled={!canSend}
      >
        <Icon name="send" />
      </button>
    );
  }
  const canStop = store.chat.value.canCancel;
  const label = canStop ? t.stop : t.busy;
  return (
    <button
      type="button"
      class={`ck-send ${canStop ? 'ck-stop' : 'ck-busy'}`}
      part="stop"
      aria-label={label}
      title={label}
      disabled={!canStop}
      onClick={() => {
        conversation.stop();
      }}
    >
      {canStop ? <span class="ck-square" /> : <span class="ck-spinner" />}
    </button>
  );
}

/** Enter that ends an input method's composition belongs to the input method: 229 is how Safari says so. */
export function isSendKey(event: KeyboardEvent): boolean {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- the only sign Safari gives
  const isComposing = event.isComposing || event.keyCode === 229;
  return event.key === 'Enter' && !event.shiftKey && !event.altKey && !isComposing;
}

/** As tall as its text, up to what the style sheet allows; the CSS-only way is not everywhere yet. */
function grow(area: HTMLTextAreaElement | null): void {
  if (!area || CSS.supports('field-sizing', 'content')) return;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight}px`;
}
