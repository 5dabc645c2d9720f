/** Small words beside others. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { Words } from './Words';

export function Caption({ node }: { node: WidgetNode<'Caption'> }): VNode {
  return <Words kind="caption" props={node.props} />;
}
