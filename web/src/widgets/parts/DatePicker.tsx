/** A day, chosen from a calendar that opens. A chunk of its own. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../../views/icons/Icon';
import { IconButton } from '../../views/IconButton';
import { useView } from '../../views/view';
import { addDays, addMonths, firstWeekday, format, today, weekday, weeks, within } from '../calendar';
import { useField, useName, useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { usePopup } from '../popup';
import { PickerFrame } from './PickerFrame';

export { default as css } from './calendar.css?inline';

/** What a server is told: the midnight that the day begins with, as the type of the wire is a time. */
const asTime = (day: string | null): string | null => (day === null ? null : `${day}T00:00:00Z`);

export default function DatePicker({ node }: { node: WidgetNode<'DatePicker'> }): VNode {
  const widget = useWidget();
  const t = useView().messages.value;
  const { locale } = t.format;
  const { props } = node;
  const { value, id, label, scope } = useField(node.draft, asTime(props.defaultValue), props);
  const name = useName();
  const [isOpen, setOpen] = useState(false);
  const [at, setAt] = useState(today);
  const button = useRef<HTMLButtonElement>(null);
  const popup = useRef<HTMLDivElement>(null);
  const close = (): void => setOpen(false);
  usePopup(isOpen, button, popup, props, close);

  const chosen = value.value?.slice(0, 10) ?? null;
  const shown = chosen === null ? null : format(chosen, locale, { dateStyle: 'medium' });
  const said = shown ?? props.placeholder ?? t.choose;
  const isWaiting = widget.isBlocked(props.onChangeAction) || widget.pending.value.has(name);
  const open = (): void => {
    if (isWaiting) return;
    setAt(within(chosen ?? today(), props.min, props.max));
    setOpen(true);
  };
  const leave = (): void => {
    close();
    button.current?.focus();
  };
  const choose = (day: string | null): void => {
    leave();
    if (day === chosen) return;
    value.value = asTime(day);
    const field = props.name === '' ? undefined : ([props.name, asTime(day) ?? ''] as const);
    if (props.onChangeAction)
      widget.act(props.onChangeAction, { cause: 'change', control: name, scope, field });
  };
  return (
    <PickerFrame
      props={props}
      isClear={chosen === null}
      isWaiting={isWaiting}
      onClear={() => choose(null)}
      button={(look) => (
        <button
          type="button"
          id={id}
          ref={button}
          {...look}
          aria-haspopup="dialog"
          aria-expanded={isOpen}
          aria-label={label === undefined || label === said ? label : `${label}: ${said}`}
          aria-labelledby={label === undefined ? `${id}-label ${id}` : undefined}
          aria-disabled={isWaiting ? true : undefined}
          disabled={props.disabled}
          onClick={() => (isOpen ? close() : open())}
        >
          <Icon name="calendar" />
          <span class={`ck-w-picked ${shown === null ? 'ck-w-unpicked' : ''}`}>{said}</span>
        </button>
      )}
    >
      {isOpen && (
        <div
          class="ck-w-popup ck-w-calendar"
          role="dialog"
          aria-label={label ?? props.name}
          popover="manual"
          ref={popup}
          onKeyDown={(event) => {
            if (event.key !== 'Escape') return;
            event.stopPropagation();
            leave();
          }}
          onFocusOut={(event) => {
            const to = event.relatedTarget;
            if (to instanceof Node && !event.currentTarget.contains(to)) close();
          }}
        >
          <Month at={at} chosen={chosen} min={props.min} max={props.max} onMove={setAt} onChoose={choose} />
        </div>
      )}
    </PickerFrame>
  );
}

interface MonthProps {
  readonly at: string;
  readonly chosen: string | null;
  readonly min: string | null;
  readonly max: string | null;
  readonly onMove: (day: string) => void;
  readonly onChoose: (day: string) => void;
}

/** A grid as the ARIA practices describe it: one day has the focus, and the keys move it. */
function Month({ at, chosen, min, max, onMove, onChoose }: MonthProps): VNode {
  const { locale } = useView().messages.value.format;
  const grid = useRef<HTMLTableElement>(null);
  const isByKey = useRef(true);
  const first = firstWeekday(locale);
  const rows = weeks(at, first);
  const month = (day: string): string => format(day, locale, { month: 'long', year: 'numeric' });
  const [before, after] = [addMonths(at, -1), addMonths(at, 1)];
  const isOut = (day: string): boolean => within(day, min, max) !== day;
  const isMonthOut = (day: string, bound: string | null, isLater: boolean): boolean =>
    bound !== null && (isLater ? day.slice(0, 7) > bound.slice(0, 7) : day.slice(0, 7) < bound.slice(0, 7));
  useEffect(() => {
    if (isByKey.current) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    isByKey.current = true;
  }, [at]);
  const turn = (day: string): void => {
    isByKey.current = false;
    onMove(within(day, min, max));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const isMirrored = grid.current !== null && getComputedStyle(grid.current).direction === 'rtl';
    const to = destination(event, at, first, isMirrored);
    if (to === null) return;
    event.preventDefault();
    onMove(within(to, min, max));
  };
  return (
    <>
      <div class="ck-w-month">
        <IconButton
          icon="chevron-left"
          label={month(before)}
          isDisabled={isMonthOut(before, min, false)}
          onClick={() => turn(before)}
        />
        <span class="ck-w-month-name" aria-live="polite">
          {month(at)}
        </span>
        <IconButton
          icon="chevron-right"
          label={month(after)}
          isDisabled={isMonthOut(after, max, true)}
          onClick={() => turn(after)}
        />
      </div>
      <table class="ck-w-days" role="grid" aria-label={month(at)} ref={grid} onKeyDown={onKeyDown}>
        <thead>
          <tr>
            {rows[0]?.map((day) => (
              <th key={day} scope="col" abbr={format(day, locale, { weekday: 'long' })}>
                {format(day, locale, { weekday: 'narrow' })}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((week) => (
            <tr key={week[0]}>
              {week.map((day) => (
                <td key={day} role="gridcell" aria-selected={day === chosen}>
                  <button
                    type="button"
                    class={`ck-w-day ${day.slice(0, 7) === at.slice(0, 7) ? '' : 'ck-w-other-month'}`}
                    tabIndex={day === at ? 0 : -1}
                    aria-label={format(day, locale, { dateStyle: 'full' })}
                    aria-current={day === today() ? 'date' : undefined}
                    disabled={isOut(day)}
                    onClick={() => onChoose(day)}
                  >
                    {format(day, locale, { day: 'numeric' }).replace(/[^\p{N}]/gu, '')}
                  </button>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** The day that a key leads to. */
function destination(event: KeyboardEvent, at: string, first: number, isMirrored: boolean): string | null {
  const along = isMirrored ? -1 : 1;
  switch (event.key) {
    case 'ArrowLeft':
      return addDays(at, -along);
    case 'ArrowRight':
      return addDays(at, along);
    case 'ArrowUp':
      return addDays(at, -7);
    case 'ArrowDown':
      return addDays(at, 7);
    case 'Home':
      return addDays(at, -weekday(at, first));
    case 'End':
      return addDays(at, 6 - weekday(at, first));
    case 'PageUp':
      return addMonths(at, event.shiftKey ? -12 : -1);
    case 'PageDown':
      return addMonths(at, event.shiftKey ? 12 : 1);
    default:
      return null;
  }
}
