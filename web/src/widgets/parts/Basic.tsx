/** A root without a border or a background. */
import type { VNode } from 'preact';
import { Children } from '../Children';
import type { WidgetNode } from '../parse';
import { flowStyle, flushStyle, spacingStyle } from '../style';
import { Themed } from './Themed';

export function Basic({ node }: { node: WidgetNode<'Basic'> }): VNode {
  const { props } = node;
  const style = {
    ...spacingStyle('padding', props.padding),
    ...flushStyle(props.padding),
    ...flowStyle(props),
  };
  return (
    <Themed theme={props.theme}>
      <div class="ck-w-flow ck-w-basic" style={style}>
        <Children of={node.children} />
      </div>
    </Themed>
  );
}
