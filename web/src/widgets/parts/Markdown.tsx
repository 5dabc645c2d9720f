/** Markdown, as in an answer. */
import type { VNode } from 'preact';
import { Markdown as Rich } from '../../rich/Markdown';
import { useView } from '../../views/view';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';

const NONE: readonly never[] = [];
const noNumber = (): number => 0;

export function Markdown({ node }: { node: WidgetNode<'Markdown'> }): VNode {
  const { messages, resolveUrl, isImageAllowed, onDeeplink } = useView();
  const { isStreaming } = useWidget();
  return (
    <div class="ck-w-markdown">
      <Rich
        text={node.props.value}
        annotations={NONE}
        streaming={node.props.streaming && isStreaming}
        numberOf={noNumber}
        isImageAllowed={isImageAllowed}
        resolveUrl={resolveUrl}
        onDeeplink={onDeeplink}
        labels={messages.value}
      />
    </div>
  );
}
