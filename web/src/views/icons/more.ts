/** Outlines of the icons that pages and answers may name, and names drawn like another one. */
import { circle, dot } from './paths';

const ring = circle(12, 12, 9);
const box =
  'M6 3.5h12A2.5 2.5 0 0 1 20.5 6v12a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 18V6A2.5 2.5 0 0 1 6 3.5z';
const pencil = 'M4 20l.9-3.9L16.2 4.8a1.9 1.9 0 0 1 2.7 0l.3.3a1.9 1.9 0 0 1 0 2.7L7.9 19.1z';
const book = 'M12 6.5C10 5 7.5 4.5 4 4.5v13c3.5 0 6 .5 8 2 2-1.5 4.5-2 8-2v-13c-3.5 0-6 .5-8 2zM12 6.5v13';
const user = `${circle(12, 8, 4)}M4.5 20.5c.8-4 3.7-6 7.5-6s6.7 2 7.5 6`;
const star = 'M12 3.5l2.6 5.3 5.9.9-4.3 4.1 1 5.8L12 16.9l-5.2 2.7 1-5.8L3.5 9.7l5.9-.9z';
const clock = `${ring}M12 7v5l3.5 2`;
const gear = `${circle(12, 12, 3)}M12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M18.4 5.6l-1.8 1.8M7.4 16.6l-1.8 1.8`;
const sparkle =
  'M12 3.5c.8 5 3.5 7.7 8.5 8.5-5 .8-7.7 3.5-8.5 8.5-.8-5-3.5-7.7-8.5-8.5 5-.8 7.7-3.5 8.5-8.5z';
const ticked = 'M8 12.3l2.7 2.7L16 9.5';
const sidebar = (x: number): string => `${box}M${x} 3.5v17`;
const sliders = `M4 8h8M18 8h2M4 16h2M12 16h8${circle(15, 8, 2.5)}${circle(9, 16, 2.5)}`;
const image = `${box}${circle(9, 9, 1.5)}M20.5 15l-4.5-4.5L6 20.5`;
const desktop =
  'M5 4.5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM12 16.5v4M8 20.5h8';

export const outlines: Readonly<Record<string, string>> = {
  agent: `M6.5 8h11A2.5 2.5 0 0 1 20 10.5v6a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 16.5v-6A2.5 2.5 0 0 1 6.5 8zM12 8V4.5${dot(9, 13)}${dot(15, 13)}M2 12.5v2M22 12.5v2`,
  at: `${circle(12, 12, 4)}M16 8v5.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-3.5 7.1`,
  analytics: 'M4 20h16M7 16v-4M12 16V6M17 16V9',
  atom: `${dot(12, 12)}M12 7.5c5 0 9 2 9 4.5s-4 4.5-9 4.5-9-2-9-4.5 4-4.5 9-4.5zM16 5c2.2 1.2 1.9 5.3-.6 9.5S9 20.4 7 19.2s-1.8-5.3.6-9.5S13.9 3.8 16 5z`,
  batch: 'M12 3.5l8.5 4.5-8.5 4.5L3.5 8zM3.5 12.5l8.5 4.5 8.5-4.5M3.5 16.5L12 21l8.5-4.5',
  bolt: 'M13 3L5 13.5h6L10 21l8-10.5h-6z',
  'book-clock': book,
  'book-closed':
    'M6.5 3.5H19v17H6.5A2.5 2.5 0 0 1 4 18V6a2.5 2.5 0 0 1 2.5-2.5zM4 18a2.5 2.5 0 0 1 2.5-2.5H19',
  'book-open': book,
  bug: 'M8 9.5a4 4 0 0 1 8 0v6a4 4 0 0 1-8 0zM12 12v7M8 12H4M8 16H4.5M16 12h4M16 16h3.5M8.5 6L7 4M15.5 6L17 4',
  calendar:
    'M6 5.5h12a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V7.5a2 2 0 0 1 2-2zM4 10h16M8.5 3.5v4M15.5 3.5v4',
  chart: 'M4 4v16h16M8 15l3.5-4 3 2.5L20 8',
  'chat-temporary':
    'M12 4.5c4.7 0 8.5 3.1 8.5 7s-3.8 7-8.5 7c-1.2 0-2.3-.2-3.3-.5L4 19.5l1-3.6c-1-1.2-1.5-2.7-1.5-4.4 0-3.9 3.8-7 8.5-7z',
  'check-circle': ring + ticked,
  clock,
  compass: `${ring}M15.5 8.5l-2 5-5 2 2-5z`,
  confetti: `M4 20l4.5-11 6.5 6.5zM14 4c.5 2-.5 3.5-2 4.5M20 10c-2-.5-3.5.5-4.5 2${dot(18, 5)}${dot(20, 15)}${dot(9, 4)}`,
  cube: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9',
  'dark-mode': 'M20 14.5A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.5z',
  desktop,
  'dots-horizontal': dot(5, 12) + dot(12, 12) + dot(19, 12),
  'dots-vertical': dot(12, 5) + dot(12, 12) + dot(12, 19),
  'double-chevron-left': 'M12 6l-6 6 6 6M18.5 6l-6 6 6 6',
  'double-chevron-right': 'M12 6l6 6-6 6M5.5 6l6 6-6 6',
  'empty-circle': ring,
  'expand-large': 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
  'external-link':
    'M14 4.5h5.5V10M19.5 4.5L11 13M17.5 14v3.5a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2H10',
  grid: 'M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z',
  home: 'M4 11l8-7 8 7v7.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5zM9.5 20v-6h5v6',
  images: image,
  keys: `${circle(8, 15.5, 4)}M11 12.5l8.5-8.5M16 7.5l3 3`,
  lab: 'M9.5 3.5v6L4.5 18a1.7 1.7 0 0 0 1.5 2.5h12a1.7 1.7 0 0 0 1.5-2.5l-5-8.5v-6M8 3.5h8M7 15h10',
  lifesaver: `${ring}${circle(12, 12, 3.5)}M5.7 5.7l3.8 3.8M14.5 14.5l3.8 3.8M18.3 5.7l-3.8 3.8M9.5 14.5l-3.8 3.8`,
  'light-mode': `${circle(12, 12, 4)}M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4`,
  lightbulb:
    'M9 17.5h6M10 20.5h4M12 3.5a6 6 0 0 0-3.5 10.9c.5.4.5 1 .5 1.6V17.5h6V16c0-.6 0-1.2.5-1.6A6 6 0 0 0 12 3.5z',
  mail: 'M5.5 5.5h13a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2zM4 7l8 6 8-6',
  'map-pin': `M12 21c4-4.5 6.5-7.8 6.5-11a6.5 6.5 0 1 0-13 0c0 3.2 2.5 6.5 6.5 11z${circle(12, 10, 2.3)}`,
  maps: 'M9 4.5L3.5 7v13L9 17.5l6 2.5 5.5-2.5v-13L15 7zM9 4.5v13M15 7v13',
  menu: 'M4 7h16M4 12h16M4 17h16',
  microphone: 'M12 3.5a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0v-5a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3',
  mobile: 'M8.5 3h7a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zM11 18h2',
  name: 'M5 5.5h14M12 5.5v13M9 18.5h6',
  notebook: 'M7 3.5h10a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2H7zM7 3.5v17M4.5 7.5H7M4.5 12H7M4.5 16.5H7M11 8h4.5',
  paperclip:
    'M20 11l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.2-8.2a3.4 3.4 0 0 1 4.8 4.8l-8.2 8.2a1.7 1.7 0 0 1-2.4-2.4l7.6-7.6',
  phone:
    'M6.5 3.5h3l1.5 4-2 1.5c1 2.3 2.7 4 5 5l1.5-2 4 1.5v3a3 3 0 0 1-3 3C9.7 19.5 3.5 13.3 3.5 6.5a3 3 0 0 1 3-3z',
  play: 'M7.5 4.5v15l11.5-7.5z',
  'profile-card': `M5.5 5h13a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z${circle(9, 11, 2)}M6 16c.4-1.5 1.5-2 3-2s2.6.5 3 2M15 10h3M15 14h3`,
  'settings-cog': gear,
  'settings-slider': sliders,
  share: 'M12 15V4M7.5 8L12 3.5 16.5 8M5 13v5a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2v-5',
  'sidebar-left': sidebar(9),
  'sidebar-right': sidebar(15),
  sparkle,
  'sparkle-double': `M10 5c.7 4.3 2.7 6.3 7 7-4.3.7-6.3 2.7-7 7-.7-4.3-2.7-6.3-7-7 4.3-.7 6.3-2.7 7-7zM18.5 3.5v4M16.5 5.5h4`,
  'square-code': `${box}M10 9l-3 3 3 3M14 9l3 3-3 3`,
  'square-image': image,
  'square-text': `${box}M8 9h8M8 12.5h8M8 16h5`,
  star,
  suitcase:
    'M5.5 7.5h13a2 2 0 0 1 2 2V18a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V9.5a2 2 0 0 1 2-2zM8.5 7.5V6a2 2 0 0 1 2-2h3a2 2 0 0 1 2 2v1.5M3.5 13h17',
  trash: 'M4.5 7h15M10 3.5h4M6.5 7l.8 11.6a2 2 0 0 0 2 1.9h5.4a2 2 0 0 0 2-1.9L17.5 7M10 11v5.5M14 11v5.5',
  user,
  wreath:
    'M9 4.5C5.5 6 4 9 4 12s2 6.5 6 8M15 4.5c3.5 1.5 5 4.5 5 7.5s-2 6.5-6 8M4.5 9.5L7 11M19.5 9.5L17 11M5 15l3-.5M19 15l-3-.5',
  write: pencil,
};

/** Names drawn like another one. */
const aliases: Readonly<Record<string, string>> = {
  'check-circle-filled': 'check-circle',
  'star-filled': 'star',
  profile: 'user',
  'write-alt': 'compose',
  'write-alt2': 'compose',
  'notebook-pencil': 'compose',
  hamburger: 'menu',
  'menu-inverted': 'menu',
  'home-alt': 'home',
  'back-small': 'chevron-left',
  'back-large': 'chevron-left',
  'collapse-left': 'double-chevron-left',
  'collapse-right': 'double-chevron-right',
  'open-left': 'double-chevron-left',
  'open-right': 'double-chevron-right',
  'expand-small': 'expand-large',
  'collapse-large': 'expand-large',
  'collapse-small': 'expand-large',
  'dots-horizontal-circle': 'dots-horizontal',
  'dots-vertical-circle': 'dots-vertical',
  'file-text': 'document',
  'circle-help': 'circle-question',
  code: 'square-code',
};

/** The name by which an icon is drawn; of `sidebar-open-left` and its like, the side alone counts. */
export function drawnAs(name: string): string {
  const side = /^sidebar-.*(left|right)/.exec(name)?.[1];
  return aliases[name] ?? (side === undefined ? name : `sidebar-${side}`);
}
