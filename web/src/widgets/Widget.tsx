/**
 * A widget of the thread: its JSON checked, drawn, and its actions carried out. A chunk of its own, with the components
 * that most widgets are made of; the heavier ones come by themselves.
 *
 * Above: the message views. Below: `parse` (what may be drawn), `registry` (how), `conversation/actions` (what
 * actions do).
 */
import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { perform, waits } from '../conversation/actions';
import { IntegrationError } from '../protocol/errors';
import type { WidgetItem } from '../protocol/types.gen';
import type { Entry } from '../state/model';
import { Icon } from '../views/icons/Icon';
import { useView } from '../views/view';
import { SharedContext, useName, type Trigger, type WidgetContext } from './context';
import { draftsOf } from './drafts';
import { parseWidget, type Widget as WidgetTree } from './parse';
import { mergePayload } from './payload';
import type { WidgetAction } from './readers';
import { Part } from './registry';
import { useScheme } from './scheme';

export { english } from '../i18n/later';
export { default as css } from './widgets.css?inline';

/** Stands for the whole widget among what is under way. */
const WHOLE = '';

export default function Widget({ entry }: { entry: Entry }): VNode | null {
  const { conversation, messages } = useView();
  const item = entry.item as WidgetItem;
  const { widget, problem } = useMemo(() => parseWidget(item.widget), [item.widget]);
  useEffect(() => {
    if (problem !== null) {
      conversation.report(new IntegrationError(`the widget ${item.id} was refused: it has ${problem}`));
    }
  }, [problem]);
  if (widget) return <Drawn entry={entry} item={item} widget={widget} />;
  return (
    <p class="ck-placeholder">
      <Icon name="info" />
      {messages.value.hiddenWidget}
    </p>
  );
}

interface DrawnProps {
  readonly entry: Entry;
  readonly item: WidgetItem;
  readonly widget: WidgetTree;
}

function Drawn({ entry, item, widget }: DrawnProps): VNode {
  const view = useView();
  const t = view.messages.value;
  const host = useRef<HTMLDivElement>(null);
  const [hasFailed, setFailed] = useState(false);
  const [pending] = useState(() => signal<ReadonlySet<string>>(new Set()));
  const latest = useRef(item);
  latest.current = item;
  const name = useName();
  const scheme = useScheme();
  const isBusy = pending.value.has(WHOLE);
  useKeptFocus(host, item, isBusy);

  const act = (action: WidgetAction, trigger: Trigger): void => {
    const place = placeOf(action, trigger);
    const under = place ?? trigger.control ?? WHOLE;
    if (isBlocked(action) || pending.peek().has(under) || pending.peek().has(WHOLE)) return;
    const fields = trigger.scope?.values() ?? (trigger.field ? [trigger.field] : []);
    const { payload, dropped } = mergePayload(action.payload, fields);
    if (dropped.length > 0) view.conversation.report(new IntegrationError(givesWay(action, dropped)));
    const asked = payload === undefined ? { type: action.type } : { type: action.type, payload };
    setFailed(false);
    // What shows nothing must not be fired twice either.
    pending.value = new Set([...pending.peek(), place === null ? `quiet ${under}` : place]);
    void perform(view.conversation, latest.current, asked, action).then((isDone) => {
      pending.value = new Set([...pending.peek()].filter((each) => each !== (place ?? `quiet ${under}`)));
      setFailed(!isDone);
    });
  };
  const isBlocked = (action: WidgetAction | null): boolean =>
    action !== null && waits(action) && view.store.phase.value !== 'idle';
  const shared: WidgetContext = {
    scheme,
    name,
    drafts: draftsOf(view.store, entry.key),
    labelled: widget.labelled,
    isStreaming: !entry.isFinal,
    pending,
    isBlocked,
    act,
  };
  return (
    <SharedContext.Provider value={shared}>
      <div
        class="ck-w"
        part="widget"
        dir="auto"
        ref={host}
        tabIndex={-1}
        aria-busy={pending.value.size > 0}
        data-plain={view.options.value.theme.color?.accent?.primary === undefined ? '' : undefined}
        data-scheme={scheme}
      >
        <div class="ck-w-body" inert={isBusy}>
          <Part node={widget.root} />
        </div>
        <span class="ck-hidden" role="status">
          {pending.value.size > 0 ? t.loadingPart : ''}
        </span>
        {hasFailed && (
          <p class="ck-w-failed" role="alert">
            {t.somethingWrong}
          </p>
        )}
      </div>
    </SharedContext.Provider>
  );
}

/** Where an action shows that it is under way: at its control, over the whole widget, or (null) nowhere. */
function placeOf({ loading }: WidgetAction, { cause, control }: Trigger): string | null {
  switch (loading) {
    case 'none':
      return null;
    case 'container':
      return WHOLE;
    case 'self':
      return control ?? WHOLE;
    default:
      if (cause === 'change') return null;
      return cause === 'footer' ? WHOLE : (control ?? WHOLE);
  }
}

function givesWay({ type, payload }: WidgetAction, dropped: readonly string[]): string {
  const names = dropped.map((name) => `"${name}"`).join(', ');
  return typeof payload === 'object'
    ? `the payload of the action "${type}" has the fields ${names} already: the form's are left out`
    : `the payload of the action "${type}" is no object: the fields ${names} are left out`;
}

/**
 * The focus stays in the widget: when what had it has been taken away or made inert, it is given back as soon as
 * that is possible, or else to the widget itself.
 */
function useKeptFocus(
  host: { readonly current: HTMLElement | null },
  item: WidgetItem,
  isBusy: boolean,
): void {
  const had = useRef<HTMLElement | null>(null);
  useEffect(() => {
    const root = host.current;
    if (!root) return;
    const note = (event: FocusEvent): void => {
      if (event.target instanceof HTMLElement) had.current = event.target;
    };
    // Where the focus goes is known: it has left. Where it is not, what had it was taken away.
    const leave = (event: FocusEvent): void => {
      if (event.relatedTarget) had.current = null;
    };
    root.addEventListener('focusin', note);
    root.addEventListener('focusout', leave);
    return () => {
      root.removeEventListener('focusin', note);
      root.removeEventListener('focusout', leave);
    };
  }, []);
  useLayoutEffect(() => {
    const root = host.current;
    const before = had.current;
    if (!root || !before || isBusy) return;
    const shadow = root.getRootNode();
    const active = 'activeElement' in shadow ? (shadow as ShadowRoot).activeElement : null;
    // The person is somewhere else by now.
    if (active !== null && active !== root) return;
    if (root.contains(before)) before.focus();
    else root.focus();
  }, [item, isBusy]);
}
