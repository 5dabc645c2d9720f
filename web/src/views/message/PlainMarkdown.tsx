/** Markdown that cites nothing: notices, thoughts, the disclaimer. */
import type { VNode } from 'preact';
import { Markdown } from '../../rich/Markdown';
import { useView } from '../view';

export function PlainMarkdown({ text }: { text: string }): VNode {
  const { messages, resolveUrl, isImageAllowed, onDeeplink } = useView();
  const { copy, copied } = messages.value;
  return (
    <Markdown
      text={text}
      annotations={[]}
      streaming={false}
      numberOf={() => 0}
      isImageAllowed={isImageAllowed}
      resolveUrl={resolveUrl}
      onDeeplink={onDeeplink}
      labels={{ copy, copied }}
    />
  );
}
