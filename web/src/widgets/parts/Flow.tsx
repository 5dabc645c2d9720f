/** What `Box`, `Row` and `Col` have in common. */
import type { VNode } from 'preact';
import { Children } from '../Children';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { boxStyle, type BoxProps } from '../style';

export function Flow({
  kind,
  props,
  nodes,
}: {
  kind: 'box' | 'row' | 'col';
  props: BoxProps;
  nodes: readonly WidgetNode[];
}): VNode {
  const { scheme } = useWidget();
  return (
    <div class={`ck-w-flow ck-w-${kind}`} style={boxStyle(props, scheme)}>
      <Children of={nodes} />
    </div>
  );
}
