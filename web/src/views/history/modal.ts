/** A dialog over the rest of the element: the focus goes in, stays in, and goes back to where it was. */
import { useEffect, useRef } from 'preact/hooks';

export interface Modal {
  /** Keeps Tab within the dialog. */
  readonly keepFocus: (event: KeyboardEvent) => void;
  /** Where the focus is to go at the end, if not back. */
  readonly returnTo: (focus: () => void) => void;
}

const STOPS = ':is(button, input):not(:disabled, [tabindex="-1"])';

export function useModal(dialog: { readonly current: HTMLElement | null }): Modal {
  const ending = useRef<(() => void) | null>(null);
  useEffect(() => {
    const box = dialog.current;
    const before = focusOf(box);
    // What is spoken there must still be heard.
    const behind = [...(box?.closest('.ck-root')?.children ?? [])].filter(
      (view) => !view.contains(box) && !view.matches('[aria-live]'),
    );
    for (const view of behind) view.toggleAttribute('inert', true);
    (box?.querySelector<HTMLElement>('[aria-current=true]') ?? box)?.focus();
    return () => {
      for (const view of behind) view.removeAttribute('inert');
      if (ending.current) ending.current();
      else if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return {
    keepFocus: (event) => {
      const box = dialog.current;
      const stops = box?.querySelectorAll<HTMLElement>(STOPS) ?? [];
      const [first, last] = [stops[0], stops[stops.length - 1]];
      const active = focusOf(box);
      if (event.shiftKey ? active !== first && active !== box : active !== last) return;
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    },
    returnTo: (focus) => {
      ending.current = focus;
    },
  };
}

function focusOf(box: HTMLElement | null): Element | null {
  const root = box?.getRootNode();
  return root instanceof ShadowRoot ? root.activeElement : null;
}
