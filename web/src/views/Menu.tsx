/** A button with a menu of choices, as the ARIA practices describe it: arrows move, Esc and a click outside close. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons/Icon';

export interface MenuEntry {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  readonly description?: string | null;
  readonly isDisabled?: boolean;
  /** Something that is done, not chosen. */
  readonly isAction?: boolean;
}

export interface MenuProps {
  label: string;
  button: ComponentChildren;
  buttonClass: string;
  entries: readonly MenuEntry[];
  chosenId: string | null;
  onChoose: (id: string) => void;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

export function Menu(props: MenuProps): VNode {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const items = (): HTMLButtonElement[] => [
    ...(root.current?.querySelectorAll<HTMLButtonElement>('[role^=menuitem]:not(:disabled)') ?? []),
  ];

  useEffect(() => {
    if (!isOpen) return;
    const chosen = root.current?.querySelector<HTMLButtonElement>('[aria-checked=true]:not(:disabled)');
    (chosen ?? items()[0])?.focus();
    const closeOutside = (event: Event): void => {
      if (root.current && !event.composedPath().includes(root.current)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => {
      document.removeEventListener('pointerdown', closeOutside);
    };
  }, [isOpen]);

  // Of the button too, which has the focus for a frame after the menu was opened.
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isOpen) return;
    const list = items();
    const at = list.findIndex((item) => item.matches(':focus'));
    const step = STEPS[event.key];
    if (event.key === 'Escape') {
      event.stopPropagation();
      setOpen(false);
      button.current?.focus();
    } else if (event.key === 'Tab') {
      setOpen(false);
    } else if (step !== undefined) {
      event.preventDefault();
      list[(at + step + list.length) % list.length]?.focus();
    } else if (event.key === 'Home' || event.key === 'End') {
      event.preventDefault();
      list.at(event.key === 'Home' ? 0 : -1)?.focus();
    }
  };

  return (
    <div class="ck-menu-root" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        ref={button}
        class={props.buttonClass}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={props.label}
        title={props.label}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        {props.button}
      </button>
      {isOpen && (
        <div class="ck-menu" role="menu" aria-label={props.label} part="menu">
          {props.entries.map((entry) => (
            <button
              type="button"
              role={entry.isAction ? 'menuitem' : 'menuitemradio'}
              class="ck-menu-item"
              key={entry.id}
              tabIndex={-1}
              aria-checked={entry.isAction ? undefined : entry.id === props.chosenId}
              disabled={entry.isDisabled}
              onClick={() => {
                setOpen(false);
                props.onChoose(entry.id);
              }}
            >
              {entry.icon !== undefined && <Icon name={entry.icon} />}
              <span class="ck-menu-text">
                <span>{entry.label}</span>
                {entry.description && <small>{entry.description}</small>}
              </span>
              {entry.id === props.chosenId && <Icon name="check" />}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
