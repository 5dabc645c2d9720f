/**
 * A button that begins an action. While that is under way, or has to wait for an answer, it is shown as disabled, but
 * keeps the focus, which a disabled one would lose.
 */
import type { ComponentChildren, Ref, VNode } from 'preact';
import { useWidget } from '../context';
import type { WidgetAction } from '../readers';

export interface ActionButtonProps {
  readonly name: string;
  readonly class: string;
  readonly action: WidgetAction | null;
  readonly isSubmit: boolean;
  readonly isDisabled: boolean;
  readonly label?: string | undefined;
  /** The id of what names it. */
  readonly labelledBy?: string;
  readonly buttonRef?: Ref<HTMLButtonElement>;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
}

export function ActionButton(props: ActionButtonProps): VNode {
  const { pending, isBlocked } = useWidget();
  const isBusy = pending.value.has(props.name);
  const isWaiting = isBusy || isBlocked(props.action);
  return (
    <button
      type={props.isSubmit ? 'submit' : 'button'}
      class={props.class}
      ref={props.buttonRef ?? null}
      data-control={props.name}
      aria-label={props.label}
      aria-labelledby={props.labelledBy}
      title={props.label}
      aria-busy={isBusy}
      aria-disabled={isWaiting ? true : undefined}
      disabled={props.isDisabled}
      onClick={(event) => {
        event.stopPropagation();
        if (isWaiting) event.preventDefault();
        else props.onClick();
      }}
    >
      {props.children}
      {isBusy && <span class="ck-spinner" />}
    </button>
  );
}
