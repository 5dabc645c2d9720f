/** A card with what is known of an entity: its own words, and those of the preview that the page gives. */
import type { Entity } from '@openai/chatkit';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isObject } from '../../protocol/wire';
import { place } from '../../rich/Citation';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

/** No preview is longer than this many lines. */
const MOST_LINES = 8;

interface Props {
  readonly entity: Entity;
  readonly anchor: RefObject<HTMLElement | null>;
}

export default function EntityCard({ entity, anchor }: Props): VNode {
  const { conversation } = useView();
  const card = useRef<HTMLSpanElement>(null);
  const [lines, setLines] = useState<readonly string[]>([]);
  useEffect(() => {
    let isWanted = true;
    void conversation.previewEntity(entity).then((widget) => {
      if (isWanted) setLines(words(widget).slice(0, MOST_LINES));
    });
    return () => {
      isWanted = false;
    };
  }, [entity.id]);
  useLayoutEffect(() => {
    if (card.current && anchor.current) place(card.current, anchor.current);
  });
  return (
    <span class="ck-card" role="tooltip" popover="manual" ref={card}>
      <span class="ck-card-body">
        <span class="ck-card-from">
          {entity.icon && <Icon name={entity.icon} />}
          {entity.group}
        </span>
        <span class="ck-card-title">{entity.title}</span>
        {lines.map((line, index) => (
          <span class="ck-card-text" key={index}>
            {line}
          </span>
        ))}
      </span>
    </span>
  );
}

/** The texts of a widget, in reading order: what can be shown of it without its layout. */
function words(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(words);
  if (!isObject(node)) return [];
  const own = [node.value, node.label].filter((text) => typeof text === 'string' && text.trim() !== '');
  return [...(own as string[]), ...words(node.children)];
}
