/** Plain text, which may come word by word, and which may be a field that is edited where it stands. */
import type { VNode } from 'preact';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import type { Editable } from '../readers';
import { present, wordStyle } from '../style';
import { LineField } from './LineField';
import { Words } from './Words';

export function Text({ node }: { node: WidgetNode<'Text'> }): VNode {
  const { isStreaming } = useWidget();
  const { props } = node;
  if (props.editable) return <EditableText node={node} editable={props.editable} />;
  const more = [
    props.italic ? 'ck-w-italic' : '',
    props.lineThrough ? 'ck-w-through' : '',
    props.streaming && isStreaming ? 'ck-w-streaming' : '',
  ].join(' ');
  const style = present({
    width: props.width,
    minHeight: props.minLines === null ? null : `${props.minLines}lh`,
  });
  return <Words kind="text" props={props} more={more} style={style} />;
}

function EditableText({ node, editable }: { node: WidgetNode<'Text'>; editable: Editable }): VNode {
  const { scheme } = useWidget();
  const { props } = node;
  const isMany = (props.minLines ?? 1) > 1 || (props.maxLines ?? 1) > 1 || props.value.includes('\n');
  return (
    <LineField
      draft={node.draft}
      class={`ck-w-editable ck-w-text-${props.size} ck-w-${props.weight} ${props.italic ? 'ck-w-italic' : ''} ${props.lineThrough ? 'ck-w-through' : ''}`}
      style={{
        ...wordStyle({ color: props.color, textAlign: props.textAlign }, scheme),
        width: props.width ?? '',
      }}
      rows={isMany ? (props.minLines ?? 1) : null}
      maxRows={props.maxLines ?? 100}
      isGrowing
      inputType="text"
      field={{
        name: editable.name,
        disabled: false,
        defaultValue: props.value,
        required: editable.isRequired,
        pattern: editable.pattern,
        placeholder: editable.placeholder,
        allowAutofillExtensions: editable.allowsExtensions,
        autoSelect: editable.shouldSelect,
        autoFocus: editable.shouldFocus,
        autoComplete: editable.autoComplete,
      }}
    />
  );
}
