/** A place whose content comes, goes and grows softly. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Children } from '../Children';
import type { WidgetNode } from '../parse';

const TIME = { duration: 220, easing: 'cubic-bezier(0.2, 0.7, 0.2, 1)' };

export function Transition({ node }: { node: WidgetNode<'Transition'> }): VNode {
  const place = useRef<HTMLDivElement>(null);
  const before = useRef<{ height: number; identity: string } | null>(null);
  const [child] = node.children;
  const identity = child ? `${child.kind} ${child.key}` : '';
  const last = before.current;
  // What is about to go is copied while it is still there, to be faded out in its place.
  const ghost =
    last && last.identity !== identity ? (place.current?.firstElementChild?.cloneNode(true) ?? null) : null;
  useLayoutEffect(() => {
    const root = place.current;
    if (!root) return;
    const height = root.offsetHeight;
    if (last && isMoving()) {
      if (last.height !== height)
        root.animate([{ height: `${last.height}px` }, { height: `${height}px` }], TIME);
      if (last.identity !== identity) {
        root.firstElementChild?.animate([{ opacity: 0, transform: 'translateY(4px)' }, {}], TIME);
        if (ghost instanceof HTMLElement) fadeOut(root, ghost);
      }
    }
    before.current = { height, identity };
  });
  return (
    <div class="ck-w-transition" ref={place}>
      <Children of={child ? [withIdentity(child, identity)] : []} />
    </div>
  );
}

/** Another type under the same key is something else. */
function withIdentity(node: WidgetNode, identity: string): WidgetNode {
  return { ...node, key: identity };
}

function isMoving(): boolean {
  return 'animate' in Element.prototype && !matchMedia('(prefers-reduced-motion: reduce)').matches;
}

function fadeOut(root: HTMLElement, ghost: HTMLElement): void {
  ghost.inert = true;
  ghost.classList.add('ck-w-leaving');
  root.append(ghost);
  void ghost.animate([{}, { opacity: 0 }], TIME).finished.finally(() => {
    ghost.remove();
  });
}
