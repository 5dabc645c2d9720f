/** The name of an entity; one that is interactive tells the page of clicks and shows a card. */
import type { Entity } from '@openai/chatkit';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { lazy } from '../../lazy';
import type { UserMessageTagContent } from '../../protocol/types.gen';
import { useView } from '../view';

const nothing = (): null => null;
const EntityCard = lazy(() => import('./EntityCard'), { loading: nothing, failed: nothing });

/** Milliseconds that a pointer rests on the name before the page is asked for a preview. */
const REST = 200;

/** The entity that a tag of a message stands for. */
export function toEntity({ id, text, data, group, interactive = false }: UserMessageTagContent): Entity {
  const strings = data as Record<string, string>;
  return { id, title: text, interactive, data: strings, ...(group !== undefined && { group }) };
}

interface Props {
  readonly entity: Entity;
  /** What its card says above and below its name. */
  readonly label?: string | undefined;
  readonly description?: string | undefined;
  readonly class?: string;
  /** Not to be reached with the keyboard: it only repeats what can be. */
  readonly isSilent?: boolean;
  readonly children: ComponentChildren;
}

export function EntityName(props: Props): VNode {
  const { entity, class: extra, isSilent = false, children } = props;
  const { conversation, options } = useView();
  const { click, preview } = options.value.entities;
  const root = useRef<HTMLButtonElement>(null);
  const timer = useRef(0);
  const [isOpen, setOpen] = useState(false);
  const wait = (ms: number, open: boolean): void => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      setOpen(open);
    }, ms);
  };
  useEffect(
    () => () => {
      clearTimeout(timer.current);
    },
    [],
  );
  if (!entity.interactive || (!click && !preview)) return <span class={extra}>{children}</span>;
  return (
    <button
      type="button"
      class={extra}
      ref={root}
      tabIndex={isSilent ? -1 : undefined}
      onPointerEnter={() => {
        wait(REST, true);
      }}
      onPointerLeave={() => {
        wait(REST, false);
      }}
      onFocus={() => {
        wait(0, true);
      }}
      onBlur={() => {
        wait(0, false);
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isOpen) return;
        event.stopPropagation();
        wait(0, false);
      }}
      onClick={() => {
        conversation.clickEntity(entity);
      }}
    >
      {children}
      {isOpen && <EntityCard {...props} anchor={root} />}
    </button>
  );
}
