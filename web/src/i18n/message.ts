/** From a catalogue, which is data, to what the views call: strings, and functions where a value is put in. Pure. */
import type { en } from './en';
import { formatsFor, type Formats } from './format';
import type { english } from './later';

/** The plural forms of one message; which of them a language has is known to `Intl.PluralRules`. */
export type Plurals = { readonly other: string } & { readonly [Form in Intl.LDMLPluralRule]?: string };
export type Catalogue = Readonly<Record<string, string | Plurals>>;

type Value = string | number;
type Placeholders<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | Placeholders<Rest>
  : never;
type Message<Entry> = Entry extends string
  ? [Placeholders<Entry>] extends [never]
    ? string
    : (values: Readonly<Record<Placeholders<Entry>, Value>>) => string
  : Entry extends { readonly other: infer Text }
    ? (values: Readonly<Record<Placeholders<Text>, Value> & { count: number }>) => string
    : never;

export type Compiled<Source> = { readonly [Key in keyof Source]: Message<Source[Key]> };
/** `t.send`, `t.removeTool({ tool })`, `t.thought({ duration: t.format.duration(3) })`. */
export type Messages = Compiled<typeof en & typeof english> & { readonly format: Formats };

const RIGHT_TO_LEFT = new Set(['ar', 'ur', 'he', 'fa', 'ps', 'sd', 'ug', 'yi', 'ckb', 'dv']);

export function direction(locale: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(locale.toLowerCase().split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

/** The messages of `catalogue`, as `locale` writes numbers and counts; keys it lacks are taken from `fallback`. */
export function compile<Source extends Catalogue>(
  locale: string,
  fallback: Source,
  catalogue: Catalogue = {},
): Compiled<Source> & { readonly format: Formats } {
  const format = formatsFor(locale);
  const isolated = direction(locale) === 'rtl';
  const fill = (text: string, values: Readonly<Record<string, Value>>): string =>
    text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      const shown = typeof value === 'number' ? format.number(value) : value;
      // A value in another script must not reorder the words around it.
      return isolated ? `\u2068${shown}\u2069` : shown;
    });
  const message = (entry: string | Plurals): unknown => {
    if (typeof entry !== 'string') {
      return (values: Readonly<Record<string, Value>>) =>
        fill(entry[format.plural(Number(values.count))] ?? entry.other, values);
    }
    return entry.includes('{') ? (values: Readonly<Record<string, Value>>) => fill(entry, values) : entry;
  };
  const messages = Object.entries({ ...fallback, ...catalogue }).map(([key, entry]) => [key, message(entry)]);
  return { ...Object.fromEntries(messages), format } as Compiled<Source> & { readonly format: Formats };
}
