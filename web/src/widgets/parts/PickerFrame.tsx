/** What a select and a date picker look like while they are closed: a button, and one that clears it. */
import type { ComponentChildren, VNode } from 'preact';
import { IconButton } from '../../views/IconButton';
import { useView } from '../../views/view';
import type { Props } from '../schema';

interface FrameProps {
  readonly props: Pick<Props<'Select'>, 'variant' | 'size' | 'pill' | 'block' | 'clearable' | 'disabled'>;
  readonly isClear: boolean;
  readonly isWaiting: boolean;
  readonly onClear: () => void;
  readonly button: (look: { readonly class: string }) => VNode;
  readonly children: ComponentChildren;
}

export function PickerFrame({ props, isClear, isWaiting, onClear, button, children }: FrameProps): VNode {
  const { clear } = useView().messages.value;
  const canClear = props.clearable && !isClear && !isWaiting && !props.disabled;
  const look = `ck-w-control ck-w-picker ck-w-size-${props.size} ck-w-${props.variant} ${props.pill ? 'ck-w-pill' : ''}`;
  return (
    <span class={`ck-w-picker-frame ${props.block ? 'ck-w-wide' : ''} ${canClear ? 'ck-w-clearable' : ''}`}>
      {button({ class: look })}
      {canClear && <IconButton icon="close" label={clear} class="ck-w-clear" onClick={onClear} />}
      {children}
    </span>
  );
}
