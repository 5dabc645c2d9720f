/**
 * What has been entered into the widgets' fields. It outlives the fields themselves, which go when their row of the
 * thread is far out of sight, and every update of the widget that leaves the field and its default as they were.
 */
import { signal, type Signal } from '@preact/signals';

interface Draft {
  readonly initial: unknown;
  readonly value: Signal<unknown>;
}

export class Drafts {
  private readonly fields = new Map<string, Draft>();

  /** What the field holds; its default, when that has changed or nothing has been entered. */
  of<T extends string | boolean | number | null>(field: string, initial: T): Signal<T> {
    const known = this.fields.get(field);
    if (known?.initial === initial) return known.value as Signal<T>;
    const value = signal<unknown>(initial);
    this.fields.set(field, { initial, value });
    return value as Signal<T>;
  }
}

const all = new WeakMap<object, Map<string, Drafts>>();

/** The drafts of a widget in the element that `owner` belongs to. */
export function draftsOf(owner: object, entryKey: string): Drafts {
  const known = all.get(owner) ?? new Map<string, Drafts>();
  all.set(owner, known);
  const drafts = known.get(entryKey) ?? new Drafts();
  known.set(entryKey, drafts);
  return drafts;
}
