/** A form: the browser checks its fields and says what is wrong before its action is begun. */
import type { ComponentChildren, VNode } from 'preact';
import { useWidget, type FormScope } from '../context';
import type { WidgetAction } from '../readers';
import type { Style } from '../style';

interface Props {
  readonly class: string;
  readonly style: Style;
  readonly scope: FormScope;
  readonly action: WidgetAction | null;
  /** `footer` for a card, whose confirmation is waited for by all of it. */
  readonly cause: 'form' | 'footer';
  readonly children: ComponentChildren;
}

export function FormElement({ scope, action, cause, children, ...frame }: Props): VNode {
  const { act } = useWidget();
  return (
    <form
      {...frame}
      onKeyDown={(event) => {
        const { target } = event;
        const isLine =
          target instanceof HTMLInputElement && /^(?:text|number|email|password|tel|url)$/.test(target.type);
        if (event.key !== 'Enter' || event.isComposing || event.defaultPrevented || !isLine) return;
        // By itself the browser would do so only in a form with one field, or with a button that submits.
        event.preventDefault();
        const form = event.currentTarget;
        if (target.form === form) form.requestSubmit(submitterOf(form));
      }}
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        const { submitter } = event;
        if (!action) return;
        act(action, { cause, control: submitter?.dataset.control ?? null, scope });
      }}
    >
      {children}
    </form>
  );
}

/** The button that stands for the form, if it can be pressed. */
function submitterOf(form: HTMLFormElement): HTMLElement | null {
  const buttons = [...form.querySelectorAll<HTMLButtonElement>('button[type=submit]')];
  return buttons.find((button) => button.form === form && !button.disabled) ?? null;
}
