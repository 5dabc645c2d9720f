/** What a form's fields add to an action. Pure. */
import { isObject } from '../protocol/wire';

/** A field's name, and what it holds; names are paths: `todo.title`. */
export type FieldValue = readonly [name: string, value: string | boolean];

export interface Merged {
  readonly payload: unknown;
  /** The names of the fields that had to give way to what the action says itself. */
  readonly dropped: readonly string[];
}

type Json = Record<string, unknown>;

/** The action's own payload over the values of the fields. A payload that is no object stays as it is. */
export function mergePayload(own: unknown, fields: readonly FieldValue[]): Merged {
  if (fields.length === 0) return { payload: own, dropped: [] };
  if (own !== undefined && own !== null && !isObject(own)) {
    return { payload: own, dropped: fields.map(([name]) => name) };
  }
  const payload = structuredClone<Json>(own ?? {});
  const dropped: string[] = [];
  const put = new Set<string>();
  for (const [name, value] of fields) {
    if (!place(payload, name, value, put)) dropped.push(name);
  }
  return { payload, dropped };
}

/** Puts the value where its name says; `put` are the names that fields have filled, which the next of that name may. */
function place(payload: Json, name: string, value: string | boolean, put: Set<string>): boolean {
  const path = name.split('.');
  const last = path.pop() ?? '';
  if ([...path, last].some((part) => part === '__proto__')) return false;
  let at = payload;
  for (const part of path) {
    const below = Object.hasOwn(at, part) ? at[part] : undefined;
    if (below === undefined) {
      const made: Json = {};
      at[part] = made;
      at = made;
    } else if (isObject(below)) at = below;
    else return false;
  }
  if (Object.hasOwn(at, last) && !put.has(name)) return false;
  at[last] = value;
  put.add(name);
  return true;
}
