/** A line between what stands above it and below. */
import type { VNode } from 'preact';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { on } from '../style';

export function Divider({ node }: { node: WidgetNode<'Divider'> }): VNode {
  const { scheme } = useWidget();
  const { color, size, spacing, flush } = node.props;
  return (
    <hr
      class={`ck-w-divider ${flush ? 'ck-w-flush' : ''}`}
      style={{
        background: on(color, scheme) ?? '',
        height: size ?? '',
        marginTop: spacing ?? '',
        marginBottom: spacing ?? '',
      }}
    />
  );
}
