/** A headline, in words of its own: an outline of the page it does not make. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { Words } from './Words';

export function Title({ node }: { node: WidgetNode<'Title'> }): VNode {
  return <Words kind="title" props={node.props} />;
}
