/** The list of suggestions above the composer. The caret stays in the text box, which says what is active. */
import type { RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../../icons/Icon';
import { useView } from '../../view';
import type { Choice, Suggestions } from './suggestions';

interface Props {
  readonly suggestions: Suggestions;
  readonly id: string;
  readonly area: RefObject<HTMLTextAreaElement | null>;
}

export function List({ suggestions, id, area }: Props): VNode {
  const t = useView().messages.value;
  const list = useRef<HTMLDivElement>(null);
  const shown = suggestions.shown.value;
  const choices = shown?.choices ?? [];
  const isEmpty = choices.length === 0;
  // A word that nothing is found for is an ordinary word; only a sign alone is a question.
  const isOpen = shown !== null && (!isEmpty || (shown.isSearching && shown.trigger.query === ''));
  const active = isOpen && !isEmpty ? `${id}-${shown.active}` : null;
  useLayoutEffect(() => {
    set(area.current, 'aria-controls', isOpen ? id : null);
    set(area.current, 'aria-activedescendant', active);
    list.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [isOpen, active]);
  return (
    <>
      {isOpen && (
        <div
          class="ck-menu ck-suggestions"
          part="menu"
          ref={list}
          // The text box keeps the focus.
          onPointerDown={(event) => {
            event.preventDefault();
          }}
        >
          <div
            id={id}
            role="listbox"
            aria-label={shown.trigger.sign === '/' ? t.commands : t.suggestions}
            aria-busy={shown.isSearching}
          >
            {grouped(choices).map(({ group, members }, index) => (
              <div role="group" aria-label={group ?? undefined} key={group ?? index}>
                {group !== null && (
                  <div class="ck-group" aria-hidden="true">
                    {group}
                  </div>
                )}
                {members.map(({ choice, at }) => (
                  <Option
                    key={choice.key}
                    choice={choice}
                    id={`${id}-${at}`}
                    isActive={at === shown.active}
                    onPoint={() => {
                      suggestions.point(at);
                    }}
                    onChoose={() => {
                      suggestions.choose(choice);
                    }}
                  />
                ))}
              </div>
            ))}
          </div>
          {isEmpty && (
            <p class="ck-searching">
              <span class="ck-spinner" />
              {t.searching}
            </p>
          )}
        </div>
      )}
      <span class="ck-hidden" role="status">
        {isOpen && !shown.isSearching ? t.suggestionCount({ count: choices.length }) : ''}
      </span>
    </>
  );
}

interface OptionProps {
  readonly choice: Choice;
  readonly id: string;
  readonly isActive: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function Option({ choice, id, isActive, onPoint, onChoose }: OptionProps): VNode {
  return (
    <div
      class="ck-menu-item"
      role="option"
      id={id}
      aria-selected={isActive}
      onPointerMove={isActive ? undefined : onPoint}
      onClick={onChoose}
    >
      {choice.icon !== null && <Icon name={choice.icon} />}
      <span class="ck-menu-text">
        <span>{choice.label}</span>
        {choice.description !== null && <small>{choice.description}</small>}
      </span>
    </div>
  );
}

interface Group {
  readonly group: string | null;
  readonly members: { readonly choice: Choice; readonly at: number }[];
}

function grouped(choices: readonly Choice[]): Group[] {
  const groups: Group[] = [];
  choices.forEach((choice, at) => {
    if (groups.at(-1)?.group !== choice.group || groups.length === 0)
      groups.push({ group: choice.group, members: [] });
    groups.at(-1)?.members.push({ choice, at });
  });
  return groups;
}

function set(element: Element | null, name: string, value: string | null): void {
  if (value === null) element?.removeAttribute(name);
  else element?.setAttribute(name, value);
}
