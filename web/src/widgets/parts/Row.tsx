/** Children side by side. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { Flow } from './Flow';

export function Row({ node }: { node: WidgetNode<'Row'> }): VNode {
  return <Flow kind="row" props={node.props} nodes={node.children} />;
}
