/** Room that pushes its neighbours apart. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';

export function Spacer({ node }: { node: WidgetNode<'Spacer'> }): VNode {
  const { minSize } = node.props;
  return (
    <div class="ck-w-spacer" aria-hidden="true" style={minSize === null ? {} : { flexBasis: minSize }} />
  );
}
