/** One of a list that opens, which can be searched when it is long. A chunk of its own. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../views/icons/Icon';
import { useView } from '../../views/view';
import { useField, useName, useWidget } from '../context';
import { isSearchable, matching, stepped, typedAhead } from '../options';
import type { WidgetNode } from '../parse';
import { usePopup } from '../popup';
import type { Choice } from '../readers';
import { PickerFrame } from './PickerFrame';

export { default as css } from './select.css?inline';

const PLACE = { side: 'bottom', align: 'start' } as const;
/** Milliseconds after which typing begins a new word. */
const PAUSE = 700;

export default function Select({ node }: { node: WidgetNode<'Select'> }): VNode {
  const widget = useWidget();
  const t = useView().messages.value;
  const { props } = node;
  const { options } = props;
  const { value, id, label, scope } = useField(node.draft, props.defaultValue, props);
  const name = useName();
  const [isOpen, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(-1);
  // Keys may follow each other faster than frames, in which what is shown is made anew.
  const now = useRef({ isOpen: false, active: -1 });
  const button = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const typed = useRef({ text: '', at: 0 });
  const activate = (to: number): void => {
    now.current.active = to;
    setActive(to);
  };
  const close = (): void => {
    now.current.isOpen = false;
    setOpen(false);
  };
  usePopup(isOpen, button, popup, PLACE, close);

  const canSearch = isSearchable(options, props.searchable);
  const found = canSearch ? matching(options, query) : options;
  const chosen = options.find((option) => option.value === value.value);
  const said = chosen?.label ?? props.placeholder ?? t.choose;
  const isWaiting = widget.isBlocked(props.onChangeAction) || widget.pending.value.has(name);

  const open = (): void => {
    if (isWaiting || props.disabled) return;
    setQuery('');
    activate(chosen ? options.indexOf(chosen) : stepped(options, -1, 1));
    now.current.isOpen = true;
    setOpen(true);
  };
  const choose = (next: string | null): void => {
    close();
    button.current?.focus();
    if (next === value.value) return;
    value.value = next;
    const field = props.name === '' ? undefined : ([props.name, next ?? ''] as const);
    if (props.onChangeAction)
      widget.act(props.onChangeAction, { cause: 'change', control: name, scope, field });
  };
  useEffect(() => {
    if (isOpen) search.current?.focus();
  }, [isOpen]);
  useEffect(() => {
    popup.current?.querySelector('[data-active]')?.scrollIntoView({ block: 'nearest' });
  }, [isOpen, active]);

  const move = (to: number): void => {
    if (to >= 0) activate(to);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const { key } = event;
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    if (!now.current.isOpen) {
      if (/^(?:Arrow(?:Down|Up)|Enter| )$/.test(key)) {
        event.preventDefault();
        open();
      } else if (key.length === 1 && !canSearch) typeAhead(key);
      return;
    }
    if (key === 'ArrowDown') move(stepped(found, now.current.active, 1));
    else if (key === 'ArrowUp') move(stepped(found, now.current.active, -1));
    else if (key === 'Home' && !canSearch) move(stepped(found, -1, 1));
    else if (key === 'End' && !canSearch) move(stepped(found, found.length, -1));
    else if (key === 'Enter' || (key === ' ' && !canSearch)) {
      const option = found[now.current.active];
      if (option && !option.isDisabled) choose(option.value);
    } else if (key === 'Escape') {
      event.stopPropagation();
      close();
      button.current?.focus();
    } else if (key === 'Tab') {
      close();
      button.current?.focus();
      return;
    } else if (key.length === 1 && !canSearch) typeAhead(key);
    else return;
    event.preventDefault();
  };
  const typeAhead = (key: string): void => {
    const time = Date.now();
    const text = time - typed.current.at < PAUSE ? typed.current.text + key : key;
    typed.current = { text, at: time };
    const at = typedAhead(
      options,
      text,
      now.current.isOpen ? now.current.active : chosen ? options.indexOf(chosen) : -1,
    );
    const option = options[at];
    if (now.current.isOpen) move(at);
    else if (option && !isWaiting) choose(option.value);
  };

  const shownAs = `${name}-${active}`;
  const combobox = {
    role: 'combobox',
    'aria-haspopup': 'listbox',
    'aria-expanded': isOpen,
    'aria-controls': isOpen ? `${name}-list` : undefined,
    'aria-activedescendant': isOpen && found[active] ? shownAs : undefined,
    onKeyDown,
  } as const;
  return (
    <PickerFrame
      props={props}
      isClear={value.value === null}
      isWaiting={isWaiting}
      onClear={() => choose(null)}
      button={(look) => (
        <button
          type="button"
          id={id}
          ref={button}
          {...look}
          {...combobox}
          aria-label={label === undefined || label === said ? label : `${label}: ${said}`}
          aria-disabled={isWaiting ? true : undefined}
          disabled={props.disabled}
          onClick={() => (isOpen ? close() : open())}
        >
          <span class={`ck-w-picked ${chosen ? '' : 'ck-w-unpicked'}`}>{said}</span>
          <Icon name="chevron-down" />
        </button>
      )}
    >
      {isOpen && (
        <div class="ck-w-popup ck-w-options" popover="manual" ref={popup}>
          {canSearch && (
            <div class="ck-w-search">
              <Icon name="search" />
              <input
                type="text"
                ref={search}
                {...combobox}
                aria-label={label ?? props.name}
                aria-autocomplete="list"
                autocomplete="off"
                value={query}
                onInput={(event) => {
                  const words = event.currentTarget.value;
                  setQuery(words);
                  activate(stepped(matching(options, words), -1, 1));
                }}
              />
            </div>
          )}
          <div class="ck-w-listbox" role="listbox" id={`${name}-list`} aria-label={label ?? props.name}>
            {found.map((option, index) => (
              <Option
                key={option.value}
                id={`${name}-${index}`}
                option={option}
                isChosen={option === chosen}
                isActive={index === active}
                onChoose={() => choose(option.value)}
                onPoint={() => activate(index)}
              />
            ))}
          </div>
          <p class={found.length === 0 ? 'ck-w-none' : 'ck-hidden'} role="status">
            {found.length === 0 ? t.nothingFound : ''}
          </p>
        </div>
      )}
    </PickerFrame>
  );
}

interface OptionProps {
  readonly id: string;
  readonly option: Choice;
  readonly isChosen: boolean;
  readonly isActive: boolean;
  readonly onChoose: () => void;
  readonly onPoint: () => void;
}

function Option({ id, option, isChosen, isActive, onChoose, onPoint }: OptionProps): VNode {
  return (
    <div
      class="ck-w-option"
      role="option"
      id={id}
      aria-selected={isChosen}
      aria-disabled={option.isDisabled ? true : undefined}
      data-active={isActive ? '' : undefined}
      onPointerDown={(event) => event.preventDefault()}
      onPointerMove={() => {
        if (!option.isDisabled && !isActive) onPoint();
      }}
      onClick={() => {
        if (!option.isDisabled) onChoose();
      }}
    >
      <span class="ck-w-option-text">
        <span>{option.label}</span>
        {option.description !== null && <small>{option.description}</small>}
      </span>
      {isChosen && <Icon name="check" />}
    </div>
  );
}
