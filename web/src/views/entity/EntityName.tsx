/** The name of an entity, and what of it a page's options make more than a name. */
import type { Entity } from '@openai/chatkit';
import type { ComponentChildren, VNode } from 'preact';
import { part } from '../../lazy';
import type { UserMessageTagContent } from '../../protocol/types.gen';
import { extras } from '../extras';
import { useView } from '../view';

/** The entity that a tag of a message stands for. */
export function toEntity({ id, text, data, group, interactive = false }: UserMessageTagContent): Entity {
  const strings = data as Record<string, string>;
  return { id, title: text, interactive, data: strings, ...(group !== undefined && { group }) };
}

export interface EntityNameProps {
  readonly entity: Entity;
  /** What its card says above and below its name. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly class?: string;
  /** Not to be reached with the keyboard: it only repeats what can be. */
  readonly isSilent?: boolean;
  readonly children: ComponentChildren;
}

const Plain = ({ class: extra, children }: EntityNameProps): VNode => <span class={extra}>{children}</span>;
const InteractiveName = part(extras, (views) => views.InteractiveName, { loading: Plain, failed: Plain });

export function EntityName(props: EntityNameProps): VNode {
  const { click, preview } = useView().options.value.entities;
  const isMore = props.entity.interactive === true && (click !== null || preview !== null);
  return isMore ? <InteractiveName {...props} /> : <Plain {...props} />;
}
