/** A source that is an entity of the page: where the page wants to know of it, and the entity may be clicked. */
import type { Entity } from '@openai/chatkit';
import { useContext } from 'preact/hooks';
import type { EntitySource, Source } from '../protocol/types.gen';
import { ViewContext } from '../views/view';
import { publisher } from './sources';

/** The entity behind `source`, if clicks on it and a preview of it are the page's; null for all others. */
export function usePagesEntity(source: Source): Entity | null {
  const entities = useContext(ViewContext)?.options.value.entities;
  if (source.type !== 'entity' || source.interactive !== true) return null;
  return entities?.click || entities?.preview ? toEntity(source) : null;
}

function toEntity({ id, title, icon, group, data }: EntitySource): Entity {
  return {
    id,
    title,
    interactive: true,
    data: (data ?? {}) as Record<string, string>,
    ...(icon && { icon }),
    ...(group && { group }),
  };
}

/** What the card of an entity says above and below its name. */
export function cardOf(source: Source): { label: string; description: string | undefined } {
  return { label: publisher(source), description: source.description };
}
