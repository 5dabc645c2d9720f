/**
 * Outlines of the icons that are seen at first, drawn on a 24 by 24 grid for a stroke; `filled` ones are painted
 * instead. Those that come with answers are in `usual`; those that a page or an answer may name, in `more`.
 */

export const circle = (x: number, y: number, r: number): string =>
  `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
export const dot = (x: number, y: number): string => `M${x} ${y}h.01`;

export const paths: Readonly<Record<string, string>> = {
  'chevron-down': 'M6 9.5l6 6 6-6',
  close: 'M6 6l12 12M18 6L6 18',
  compose:
    'M12 4.5H6.5A2.5 2.5 0 0 0 4 7v10.5A2.5 2.5 0 0 0 6.5 20H17a2.5 2.5 0 0 0 2.5-2.5V12M9 15l.6-3 8.2-8.2a1.5 1.5 0 0 1 2.2 0 1.5 1.5 0 0 1 0 2.2L11.9 14.3z',
  dot: circle(12, 12, 2),
  history: 'M3.5 12a8.5 8.5 0 1 0 2.6-6.1L3.5 8.4M3.5 4v4.4h4.4M12 7.5V12l3 2',
  plus: 'M12 5v14M5 12h14',
  reload: 'M20 12a8 8 0 1 1-2.5-5.8L20 8.5M20 4v4.5h-4.5',
  send: 'M12 19.5v-15M5.5 11L12 4.5l6.5 6.5',
  warning: `M12 4l9 15.5H3zM12 10v4.5${dot(12, 17)}`,
};
