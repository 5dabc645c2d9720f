/** An icon by its name. */
import type { VNode } from 'preact';
import { Icon as Drawing } from '../../views/icons/Icon';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { wordStyle } from '../style';

export function Icon({ node }: { node: WidgetNode<'Icon'> }): VNode {
  const { scheme } = useWidget();
  const { name, color, size } = node.props;
  return (
    <span class={`ck-w-icon ck-w-icon-${size}`} style={wordStyle({ color }, scheme)}>
      <Drawing name={name} />
    </span>
  );
}
