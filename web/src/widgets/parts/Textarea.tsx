/** A field of several lines, which may grow with what is written. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { LineField } from './LineField';

export function Textarea({ node }: { node: WidgetNode<'Textarea'> }): VNode {
  const { props } = node;
  const rows = props.rows ?? 3;
  const gutter = props.gutterSize === null ? '' : `ck-w-gutter-${props.gutterSize}`;
  return (
    <LineField
      draft={node.draft}
      class={`ck-w-control ck-w-area ck-w-size-${props.size} ck-w-${props.variant} ${gutter}`}
      inputType="text"
      rows={rows}
      maxRows={props.maxRows ?? Math.max(rows, 10)}
      isGrowing={props.autoResize}
      field={props}
    />
  );
}
