/** What a field is called; a click on it goes to the field. */
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { FormContext, fieldId, useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { wordStyle } from '../style';

export function Label({ node }: { node: WidgetNode<'Label'> }): VNode {
  const { scheme, name } = useWidget();
  const scope = useContext(FormContext);
  const { value, fieldName, size, weight, textAlign, color } = node.props;
  const id = fieldId(name, scope, fieldName);
  return (
    <label
      class={`ck-w-words ck-w-label ck-w-text-${size} ck-w-${weight}`}
      id={`${id}-label`}
      for={id}
      style={wordStyle({ textAlign, color }, scheme)}
      onClick={(event) => {
        // A group of radio buttons is nothing that the browser would go to.
        const root = event.currentTarget.getRootNode() as ShadowRoot | Document;
        root.getElementById(id)?.querySelector<HTMLElement>('input:not(:disabled)')?.focus();
      }}
    >
      {value}
    </label>
  );
}
