/** Outlines of the icons that the element shows of itself, beside those that are seen at first. */
import { circle, dot } from './paths';

const ring = circle(12, 12, 9);
const page = 'M14 3.5H7A2 2 0 0 0 5 5.5v13a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-10zM14 3.5v5h5';

export const usual: Readonly<Record<string, string>> = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  'chevron-left': 'M14.5 6l-6 6 6 6',
  'chevron-right': 'M9.5 6l6 6-6 6',
  'circle-question': `${ring}M9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7${dot(12, 16.5)}`,
  copy: 'M10.5 8.5h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM5.5 15.5a1 1 0 0 1-1-1v-8a2 2 0 0 1 2-2h8a1 1 0 0 1 1 1',
  document: `${page}M9 13h6M9 16.5h6`,
  globe: `${ring}M3 12h18M12 3c2.5 2.6 3.7 5.6 3.7 9s-1.2 6.4-3.7 9c-2.5-2.6-3.7-5.6-3.7-9S9.5 5.6 12 3z`,
  info: `${ring}M12 11v5.5${dot(12, 7.5)}`,
  'page-blank': page,
  reply: 'M9.5 6L4.5 11l5 5M5 11h8.5a6 6 0 0 1 6 6v1',
  search: `${circle(11, 11, 6.5)}M16 16l4.5 4.5`,
  'thumb-down':
    'M8 13.5V4.5h8.8a2 2 0 0 1 2 1.6l1.2 5.5a2 2 0 0 1-2 2.4h-4.5l.6 3.5a2 2 0 0 1-3.7 1.3zM8 4.5H5.5a1 1 0 0 0-1 1v7a1 1 0 0 0 1 1H8',
  'thumb-up':
    'M8 10.5v9h8.8a2 2 0 0 0 2-1.6l1.2-5.5a2 2 0 0 0-2-2.4h-4.5l.6-3.5a2 2 0 0 0-3.7-1.3zM8 19.5H5.5a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1H8',
};
