/** An answer: its parts as Markdown with citations, and the list of its sources. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { doubt } from '../../protocol/additions';
import type { AssistantMessageItem } from '../../protocol/types.gen';
import { Markdown } from '../../rich/Markdown';
import { SourceList } from '../../rich/SourceList';
import { numberSources, sourceKey } from '../../rich/sources';
import { Thinking } from '../thread/Thinking';
import { useView } from '../view';

export function AssistantMessage({
  item,
  isStreaming,
}: {
  item: AssistantMessageItem;
  isStreaming: boolean;
}): VNode {
  const { messages, resolveUrl, isImageAllowed, onDeeplink } = useView();
  const t = messages.value;
  const annotations = item.content.flatMap((part) => part.annotations ?? []);
  const sources = numberSources(annotations);
  const unsourced = annotations.find(({ source }) => doubt(source) === 'without source')?.source;
  const numberOf = (source: Parameters<typeof sourceKey>[0]): number =>
    sources.find((numbered) => sourceKey(numbered.source) === sourceKey(source))?.number ?? 0;
  const labels = useMemo(() => ({ copy: t.copy, copied: t.copied }), [t]);
  if (isStreaming && item.content.every((part) => part.text === '')) return <Thinking />;
  return (
    <div class="ck-assistant" part="assistant-message" dir="auto">
      <h3 class="ck-hidden">{t.assistantSaid}</h3>
      {item.content.map((part, index) => (
        <Markdown
          key={index}
          text={part.text}
          annotations={part.annotations ?? []}
          streaming={isStreaming}
          numberOf={numberOf}
          isImageAllowed={isImageAllowed}
          resolveUrl={resolveUrl}
          onDeeplink={onDeeplink}
          labels={labels}
        />
      ))}
      {!isStreaming && unsourced && (
        <p class="ck-unsourced">
          {unsourced.title}. {unsourced.description}
        </p>
      )}
      {!isStreaming && sources.length > 0 && (
        <SourceList sources={sources} resolveUrl={resolveUrl} labels={{ sources: t.sources }} />
      )}
    </div>
  );
}
