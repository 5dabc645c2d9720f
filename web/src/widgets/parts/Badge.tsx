/** A word or two that say what something is, or how it stands. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';

export function Badge({ node }: { node: WidgetNode<'Badge'> }): VNode {
  const { label, color, variant, size, pill } = node.props;
  return (
    <span
      class={`ck-w-badge ck-w-badge-${size} ck-w-tone-${color} ck-w-${variant} ${pill ? 'ck-w-pill' : ''}`}
    >
      {label}
    </span>
  );
}
