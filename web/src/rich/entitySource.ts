/** A source that is an entity of the page: where the page wants to know of it, and the entity may be clicked. */
import type { Entity } from '@openai/chatkit';
import { useContext } from 'preact/hooks';
import type { EntitySource, Source } from '../protocol/types.gen';
import { ViewContext } from '../views/view';

/** The entity behind `source`, if clicks on it and a preview of it are the page's; null for all others. */
export function usePagesEntity(source: Source): Entity | null {
  const entities = useContext(ViewContext)?.options.value.entities;
  if (source.type !== 'entity' || source.interactive !== true) return null;
  return entities?.click || entities?.preview ? toEntity(source) : null;
}

function toEntity({ id, title, icon, label, data }: EntitySource): Entity {
  return {
    id,
    title,
    interactive: true,
    data: (data ?? {}) as Record<string, string>,
    ...(icon && { icon }),
    ...(label && { group: label }),
  };
}
