/** Markdown that cites nothing: notices, thoughts, the disclaimer. */
import type { VNode } from 'preact';
import { Markdown } from '../../rich/Markdown';
import { useView } from '../view';

const NONE: readonly never[] = [];
const noNumber = (): number => 0;

export function PlainMarkdown({ text }: { text: string }): VNode {
  const { messages, resolveUrl, isImageAllowed, onDeeplink } = useView();
  return (
    <Markdown
      text={text}
      annotations={NONE}
      streaming={false}
      numberOf={noNumber}
      isImageAllowed={isImageAllowed}
      resolveUrl={resolveUrl}
      onDeeplink={onDeeplink}
      labels={messages.value}
      heading={3}
    />
  );
}
