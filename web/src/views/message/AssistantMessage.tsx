/** An answer: its parts as Markdown with citations, and the list of its sources. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { doubt } from '../../protocol/additions';
import type { Annotation, AssistantMessageItem, Source } from '../../protocol/types.gen';
import { Markdown } from '../../rich/Markdown';
import { SourceList } from '../../rich/SourceList';
import { numberSources, sourceKey } from '../../rich/sources';
import { Thinking } from '../thread/Thinking';
import { useView } from '../view';

const NONE: readonly Annotation[] = [];

export function AssistantMessage({
  entryKey,
  item,
  isStreaming,
}: {
  entryKey: string;
  item: AssistantMessageItem;
  isStreaming: boolean;
}): VNode {
  const { messages, resolveUrl, isImageAllowed, onDeeplink } = useView();
  const t = messages.value;
  const lists = item.content.map((part) => part.annotations ?? NONE);
  // Made anew when a citation comes, and not with every word.
  const { sources, unsourced, numberOf } = useMemo(() => cited(lists.flat()), lists);
  if (isStreaming && item.content.every((part) => part.text === '')) return <Thinking />;
  return (
    <div class="ck-assistant" part="assistant-message" dir="auto" data-entry={entryKey}>
      <h3 class="ck-hidden" dir="auto">
        {t.assistantSaid}
      </h3>
      {item.content.map((part, index) => (
        <Markdown
          key={index}
          text={part.text}
          annotations={part.annotations ?? NONE}
          streaming={isStreaming}
          numberOf={numberOf}
          isImageAllowed={isImageAllowed}
          resolveUrl={resolveUrl}
          onDeeplink={onDeeplink}
          labels={t}
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

function cited(annotations: readonly Annotation[]) {
  const sources = numberSources(annotations);
  const numbers = new Map(sources.map(({ source, number }) => [sourceKey(source), number]));
  return {
    sources,
    unsourced: annotations.find(({ source }) => doubt(source) === 'without source')?.source,
    numberOf: (source: Source): number => numbers.get(sourceKey(source)) ?? 0,
  };
}
