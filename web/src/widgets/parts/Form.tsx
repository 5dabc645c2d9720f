/** Fields that are sent together. */
import type { VNode } from 'preact';
import { Children } from '../Children';
import { FormContext, useScope, useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { boxStyle } from '../style';
import { FormElement } from './FormElement';

export function Form({ node }: { node: WidgetNode<'Form'> }): VNode {
  const { scheme } = useWidget();
  const scope = useScope();
  const { props } = node;
  return (
    <FormContext.Provider value={scope}>
      <FormElement
        class="ck-w-flow ck-w-form"
        style={boxStyle(props, scheme)}
        scope={scope}
        action={props.onSubmitAction}
        cause="form"
      >
        <Children of={node.children} />
      </FormElement>
    </FormContext.Provider>
  );
}
