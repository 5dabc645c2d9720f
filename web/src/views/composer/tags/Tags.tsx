/**
 * Tags in the text box and what is suggested for them. The text box stays the plain one that it is: a second layer
 * draws the tags over it, and a list stands above it while `@` or `/` is being typed.
 */
import type { Entity } from '@openai/chatkit';
import { effect } from '@preact/signals';
import type { RefObject, VNode } from 'preact';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { browser } from '../../../protocol/surroundings';
import type { UserMessageTagContent } from '../../../protocol/types.gen';
import type { PlacedTag } from '../../../state/draft';
import { tagged } from '../../../state/tagging';
import { EntityName, toEntity } from '../../entity/EntityName';
import { useView } from '../../view';
import { typeInto } from '../typing';
import { useActions } from './actions';
import { leaveTags, selectDoomed } from './caret';
import { List } from './List';
import { Suggestions } from './suggestions';
import menu from '../../menu.css?inline';
import tags from './tags.css?inline';
import { triggerAt, type Trigger } from './trigger';

export { english } from '../../../i18n/later';

export const css = menu + tags;

/** How many states of the text are kept to find its tags again when an edit is undone. */
const MEMORY = 500;

interface Props {
  readonly area: RefObject<HTMLTextAreaElement | null>;
}

export default function Tags({ area }: Props): VNode {
  const { store } = useView();
  const suggestions = useSuggestions(area);
  const listId = useId();
  useTagUndo(area);
  useKeys(area, suggestions);
  useEffect(() => {
    area.current?.setAttribute('aria-autocomplete', 'list');
    return () => area.current?.removeAttribute('aria-autocomplete');
  }, []);
  return (
    <>
      {store.draft.value.tags.length > 0 && <Layer area={area} />}
      <List suggestions={suggestions} id={listId} area={area} />
    </>
  );
}

function useSuggestions(area: RefObject<HTMLTextAreaElement | null>): Suggestions {
  const { conversation, options, store } = useView();
  const actions = useActions(area);
  const latest = useRef(actions);
  latest.current = actions;
  return useMemo(
    () =>
      new Suggestions({
        after: browser.after,
        entities: () => options.peek().entities,
        commands: () => options.peek().commands,
        actions: () => latest.current,
        report: (thrown) => {
          conversation.report(thrown);
        },
        replace: ({ start, end }: Trigger, entity: Entity | null) => {
          const box = area.current;
          if (!box) return;
          if (!entity) {
            typeInto(box, start, end, '');
            return;
          }
          const { caret, text, tags } = tagged(store.draft.peek(), start, end, toTag(entity));
          typeInto(box, start, end, text.slice(start, text.length - (box.value.length - end)));
          store.draft.value = { ...store.draft.peek(), text, tags };
          box.setSelectionRange(caret, caret);
        },
        shorten: ({ start, end }) => {
          if (area.current) typeInto(area.current, start + 1, end, '');
        },
      }),
    [],
  );
}

/** A tag as the wire takes it: it has data, and no icon. */
function toTag({ id, title, data, group, interactive }: Entity): UserMessageTagContent {
  return {
    type: 'input_tag',
    id,
    text: title,
    data: data ?? {},
    ...(group !== undefined && { group }),
    interactive: interactive ?? false,
  };
}

/** The browser undoes text and knows nothing of tags: they come back with the text they stood in. */
function useTagUndo(area: RefObject<HTMLTextAreaElement | null>): void {
  const { store } = useView();
  const memory = useMemo(() => new Map<string, readonly PlacedTag[]>(), []);
  useEffect(
    () =>
      effect(() => {
        const { text, tags } = store.draft.value;
        if (tags.length === 0) return;
        memory.set(text, tags);
        const [oldest] = memory.keys();
        if (memory.size > MEMORY && oldest !== undefined) memory.delete(oldest);
      }),
    [],
  );
  useEffect(() => {
    const box = area.current;
    const recall = (event: Event): void => {
      const { inputType } = event as InputEvent;
      const draft = store.draft.peek();
      const tags = memory.get(draft.text);
      if (tags && /^history/.test(inputType)) store.draft.value = { ...draft, tags };
    };
    box?.addEventListener('input', recall);
    return () => box?.removeEventListener('input', recall);
  }, []);
}

/** The keys and the caret: suggestions first, then tags, and what is left is the text box's own. */
function useKeys(area: RefObject<HTMLTextAreaElement | null>, suggestions: Suggestions): void {
  const { store } = useView();
  useEffect(() => {
    const box = area.current;
    const field = box?.parentElement;
    if (!box || !field) return;
    let caret = box.selectionEnd;
    const look = (): void => {
      // An input method's text is no text yet.
      if (composing) return;
      const { tags } = store.draft.peek();
      caret = leaveTags(box, tags, caret);
      const isCaret = box.selectionStart === box.selectionEnd;
      suggestions.look(isCaret ? triggerAt(store.draft.peek(), caret) : null);
    };
    let composing = false;
    const later = (): void => {
      queueMicrotask(look);
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (composing || event.isComposing) return;
      if (takes(suggestions, event)) {
        event.preventDefault();
        event.stopPropagation();
      } else selectDoomed(box, store.draft.peek().tags, event.key);
    };
    const onComposition = (event: Event): void => {
      composing = event.type === 'compositionstart';
      if (!composing) later();
    };
    const close = (): void => {
      suggestions.close();
    };
    const abort = new AbortController();
    const { signal } = abort;
    // Before the text box itself hears of it.
    field.addEventListener('keydown', onKeyDown, { capture: true, signal });
    for (const type of ['input', 'keyup', 'pointerup', 'selectionchange']) {
      box.addEventListener(type, later, { signal });
    }
    for (const type of ['compositionstart', 'compositionend'])
      box.addEventListener(type, onComposition, { signal });
    box.addEventListener('blur', close, { signal });
    look();
    return () => {
      abort.abort();
      suggestions.close();
    };
  }, []);
}

/** Whether the list of suggestions makes use of the key. */
function takes(suggestions: Suggestions, event: KeyboardEvent): boolean {
  const shown = suggestions.shown.peek();
  if (!shown || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (event.key === 'Escape') suggestions.back();
  else if (shown.choices.length === 0) return false;
  else if (event.key === 'ArrowDown') suggestions.move(1);
  else if (event.key === 'ArrowUp') suggestions.move(-1);
  else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey)
    suggestions.choose(shown.choices[shown.active]);
  else return false;
  return true;
}

/** The tags, drawn where the text box has their names. Those who cannot see it read them in the text itself. */
function Layer({ area }: Props): VNode {
  const { text, tags } = useView().store.draft.value;
  const parts: (VNode | string)[] = [];
  let at = 0;
  for (const { start, end, tag } of tags) {
    const onPointerDown = (event: PointerEvent): void => {
      event.preventDefault();
      area.current?.focus();
      area.current?.setSelectionRange(end, end);
    };
    parts.push(
      text.slice(at, start),
      <span class="ck-mention" key={start} onPointerDown={onPointerDown}>
        <EntityName entity={toEntity(tag)} isSilent>
          {text.slice(start, end)}
        </EntityName>
      </span>,
    );
    at = end;
  }
  return (
    <div class="ck-layer" aria-hidden="true" dir="auto">
      {parts}
      {text.slice(at)}
    </div>
  );
}
