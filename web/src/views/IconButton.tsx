/** A button that shows an icon only: it always has a name, and shows it as a tooltip. */
import type { Ref, VNode } from 'preact';
import { Icon } from './icons/Icon';

export interface IconButtonProps {
  icon: string;
  label: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  part?: string;
  isPressed?: boolean;
  isExpanded?: boolean;
  isDisabled?: boolean;
  tabIndex?: number;
  buttonRef?: Ref<HTMLButtonElement>;
}

export function IconButton(props: IconButtonProps): VNode {
  return (
    <button
      type="button"
      ref={props.buttonRef ?? null}
      class={`ck-icon-button ${props.class ?? ''}`}
      part={props.part}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.isPressed}
      aria-expanded={props.isExpanded}
      disabled={props.isDisabled}
      tabIndex={props.tabIndex}
      onClick={props.onClick}
    >
      <Icon name={props.icon} />
    </button>
  );
}
