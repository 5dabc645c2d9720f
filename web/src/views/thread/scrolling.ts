/**
 * Where the thread is scrolled to. A new message goes to the top, with room under it for its answer; an
 * opened thread shows its end; older items push nothing; with `autoScroll` the end is followed.
 */
import { useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useView } from '../view';

/** How far from the end, in pixels, still counts as being there. */
const NEAR = 100;
/** How close to the top older items are fetched. */
const EARLY = 240;
/** Room above a message that was scrolled to the top. */
const MARGIN = 8;

export interface Scrolling {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Whether the end is out of sight. */
  readonly isAway: boolean;
  readonly jump: () => void;
}

export function useScrolling(): Scrolling {
  const { store, conversation, options } = useView();
  const scroller = useRef<HTMLDivElement>(null);
  const [isAway, setAway] = useState(false);
  const isFollowing = useRef(true);
  const { entries } = store.chat.value;
  const firstKey = entries[0]?.key;
  const before = useRef({ firstKey, height: 0 });

  const look = useCallback((): void => {
    const box = scroller.current;
    if (!box) return;
    const distance = box.scrollHeight - box.clientHeight - box.scrollTop;
    isFollowing.current = distance <= NEAR;
    setAway(distance > NEAR);
    if (box.scrollTop < EARLY && store.chat.peek().older) void conversation.showOlder();
  }, []);

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    box.addEventListener('scroll', look, { passive: true });
    return () => {
      box.removeEventListener('scroll', look);
    };
  }, []);

  // Older items came in above: what was being read stays where it is.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const grown = box.scrollHeight - before.current.height;
    const wasPrepended =
      before.current.firstKey !== firstKey && entries.some((e) => e.key === before.current.firstKey);
    if (wasPrepended && grown > 0) box.scrollTop += grown;
    before.current = { firstKey, height: box.scrollHeight };
  });

  // Whatever grew may have left the end behind, or be followed to it.
  useLayoutEffect(() => {
    const box = scroller.current;
    if (!box) return;
    if (options.value.autoScroll && isFollowing.current && store.phase.peek() === 'responding') {
      box.scrollTop = box.scrollHeight;
    }
    look();
  });

  useSignalEffect(() => {
    const wish = store.scroll.value;
    if (!wish) return;
    // The views follow the state a frame later.
    afterRender(() => {
      const box = scroller.current;
      if (!box) return;
      if (wish.to === 'end' || options.peek().autoScroll) box.scrollTop = box.scrollHeight;
      else scrollToLast(box);
      look();
    });
  });

  const jump = useCallback((): void => {
    const box = scroller.current;
    box?.scrollTo({ top: box.scrollHeight, behavior: motion() });
    // The button is about to go and would take the focus with it.
    box?.focus({ preventScroll: true });
  }, []);
  return { scroller, isAway, jump };
}

function scrollToLast(box: HTMLElement): void {
  const last = box.querySelector('.ck-turn:last-of-type');
  if (!last) return;
  const top = last.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop - MARGIN;
  box.scrollTo({ top, behavior: motion() });
}

function motion(): ScrollBehavior {
  return matchMedia('(prefers-reduced-motion: reduce)').matches ? 'instant' : 'smooth';
}

function afterRender(work: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(work));
}
