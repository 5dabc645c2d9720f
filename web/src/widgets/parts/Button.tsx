/** A button that begins an action, or submits its form. */
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { Icon } from '../../views/icons/Icon';
import { FormContext, useName, useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { ActionButton } from './ActionButton';

export function Button({ node }: { node: WidgetNode<'Button'> }): VNode {
  const { act } = useWidget();
  const scope = useContext(FormContext);
  const name = useName();
  const { props } = node;
  const { label, iconStart, iconEnd, onClickAction: action } = props;
  const isSubmit = props.submit && scope !== null;
  const isBare = label === '';
  const look = [
    `ck-w-button ck-w-size-${props.size}`,
    `ck-w-tone-${props.color ?? props.style ?? 'secondary'} ck-w-${variantOf(node)}`,
    props.iconSize === null ? '' : `ck-w-icon-${props.iconSize}`,
    props.pill ? 'ck-w-pill' : '',
    props.uniform || isBare ? 'ck-w-uniform' : '',
    props.block ? 'ck-w-wide' : '',
    isSubmit || action ? '' : 'ck-w-idle',
  ];
  return (
    <ActionButton
      name={name}
      class={look.join(' ')}
      action={action}
      isSubmit={isSubmit}
      isDisabled={props.disabled}
      label={isBare ? (iconStart ?? iconEnd ?? '').replace(/^\w+:/, '').replace(/-/g, ' ') : undefined}
      onClick={() => {
        if (action && !isSubmit) act(action, { cause: 'click', control: name, scope });
      }}
    >
      {iconStart !== null && <Icon name={iconStart} />}
      {!isBare && <span class="ck-w-button-text">{label}</span>}
      {iconEnd !== null && <Icon name={iconEnd} />}
    </ActionButton>
  );
}

/** A colour by itself is filled with; a preset brings its own; otherwise a button is quiet. */
function variantOf({ props }: WidgetNode<'Button'>): string {
  if (props.variant !== null) return props.variant;
  if (props.style === null) return props.color === null ? 'outline' : 'solid';
  return props.style === 'primary' ? 'solid' : 'outline';
}
