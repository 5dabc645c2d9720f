/** Children one below the other, with room between them. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { Flow } from './Flow';

export function Col({ node }: { node: WidgetNode<'Col'> }): VNode {
  return <Flow kind="col" props={node.props} nodes={node.children} />;
}
