/** A field of one line. */
import type { VNode } from 'preact';
import type { WidgetNode } from '../parse';
import { LineField } from './LineField';

export function Input({ node }: { node: WidgetNode<'Input'> }): VNode {
  const { props } = node;
  const gutter = props.gutterSize === null ? '' : `ck-w-gutter-${props.gutterSize}`;
  return (
    <LineField
      draft={node.draft}
      class={`ck-w-control ck-w-size-${props.size} ck-w-${props.variant} ${gutter} ${props.pill ? 'ck-w-pill' : ''}`}
      inputType={props.inputType}
      rows={null}
      maxRows={1}
      isGrowing={false}
      field={props}
    />
  );
}
