/** What the parts of a widget share: its scheme, its fields, its actions. */
import type { ReadonlySignal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext, useLayoutEffect, useState } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import type { Drafts } from './drafts';
import type { FieldValue } from './payload';
import type { WidgetAction } from './readers';

/** What an action came of, which decides how it shows that it is under way. */
export type Cause = 'click' | 'change' | 'footer' | 'form';

export interface Trigger {
  readonly cause: Cause;
  /** Of the control, to show at it that it is under way; null for none. */
  readonly control: string | null;
  /** The field that changed, for those outside of forms. */
  readonly field?: FieldValue | undefined;
  readonly scope: FormScope | null;
}

export interface WidgetContext {
  readonly scheme: 'light' | 'dark';
  /** Begins the names of what is inside, which are unique in the element. */
  readonly name: string;
  readonly drafts: Drafts;
  readonly labelled: ReadonlySet<string>;
  /** Whether the item is still being sent. */
  readonly isStreaming: boolean;
  /** The control whose action is under way, or the whole widget. */
  readonly pending: ReadonlySignal<ReadonlySet<string>>;
  /** Whether the action has to wait for something that is under way. */
  readonly isBlocked: (action: WidgetAction | null) => boolean;
  readonly act: (action: WidgetAction, trigger: Trigger) => void;
}

export const SharedContext = createContext<WidgetContext | null>(null);

export function useWidget(): WidgetContext {
  const widget = useContext(SharedContext);
  if (!widget) throw new Error('Part of a widget was rendered outside of it');
  return widget;
}

/** The fields of a form. */
export class FormScope {
  private readonly fields = new Map<object, () => FieldValue | null>();

  constructor(readonly name: string) {}

  add(field: object, read: () => FieldValue | null): () => void {
    this.fields.set(field, read);
    return () => void this.fields.delete(field);
  }

  values(): FieldValue[] {
    return [...this.fields.values()].flatMap((read) => [read()].filter((each) => each !== null));
  }
}

export const FormContext = createContext<FormScope | null>(null);

let made = 0;

/** A name for an element that stays the same while it is shown. */
export function useName(): string {
  return useState(() => `ck-w${++made}`)[0];
}

export function useScope(): FormScope {
  const name = useName();
  return useState(() => new FormScope(name))[0];
}

export interface Field<T> {
  readonly value: Signal<T>;
  /** Of the element, for its label. */
  readonly id: string;
  /** What it is called when nothing labels it. */
  readonly label: string | undefined;
  readonly scope: FormScope | null;
}

export interface FieldProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly placeholder?: string | null;
}

/** A field that keeps what is entered, and gives it to its form; those that are disabled or empty (null) do not. */
export function useField<T extends string | boolean | null>(
  draft: string,
  initial: T,
  { name, disabled, placeholder }: FieldProps,
): Field<T> {
  const { drafts, labelled, name: widget } = useWidget();
  const scope = useContext(FormContext);
  const value = drafts.of(draft, initial);
  useLayoutEffect(
    () =>
      scope?.add(value, () => {
        const held = value.peek();
        return disabled || name === '' || held === null ? null : [name, held];
      }),
    [scope, value, name, disabled],
  );
  const label = labelled.has(name) ? undefined : (placeholder ?? name);
  return { value, id: fieldId(widget, scope, name), label, scope };
}

/** The id of the field of that name, in the form that stands around. */
export function fieldId(widget: string, scope: FormScope | null, name: string): string {
  return `${scope?.name ?? widget}-${name}`;
}
