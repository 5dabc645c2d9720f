/** The name of an entity that tells the page of clicks and shows a card. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { lazy } from '../../lazy';
import { useView } from '../view';
import type { EntityNameProps } from './EntityName';

const nothing = (): null => null;
const EntityCard = lazy(() => import('./EntityCard'), { loading: nothing, failed: nothing });

/** Milliseconds that a pointer rests on the name before the page is asked for a preview. */
const REST = 200;

export function InteractiveName(props: EntityNameProps): VNode {
  const { entity, class: extra, isSilent = false, children } = props;
  const { conversation } = useView();
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
