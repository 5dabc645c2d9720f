/** Something that is so, or is not. */
import type { VNode } from 'preact';
import { useField, useName, useWidget } from '../context';
import type { WidgetNode } from '../parse';

export function Checkbox({ node }: { node: WidgetNode<'Checkbox'> }): VNode {
  const { act, isBlocked, pending } = useWidget();
  const { props } = node;
  const { value, id, label, scope } = useField(node.draft, props.defaultChecked, props);
  const control = useName();
  const action = props.onChangeAction;
  const isWaiting = isBlocked(action) || pending.value.has(control);
  return (
    <label class="ck-w-choice">
      <input
        type="checkbox"
        class="ck-w-box-input"
        id={id}
        name={props.name}
        checked={value.value}
        required={props.required}
        disabled={props.disabled}
        aria-label={props.label === '' ? label : undefined}
        aria-disabled={isWaiting ? true : undefined}
        onClick={(event) => {
          if (isWaiting) event.preventDefault();
        }}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
          if (action)
            act(action, { cause: 'change', control, scope, field: fieldOf(props.name, value.value) });
        }}
      />
      {props.label !== '' && <span>{props.label}</span>}
    </label>
  );
}

function fieldOf(name: string, value: boolean): readonly [string, boolean] | undefined {
  return name === '' ? undefined : [name, value];
}
