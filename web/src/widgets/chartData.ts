/** What a chart is drawn of, read from the properties of a widget. Pure. */
import { isObject } from '../protocol/wire';
import { SERIES, type Colour } from './colours';
import { colour, number } from './css';
import { flag, list, oneOf, optional, text } from './readers';

const MOST_RECORDS = 1_000;
const MOST_SERIES = 20;
const MOST_FIELDS = 50;

export const CURVES = [
  ...['basis', 'basisClosed', 'basisOpen', 'bumpX', 'bumpY', 'bump', 'linear', 'linearClosed'],
  ...['natural', 'monotoneX', 'monotoneY', 'monotone', 'step', 'stepBefore', 'stepAfter'],
] as const;

export type Curve = (typeof CURVES)[number];

export interface Series {
  readonly kind: 'bar' | 'area' | 'line';
  readonly field: string;
  readonly label: string;
  /** Those of one name stand on each other. */
  readonly stack: string | null;
  readonly colour: Colour;
  readonly curve: Curve;
}

/** A row of the data: text or number by field. */
export type Datum = ReadonlyMap<string, string | number>;

export interface Axis {
  readonly field: string;
  readonly isHidden: boolean;
  /** Other words for some of its values. */
  readonly labels: ReadonlyMap<string, string>;
}

export function data(value: unknown): readonly Datum[] {
  return list(value, MOST_RECORDS)
    .filter(isObject)
    .map((row) => {
      const fields = Object.entries(row).slice(0, MOST_FIELDS);
      return new Map(
        fields.flatMap(([name, each]): [string, string | number][] =>
          typeof each === 'number' || typeof each === 'string' ? [[name, number(each) ?? plain(each)]] : [],
        ),
      );
    });
}

/** Figures may be larger than any length of CSS. */
function plain(value: string | number): string | number {
  return typeof value === 'number' && Number.isFinite(value) ? value : text(value);
}

export function series(value: unknown): readonly Series[] {
  const colours = Object.values(SERIES);
  return list(value, MOST_SERIES)
    .filter(isObject)
    .filter((each) => text(each.dataKey) !== '')
    .map((each, index) => {
      const next = colours[index % colours.length] ?? 'currentcolor';
      return {
        kind: oneOf(['bar', 'area', 'line'], 'bar')(each.type),
        field: text(each.dataKey),
        label: optional(each.label) ?? text(each.dataKey),
        stack: optional(each.stack),
        colour: colour(each.color, SERIES) ?? [next, next],
        curve: oneOf(CURVES, 'linear')(each.curveType),
      };
    });
}

export function axis(value: unknown): Axis {
  const given = isObject(value) ? value : { dataKey: value };
  const labels = isObject(given.labels) ? Object.entries(given.labels).slice(0, MOST_RECORDS) : [];
  return {
    field: text(given.dataKey),
    isHidden: flag()(given.hide),
    labels: new Map(labels.map(([name, label]) => [name, text(label)])),
  };
}
