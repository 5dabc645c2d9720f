/** A row of a list. One that does something is a button, whatever else stands in it. */
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { Children } from '../Children';
import { FormContext, useName, useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { flowStyle } from '../style';
import { ActionButton } from './ActionButton';

export function ListViewItem({ node }: { node: WidgetNode<'ListViewItem'> }): VNode {
  const { act } = useWidget();
  const scope = useContext(FormContext);
  const name = useName();
  const { onClickAction: action, gap, align } = node.props;
  const style = flowStyle({ gap, align });
  if (!action) {
    return (
      <li class="ck-w-row-item" tabIndex={-1}>
        <div class="ck-w-row-inside" style={style}>
          <Children of={node.children} />
        </div>
      </li>
    );
  }
  // The button lies below what it is named by, so that buttons and links in the row stay what they are.
  return (
    <li class="ck-w-row-item ck-w-row-active">
      <ActionButton
        name={name}
        class="ck-w-row-button"
        action={action}
        isSubmit={false}
        isDisabled={false}
        labelledBy={`${name}-row`}
        onClick={() => {
          act(action, { cause: 'click', control: name, scope });
        }}
      >
        {null}
      </ActionButton>
      <div class="ck-w-row-inside" id={`${name}-row`} style={style}>
        <Children of={node.children} />
      </div>
    </li>
  );
}
