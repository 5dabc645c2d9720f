/** How a property of a widget is read: a value of any make in, one of the promised type out. Pure. */
import { isObject } from '../protocol/wire';
import { number } from './css';

export type Reader<T> = (value: unknown) => T;

/** Characters of a text; what is longer is cut. */
export const LONGEST_TEXT = 20_000;
const MOST_OPTIONS = 1_000;

export const flag =
  (otherwise = false): Reader<boolean> =>
  (value) =>
    typeof value === 'boolean' ? value : value === 'true' || (value !== 'false' && otherwise);

export function text(value: unknown): string {
  const read = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  return read.length > LONGEST_TEXT ? `${read.slice(0, LONGEST_TEXT)}…` : read;
}

/** Null for none. */
export function optional(value: unknown): string | null {
  return text(value) || null;
}

export const oneOf =
  <const T extends string, const U extends T | null>(choices: readonly T[], otherwise: U): Reader<T | U> =>
  (value) =>
    choices.find((choice) => choice === value) ?? otherwise;

export const count =
  (least: number, most: number): Reader<number | null> =>
  (value) => {
    const read = number(value);
    return read === null ? null : Math.max(least, Math.min(most, Math.floor(read)));
  };

export interface WidgetAction {
  readonly type: string;
  readonly payload: unknown;
  readonly handler: 'server' | 'client';
  readonly loading: 'auto' | 'none' | 'self' | 'container';
  readonly isStreaming: boolean;
}

/** Servers leave defaults out. What has no type is no action. */
export function action(value: unknown): WidgetAction | null {
  if (!isObject(value) || typeof value.type !== 'string' || value.type === '') return null;
  return {
    type: value.type,
    payload: value.payload,
    handler: value.handler === 'client' ? 'client' : 'server',
    loading: oneOf(['auto', 'none', 'self', 'container'], 'auto')(value.loadingBehavior),
    isStreaming: flag(true)(value.streaming),
  };
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isDisabled: boolean;
  readonly description: string | null;
}

export function choices(value: unknown): readonly Choice[] {
  return list(value, MOST_OPTIONS)
    .filter((each) => isObject(each) && (typeof each.value === 'string' || typeof each.value === 'number'))
    .map((each) => {
      const option = each as Readonly<Record<string, unknown>>;
      return {
        value: text(option.value),
        label: optional(option.label) ?? text(option.value),
        isDisabled: flag()(option.disabled),
        description: optional(option.description),
      };
    });
}

export interface CardAction {
  readonly label: string;
  readonly action: WidgetAction | null;
}

export function cardAction(value: unknown): CardAction | null {
  if (!isObject(value) || text(value.label) === '') return null;
  return { label: text(value.label), action: action(value.action) };
}

export interface Status {
  readonly text: string;
  readonly icon: string | null;
  readonly favicon: string | null;
  readonly isFramed: boolean;
}

export function status(value: unknown): Status | null {
  if (!isObject(value) || text(value.text) === '') return null;
  return {
    text: text(value.text),
    icon: optional(value.icon),
    favicon: optional(value.favicon),
    isFramed: flag()(value.frame),
  };
}

export interface Editable {
  readonly name: string;
  readonly shouldFocus: boolean;
  readonly shouldSelect: boolean;
  readonly autoComplete: string | null;
  readonly allowsExtensions: boolean;
  readonly pattern: string | null;
  readonly placeholder: string | null;
  readonly isRequired: boolean;
}

export function editable(value: unknown): Editable | null {
  if (!isObject(value) || text(value.name) === '') return null;
  return {
    name: text(value.name),
    shouldFocus: flag()(value.autoFocus),
    shouldSelect: flag()(value.autoSelect),
    autoComplete: optional(value.autoComplete),
    allowsExtensions: flag()(value.allowAutofillExtensions),
    pattern: optional(value.pattern),
    placeholder: optional(value.placeholder),
    isRequired: flag()(value.required),
  };
}

/** The day that is written in an ISO date or time, as `2030-01-31`: no time zone moves it. */
export function day(value: unknown): string | null {
  const written = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}(?=$|[T ])/.exec(value)?.[0] : undefined;
  if (written === undefined) return null;
  const date = new Date(`${written}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(written) ? written : null;
}

/** How many items a list shows at first. How many `auto` is nobody says. */
export function limit(value: unknown): number | null {
  return value === 'auto' ? 5 : count(1, 10_000)(value);
}

export function list(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}
