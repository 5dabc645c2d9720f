/**
 * Room for a keyboard that lies over the page instead of making it smaller, as on iOS: the element ends above it,
 * so that the composer is seen.
 */
import { useEffect } from 'preact/hooks';

/** Less than this is not worth shrinking to. */
const LEAST = 160;

/** How much of the element the keyboard covers, in pixels. Pure. */
export function covered(
  box: { readonly top: number; readonly bottom: number },
  page: { readonly height: number },
  seen: { readonly offsetTop: number; readonly height: number; readonly scale: number },
): number {
  // What lies out of sight because somebody zoomed in, or because the page is longer, is not covered.
  if (seen.scale > 1.01 || box.bottom > page.height + 1) return 0;
  const overlap = Math.round(box.bottom - seen.offsetTop - seen.height);
  return Math.max(0, Math.min(overlap, box.bottom - box.top - LEAST));
}

/** Watches; shows nothing itself. */
export function KeyboardRoom({ root }: { root: { readonly current: HTMLElement | null } }): null {
  useEffect(() => {
    const view = globalThis.visualViewport;
    if (!view) return;
    const measure = (): void => {
      const box = root.current;
      const host = box?.getRootNode();
      if (!box || !(host instanceof ShadowRoot)) return;
      const page = { height: document.documentElement.clientHeight };
      const room = covered(host.host.getBoundingClientRect(), page, view);
      if (room > 0) box.style.setProperty('--ck-keyboard', `${room}px`);
      else box.style.removeProperty('--ck-keyboard');
    };
    view.addEventListener('resize', measure);
    view.addEventListener('scroll', measure);
    return () => {
      view.removeEventListener('resize', measure);
      view.removeEventListener('scroll', measure);
    };
  }, []);
  return null;
}
