/**
 * Where the marks of a chart go: scales, stacks and paths, in pixels. Pure. Curves are those of d3-shape, whose names
 * are the ones that servers use.
 */
import {
  area as areaOf,
  curveBasis,
  curveBasisClosed,
  curveBasisOpen,
  curveBumpX,
  curveBumpY,
  curveLinear,
  curveLinearClosed,
  curveMonotoneX,
  curveMonotoneY,
  curveNatural,
  curveStep,
  curveStepAfter,
  curveStepBefore,
  line as lineOf,
  type CurveFactory,
} from 'd3-shape';
import type { Axis, Curve, Datum, Series } from './chartData';

const CURVES: Readonly<Record<Curve, CurveFactory>> = {
  basis: curveBasis,
  basisClosed: curveBasisClosed,
  basisOpen: curveBasisOpen,
  bump: curveBumpX,
  bumpX: curveBumpX,
  bumpY: curveBumpY,
  linear: curveLinear,
  linearClosed: curveLinearClosed,
  monotone: curveMonotoneX,
  monotoneX: curveMonotoneX,
  monotoneY: curveMonotoneY,
  natural: curveNatural,
  step: curveStep,
  stepAfter: curveStepAfter,
  stepBefore: curveStepBefore,
};

/** Pixels of the thickest bar. */
const THICKEST = 72;

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** From one value to another, both ends of a mark; null where there is no value. */
type Span = readonly [from: number, to: number] | null;

export interface Bar {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Drawn {
  readonly series: Series;
  /** Of a bar series. */
  readonly bars: readonly Bar[];
  /** Of a line, or of the upper edge of an area. */
  readonly line: string;
  readonly area: string;
  /** One a row of the data: where its mark is. */
  readonly points: readonly (readonly [x: number, y: number] | null)[];
}

export interface Plot {
  readonly drawn: readonly Drawn[];
  /** The middle of each row of the data. */
  readonly centres: readonly number[];
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
}

export interface Gaps {
  /** Pixels; null for as much as looks good. */
  readonly bar: number | null;
  readonly category: number | null;
}

export function valueOf(row: Datum, field: string): number | null {
  const value = row.get(field);
  return typeof value === 'number' ? value : null;
}

/** The words of a row on the x axis. */
export function labelOf(row: Datum, axis: Axis): string {
  const value = String(row.get(axis.field) ?? '');
  return axis.labels.get(value) ?? value;
}

/** Round values that span the data, about `count` of them. */
export function ticksOf(low: number, high: number, count: number): number[] {
  const span = high - low || 1;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step - 1e-9);
  // Multiples, not sums: 0.1 three times is not 0.3.
  return Array.from({ length: Math.max(1, last - first) + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/** What each series spans in each row: from zero, or from what it is stacked on. */
export function spans(data: readonly Datum[], series: readonly Series[]): Span[][] {
  const heights = new Map<string, [positive: number, negative: number][]>();
  return series.map(({ field, kind, stack }) => {
    const own = stack === null || kind === 'line' ? null : `${kind} ${stack}`;
    return data.map((row, index): Span => {
      const value = valueOf(row, field);
      if (value === null) return null;
      if (own === null) return [0, value];
      const all = heights.get(own) ?? data.map((): [number, number] => [0, 0]);
      heights.set(own, all);
      const pile = all[index] ?? [0, 0];
      const side = value < 0 ? 1 : 0;
      const from = pile[side];
      pile[side] = from + value;
      return [from, from + value];
    });
  });
}

export function plot(
  data: readonly Datum[],
  series: readonly Series[],
  { left, top, width, height }: Bounds,
  gaps: Gaps,
): Plot {
  const all = spans(data, series);
  const values = [0, ...all.flat().flatMap((span) => span ?? [])];
  const ticks = ticksOf(Math.min(...values), Math.max(...values), Math.max(2, Math.round(height / 48)));
  const [low, high] = [ticks[0] ?? 0, ticks.at(-1) ?? 1];
  const y = (value: number): number => top + height * (1 - (value - low) / (high - low || 1));

  const band = width / Math.max(1, data.length);
  const isBanded = data.length < 2 || series.some(({ kind }) => kind === 'bar');
  const centres = data.map((_, index) =>
    isBanded ? left + band * (index + 0.5) : left + (width * index) / (data.length - 1),
  );
  const piles = pilesOf(series, band, gaps);
  const drawn = series.map((each, at): Drawn => {
    const places = (all[at] ?? []).map((span, index): Place => ({ span, x: centres[index] ?? 0 }));
    return each.kind === 'bar' ? drawBars(each, places, piles(at), y) : drawLine(each, places, y);
  });
  return { drawn, centres, ticks: ticks.map((value) => ({ value, y: y(value) })) };
}

interface Place {
  readonly span: Span;
  readonly x: number;
}

type Scale = (value: number) => number;

/** Where the bars of a series stand, seen from the middle of their row, and how thick they are. */
type Standing = readonly [offset: number, thickness: number];

function pilesOf(series: readonly Series[], band: number, gaps: Gaps): (series: number) => Standing {
  const nameOf = (index: number): string => series[index]?.stack ?? `#${index}`;
  const names = [...new Set(series.flatMap(({ kind }, index) => (kind === 'bar' ? [nameOf(index)] : [])))];
  const count = Math.max(1, names.length);
  const between = Math.max(0, Math.min(band * 0.9, gaps.category ?? band * 0.28));
  const gap = Math.max(0, Math.min(gaps.bar ?? 4, (band - between) / count));
  const thickness = Math.max(1, Math.min(THICKEST, (band - between - gap * (count - 1)) / count));
  const whole = thickness * count + gap * (count - 1);
  return (index) => [names.indexOf(nameOf(index)) * (thickness + gap) - whole / 2, thickness];
}

function drawBars(series: Series, places: readonly Place[], [offset, width]: Standing, y: Scale): Drawn {
  const bars = places.flatMap(({ span, x }, index): Bar[] => {
    if (!span) return [];
    const [from, to] = [y(span[0]), y(span[1])];
    return [{ index, x: x + offset, y: Math.min(from, to), width, height: Math.abs(from - to) }];
  });
  const points = places.map(({ span, x }) => span && ([x + offset + width / 2, y(span[1])] as const));
  return { series, bars, line: '', area: '', points };
}

function drawLine(series: Series, places: readonly Place[], y: Scale): Drawn {
  const curve = CURVES[series.curve];
  const isThere = ({ span }: Place): boolean => span !== null;
  const [x, from, to] = [
    (place: Place) => place.x,
    ({ span }: Place) => y(span?.[0] ?? 0),
    ({ span }: Place) => y(span?.[1] ?? 0),
  ] as const;
  const line = lineOf(x, to).defined(isThere).curve(curve)([...places]) ?? '';
  const whole = areaOf(x, from, to).defined(isThere).curve(curve);
  const points = places.map(({ span, x: at }) => span && ([at, y(span[1])] as const));
  return { series, bars: [], line, area: series.kind === 'area' ? (whole([...places]) ?? '') : '', points };
}

/** The row whose middle is nearest to `x`. */
export function nearest(centres: readonly number[], x: number): number {
  return centres.reduce(
    (best, centre, index) =>
      Math.abs(centre - x) < Math.abs((centres[best] ?? Infinity) - x) ? index : best,
    0,
  );
}
