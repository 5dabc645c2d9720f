/** One of several. */
import type { VNode } from 'preact';
import { useField, useName, useWidget } from '../context';
import type { WidgetNode } from '../parse';

export function RadioGroup({ node }: { node: WidgetNode<'RadioGroup'> }): VNode {
  const { act, isBlocked, labelled, pending } = useWidget();
  const { props } = node;
  const { value, id, scope } = useField(node.draft, props.defaultValue, props);
  const control = useName();
  const action = props.onChangeAction;
  const isWaiting = isBlocked(action) || pending.value.has(control);
  const isLabelled = props.ariaLabel === null && labelled.has(props.name);
  return (
    <div
      class={`ck-w-radios ck-w-radios-${props.direction}`}
      role="radiogroup"
      id={id}
      aria-label={isLabelled ? undefined : (props.ariaLabel ?? props.name)}
      aria-labelledby={isLabelled ? `${id}-label` : undefined}
      aria-required={props.required ? true : undefined}
    >
      {props.options.map((option) => (
        <label class="ck-w-choice" key={option.value}>
          <input
            type="radio"
            class="ck-w-radio-input"
            name={control}
            value={option.value}
            checked={value.value === option.value}
            required={props.required}
            disabled={props.disabled || option.isDisabled}
            aria-disabled={isWaiting ? true : undefined}
            onClick={(event) => {
              if (isWaiting) event.preventDefault();
            }}
            onChange={() => {
              value.value = option.value;
              const field = props.name === '' ? undefined : ([props.name, option.value] as const);
              if (action) act(action, { cause: 'change', control, scope, field });
            }}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </div>
  );
}
