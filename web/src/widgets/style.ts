/** From checked properties to inline styles, which are set one by one and never parsed as a whole. Pure. */
import type { Colour } from './colours';
import type { Edges, Line } from './css';
import type { Props } from './schema';

/** Properties of CSS, as scripts write them. */
export type Style = Readonly<Record<string, string>>;
type Scheme = 'light' | 'dark';

export const on = (colour: Colour | null, scheme: Scheme): string | undefined =>
  colour?.[scheme === 'dark' ? 1 : 0];

const FLEX: Readonly<Record<string, string>> = {
  start: 'flex-start',
  end: 'flex-end',
  between: 'space-between',
  around: 'space-around',
  evenly: 'space-evenly',
};
const flexible = (name: string | null): string | undefined =>
  name === null ? undefined : (FLEX[name] ?? name);

/** Without what is not there: an undefined style would be set to nothing. */
export function present(style: Readonly<Record<string, string | null | undefined>>): Style {
  return Object.fromEntries(
    Object.entries(style).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}

type Block = Pick<
  Props<'Box'>,
  | 'height'
  | 'width'
  | 'size'
  | 'minHeight'
  | 'minWidth'
  | 'minSize'
  | 'maxHeight'
  | 'maxWidth'
  | 'maxSize'
  | 'aspectRatio'
>;

export function blockStyle(props: Block): Style {
  return present({
    width: props.width ?? props.size,
    height: props.height ?? props.size,
    minWidth: props.minWidth ?? props.minSize,
    minHeight: props.minHeight ?? props.minSize,
    maxWidth: props.maxWidth ?? props.maxSize,
    maxHeight: props.maxHeight ?? props.maxSize,
    aspectRatio: props.aspectRatio,
  });
}

const SIDES = ['top', 'right', 'bottom', 'left'] as const;
const capital = (side: string): string => side.charAt(0).toUpperCase() + side.slice(1);

export function spacingStyle(kind: 'padding' | 'margin', edges: Edges<string> | null): Style {
  if (!edges) return {};
  return present(Object.fromEntries(SIDES.map((side) => [`${kind}${capital(side)}`, edges[side]])));
}

/** How far what is flush reaches beyond its container's padding. */
export function flushStyle(edges: Edges<string> | null): Style {
  if (!edges) return {};
  return Object.fromEntries(SIDES.map((side) => [`--ck-w-${side}`, edges[side] ?? '0px']));
}

export function borderStyle(edges: Edges<Line> | null, scheme: Scheme): Style {
  if (!edges) return {};
  const lines = SIDES.flatMap((side): [string, string | undefined][] => {
    const line = edges[side];
    if (!line) return [];
    return [
      [`border${capital(side)}Width`, `${line.size}px`],
      [`border${capital(side)}Style`, line.style],
      [`border${capital(side)}Color`, on(line.colour, scheme)],
    ];
  });
  return present(Object.fromEntries(lines));
}

export type BoxProps = Props<'Row'> & { readonly direction?: 'row' | 'col' };

export function boxStyle(props: BoxProps, scheme: Scheme): Style {
  return {
    ...blockStyle(props),
    ...spacingStyle('padding', props.padding),
    ...flushStyle(props.padding),
    ...spacingStyle('margin', props.margin),
    ...borderStyle(props.border, scheme),
    ...flowStyle(props),
    ...present({
      flexWrap: props.wrap,
      flex: props.flex,
      borderRadius: props.radius,
      background: on(props.background, scheme),
    }),
  };
}

/** How children are laid out. */
export function flowStyle(props: Partial<Pick<BoxProps, 'align' | 'justify' | 'gap' | 'direction'>>): Style {
  return present({
    alignItems: flexible(props.align ?? null),
    justifyContent: flexible(props.justify ?? null),
    gap: props.gap,
    flexDirection: props.direction === undefined ? undefined : props.direction === 'row' ? 'row' : 'column',
  });
}

type Words = Pick<Props<'Title'>, 'color' | 'textAlign' | 'maxLines'>;

export function wordStyle({ color, textAlign, maxLines }: Partial<Words>, scheme: Scheme): Style {
  return present({
    color: on(color ?? null, scheme),
    textAlign,
    '-webkit-line-clamp': maxLines === null || maxLines === undefined ? undefined : String(maxLines),
  });
}
