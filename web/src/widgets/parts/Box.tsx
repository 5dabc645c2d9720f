/** Children one below the other, or side by side. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { Flow } from './Flow';

export function Box({ node }: { node: WidgetNode<'Box'> }): VNode {
  return <Flow kind="box" props={node.props} nodes={node.children} />;
}
