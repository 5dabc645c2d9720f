/** A card with what is known of an entity: the preview that the page gives, or else its name and what stands with it. */
import type { Entity } from '@openai/chatkit';
import type { RefObject, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { place } from '../../rich/Citation';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { Preview } from './Preview';
import css from './preview.css?inline';

export { css };

interface Props {
  readonly entity: Entity;
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly anchor: RefObject<HTMLElement | null>;
}

export default function EntityCard({ entity, label, description, anchor }: Props): VNode {
  const { conversation } = useView();
  const card = useRef<HTMLSpanElement>(null);
  const [widget, setWidget] = useState<unknown>(null);
  useEffect(() => {
    let isWanted = true;
    void conversation.previewEntity(entity).then((preview) => {
      if (isWanted) setWidget(preview);
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
        <Preview widget={widget} otherwise={<Known {...{ entity, label, description }} />} />
      </span>
    </span>
  );
}

/** What the page said of it before it was asked for more. */
function Known({ entity, label = entity.group, description }: Omit<Props, 'anchor'>): VNode {
  return (
    <>
      {(entity.icon ?? label) && (
        <span class="ck-card-from">
          {entity.icon && <Icon name={entity.icon} />}
          {label}
        </span>
      )}
      <span class="ck-card-title">{entity.title}</span>
      {description && <span class="ck-card-text">{description}</span>}
    </>
  );
}
