/** An icon by its ChatKit name; a name it does not know becomes a quiet dot, so that the layout holds. */
import type { VNode } from 'preact';
import { later } from '../../lazy';
import { extras } from '../extras';
import { paths } from './paths';

const more = later(() => import('./more'));
const PREFIX = /^(lucide|vendor):/;
/** Those that point along the line, and so turn with it. */
const DIRECTED = /left|right|back|external|inverted|reply|undo/;

export function Icon({ name, class: extra = '' }: { name: string; class?: string }): VNode {
  const isFilled = name.endsWith('-filled');
  return (
    <svg
      class={`ck-icon ${DIRECTED.test(name) ? 'ck-directed ' : ''}${extra}`}
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

/** Empty while the other icons are on their way. */
function outline(name: string): string {
  const known = paths[name in {} ? 'dot' : name]; // what every object has is no icon
  if (known !== undefined) return known;
  const [usual, rest] = [extras.loaded.value?.usual, more.loaded.value];
  const drawn = rest?.drawnAs(name) ?? name;
  const found = usual?.[name] ?? rest?.outlines[drawn] ?? usual?.[drawn] ?? paths[drawn];
  if (found !== undefined) return found;
  const isComing = [extras, more].map(({ loaded, hasFailed, prefetch }) => {
    if (!loaded.value && !hasFailed.value) prefetch();
    return !loaded.value && !hasFailed.value;
  });
  return isComing.includes(true) ? '' : (paths.dot ?? '');
}
