/** What opens beside a control, above everything else, and closes when something else is done. */
import { useEffect, useLayoutEffect } from 'preact/hooks';

export type Side = 'top' | 'bottom' | 'left' | 'right';
export type Along = 'start' | 'center' | 'end';

export interface Place {
  readonly side: Side;
  readonly align: Along;
}

/** Pixels between the control and what it opens, and to the edge of the window. */
const GAP = 6;
const MARGIN = 8;

interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where to put a box beside an anchor: on the wished side or, where it does not fit, the opposite one. Pure. */
export function position(
  anchor: Rect,
  box: { readonly width: number; readonly height: number },
  room: { readonly width: number; readonly height: number },
  { side, align }: Place,
): { left: number; top: number } {
  const isBeside = side === 'left' || side === 'right';
  const [start, length, own, all] = isBeside
    ? [anchor.left, anchor.width, box.width, room.width]
    : [anchor.top, anchor.height, box.height, room.height];
  const before = start - own - GAP;
  const after = start + length + GAP;
  const fitsBefore = before >= MARGIN;
  const fitsAfter = after + own <= all - MARGIN;
  const isWishedBefore = side === 'top' || side === 'left';
  const across = (isWishedBefore ? fitsBefore || !fitsAfter : fitsBefore && !fitsAfter) ? before : after;
  const [from, extent, size, limit] = isBeside
    ? [anchor.top, anchor.height, box.height, room.height]
    : [anchor.left, anchor.width, box.width, room.width];
  const along = from + { start: 0, center: (extent - size) / 2, end: extent - size }[align];
  const kept = (value: number, of: number, most: number): number =>
    Math.max(MARGIN, Math.min(value, most - of - MARGIN));
  const [a, b] = [kept(across, own, all), kept(along, size, limit)];
  return isBeside ? { left: a, top: b } : { left: b, top: a };
}

type Ref = { readonly current: HTMLElement | null };

/** Shows the popup at its anchor while it is open, and closes it for a click or a scroll elsewhere. */
export function usePopup(isOpen: boolean, anchor: Ref, popup: Ref, place: Place, close: () => void): void {
  useLayoutEffect(() => {
    const [at, box] = [anchor.current, popup.current];
    if (!isOpen || !at || !box) return;
    if ('showPopover' in box && !box.matches(':popover-open')) box.showPopover();
    const rect = at.getBoundingClientRect();
    box.style.minWidth = `${rect.width}px`;
    const isMirrored = getComputedStyle(at).direction === 'rtl';
    const align = isMirrored
      ? ({ start: 'end', center: 'center', end: 'start' } as const)[place.align]
      : place.align;
    const room = { width: window.innerWidth, height: window.innerHeight };
    const { left, top } = position(rect, box.getBoundingClientRect(), room, { ...place, align });
    box.style.left = `${left}px`;
    box.style.top = `${top}px`;
  });
  useEffect(() => {
    if (!isOpen) return;
    const isInside = (event: Event): boolean =>
      [anchor.current, popup.current].some((each) => each && event.composedPath().includes(each));
    const leave = (event: Event): void => {
      if (!isInside(event)) close();
    };
    document.addEventListener('pointerdown', leave, true);
    document.addEventListener('scroll', leave, true);
    window.addEventListener('resize', close);
    return () => {
      document.removeEventListener('pointerdown', leave, true);
      document.removeEventListener('scroll', leave, true);
      window.removeEventListener('resize', close);
    };
  }, [isOpen]);
}
