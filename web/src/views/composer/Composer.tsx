/** Where messages are written. The draft lives in the store, so that re-rendering never loses it. */
import { useComputed } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { lazy } from '../../lazy';
import { edited } from '../../state/draft';
import { pendingQuestions } from '../../state/selectors';
import { Problem, Quote } from '../extras';
import { Icon } from '../icons/Icon';
import { IconButton } from '../IconButton';
import { PlainMarkdown } from '../message/PlainMarkdown';
import { useView } from '../view';
import { canRecord } from './tools';

/** Pixels, with its padding; somewhat more, for who zooms. */
const ONE_LINE = 48;

const nothing = (): null => null;
const silently = { loading: nothing, failed: nothing };
const Attachments = lazy(() => import('./attachments/Attachments'), silently);
const Dictation = lazy(() => import('./dictation/Dictation'), silently);
const Pickers = lazy(() => import('./Pickers'), silently);
const Questions = lazy(() => import('./questions/Questions'));
const Tags = lazy(() => import('./tags/Tags'), silently);

export function Footer(): VNode {
  const { store, options, messages, focusComposer } = useView();
  const status = store.thread.value?.status;
  const { disclaimer } = options.value;
  const foot = useRef<HTMLDivElement>(null);
  // Not while an answer comes: only what it ends with counts.
  const asked = useComputed(() =>
    store.phase.value === 'idle' ? pendingQuestions(store.chat.value.entries) : null,
  ).value;
  // The focus goes along when one takes the place of the other.
  const hasFocus = foot.current?.matches(':focus-within') ?? false;
  useLayoutEffect(() => {
    if (hasFocus && !asked) focusComposer();
  }, [asked?.id]);
  return (
    <div class="ck-foot" part="footer" ref={foot}>
      {status?.type === 'closed' ? (
        <p class="ck-closed" part="closed">
          {status.reason ?? messages.value.closed}
        </p>
      ) : asked && status?.type !== 'locked' ? (
        <Questions item={asked} hasFocus={hasFocus} key={asked.id} />
      ) : (
        <Composer />
      )}
      {disclaimer && (
        <div class={`ck-disclaimer ${disclaimer.isStrong ? 'ck-strong' : ''}`} part="disclaimer">
          <PlainMarkdown text={disclaimer.text} />
        </div>
      )}
      <slot name="footer" />
    </div>
  );
}

function Composer(): VNode {
  const { conversation, store, options, messages, focusComposer } = useView();
  const t = messages.value;
  const { tools, models, attachments, entities, commands, canDictate } = options.value;
  const { tags } = store.draft.value;
  const files = store.files.value;
  const isLocked = store.thread.value?.status?.type === 'locked';
  const area = useRef<HTMLTextAreaElement>(null);
  const [isTall, setTall] = useState(false);
  const submit = (): void => {
    if (conversation.submit()) focusComposer();
  };
  const hasTools = tools.length > 0 || models.length > 0 || attachments !== null || entities.hasMenu;
  const hasTags = entities.search !== null || commands !== null || tags.length > 0;
  return (
    <form
      class="ck-composer"
      part="composer"
      data-wide={hasTools || isTall ? '' : undefined}
      data-locked={isLocked ? '' : undefined}
      onClick={(event) => {
        if (event.target === event.currentTarget) focusComposer();
      }}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      {store.draft.value.quote !== '' && <Quote />}
      {(attachments !== null || files.length > 0) && <Attachments area={area} />}
      {store.composerProblem.value && <Problem />}
      <div class="ck-field">
        <Input area={area} onSend={submit} onGrown={setTall} />
        {hasTags && <Tags area={area} />}
      </div>
      {store.isDictating.value ? (
        <Dictation area={area} />
      ) : (
        <div class="ck-composer-row">
          {hasTools && (
            <div class="ck-pickers">
              <Pickers area={area} />
            </div>
          )}
          {canDictate && canRecord() && (
            <IconButton
              icon="microphone"
              label={t.dictate}
              isDisabled={isLocked}
              onClick={() => {
                store.isDictating.value = true;
              }}
            />
          )}
          <SendButton canSend={conversation.hasDraft() && conversation.canSubmit()} />
        </div>
      )}
    </form>
  );
}

interface InputProps {
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: () => void;
  /** Told whether the text takes more than a line, and so wants the whole width; until it is all gone. */
  readonly onGrown: (change: (isTall: boolean) => boolean) => void;
}

function Input({ area, onSend, onGrown }: InputProps): VNode {
  const { store, options, messages } = useView();
  const t = messages.value;
  const { tools, placeholder } = options.value;
  const { text } = store.draft.value;
  const tool = tools.find((option) => option.id === store.toolId.value);
  const status = store.thread.value?.status;
  const isLocked = status?.type === 'locked';
  const hint = isLocked
    ? (status.reason ?? t.locked)
    : (tool?.placeholderOverride ?? placeholder ?? t.placeholder);
  useLayoutEffect(() => {
    grow(area.current);
    onGrown((isTall) => text !== '' && (isTall || (area.current?.scrollHeight ?? 0) > ONE_LINE));
  }, [text]);
  return (
    <textarea
      ref={area}
      class="ck-input"
      part="input"
      rows={1}
      value={text}
      placeholder={hint}
      aria-label={hint}
      disabled={isLocked}
      // Nothing has no direction of its own: the hint stands where writing will begin.
      dir={text === '' ? undefined : 'auto'}
      enterkeyhint="send"
      onInput={({ currentTarget: { value, selectionEnd } }) => {
        const draft = store.draft.value;
        store.draft.value = { ...draft, ...edited(draft, value, selectionEnd) };
      }}
      onKeyDown={(event) => {
        if (!isSendKey(event)) return;
        event.preventDefault();
        onSend();
      }}
    />
  );
}

function SendButton({ canSend }: { canSend: boolean }): VNode {
  const { conversation, store, messages, focusComposer } = useView();
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
  const canStop = store.canCancel.value;
  const label = canStop ? t.stop : t.busy;
  return (
    <button
      type="button"
      class={`ck-send ${canStop ? 'ck-stop' : 'ck-busy'}`}
      part="stop"
      aria-label={label}
      title={label}
      disabled={!canStop}
      onClick={(event) => {
        conversation.stop();
        // Pressed by a key: the button is about to go, and the focus with it.
        if (event.detail === 0) focusComposer();
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
