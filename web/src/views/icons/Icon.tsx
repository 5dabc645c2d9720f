/** An icon by its ChatKit name; a name it does not know becomes a quiet dot, so that the layout holds. */
import type { VNode } from 'preact';
import { aliases, paths } from './paths';

const PREFIX = /^(lucide|vendor):/;

export function Icon({ name, class: extra = '' }: { name: string; class?: string }): VNode {
  const isFilled = name.endsWith('-filled');
  return (
    <svg
      class={`ck-icon ${extra}`}
      viewBox="0 0 24 24"
      fill={isFilled ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.7"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={outline(name.replace(PREFIX, ''))} />
    </svg>
  );
}

function outline(name: string): string {
  const known = paths[name] ?? paths[aliases[name] ?? ''];
  if (known !== undefined) return known;
  const side = /^sidebar-.*(left|right)/.exec(name)?.[1];
  return paths[side === undefined ? 'dot' : `sidebar-${side}`] ?? '';
}
