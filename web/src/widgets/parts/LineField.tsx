/** A field that is written into: of one line, or of several. What is wrong with it is said below it, too. */
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useField, useWidget } from '../context';
import type { Props } from '../schema';
import type { Style } from '../style';

export interface WrittenProps {
  readonly name: string;
  readonly disabled: boolean;
  readonly defaultValue: string;
  readonly required: boolean;
  readonly pattern: string | null;
  readonly placeholder: string | null;
  readonly allowAutofillExtensions: boolean;
  readonly autoSelect: boolean;
  readonly autoFocus: boolean;
  readonly autoComplete?: string | null;
}

interface LineProps {
  readonly draft: string;
  readonly class: string;
  readonly style?: Style;
  readonly inputType: Props<'Input'>['inputType'];
  /** Null for a field of one line. */
  readonly rows: number | null;
  readonly maxRows: number;
  /** Whether it is as high as what is in it. */
  readonly isGrowing: boolean;
  readonly field: WrittenProps;
}

/** By these the usual password managers know a field that they are to leave alone. */
const LEFT_ALONE = {
  'data-1p-ignore': '',
  'data-lpignore': 'true',
  'data-bwignore': '',
  'data-form-type': 'other',
};

export function LineField({
  draft,
  inputType,
  rows,
  maxRows,
  isGrowing,
  field: props,
  ...look
}: LineProps): VNode {
  const { isStreaming } = useWidget();
  const { value, id, label } = useField(draft, props.defaultValue, props);
  const element = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const it = element.current;
    // Only as it comes: an old widget that is scrolled to must not take the focus.
    if (!it || !isStreaming) return;
    if (props.autoFocus) it.focus({ preventScroll: true });
    if (props.autoSelect) it.select();
  }, []);
  useLayoutEffect(() => {
    const it = element.current;
    if (!it || rows === null) return;
    it.setCustomValidity(mismatch(it.value, props.pattern));
    if (isGrowing) grow(it, maxRows);
  }, [value.value, props.pattern, rows, maxRows, isGrowing]);
  // Of which type it is does not matter to what it may have.
  const typed = { type: inputType as 'text' };
  const common = {
    id,
    ref: element,
    name: props.name,
    value: value.value,
    placeholder: props.placeholder ?? undefined,
    required: props.required,
    disabled: props.disabled,
    'aria-label': label,
    'aria-invalid': problem !== '',
    'aria-describedby': problem === '' ? undefined : `${id}-problem`,
    autocomplete: props.autoComplete ?? (props.allowAutofillExtensions ? undefined : 'off'),
    ...(props.allowAutofillExtensions ? {} : LEFT_ALONE),
    onFocus: () => {
      if (props.autoSelect) element.current?.select();
    },
    onInput: (event: Event) => {
      const it = event.currentTarget as HTMLInputElement;
      value.value = it.value;
      if (it.validity.valid) setProblem('');
    },
    onInvalid: (event: Event) => {
      setProblem((event.currentTarget as HTMLInputElement).validationMessage);
    },
  };
  return (
    <span class="ck-w-field">
      {rows === null ? (
        <input {...look} {...common} {...typed} pattern={props.pattern ?? undefined} />
      ) : (
        <textarea {...look} {...common} rows={rows} />
      )}
      {problem !== '' && (
        <span class="ck-w-problem" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </span>
  );
}

function grow(area: HTMLTextAreaElement, most: number): void {
  const { lineHeight, paddingTop, paddingBottom, borderTopWidth, borderBottomWidth } = getComputedStyle(area);
  const [line, top, bottom, above, below] = [
    lineHeight,
    paddingTop,
    paddingBottom,
    borderTopWidth,
    borderBottomWidth,
  ].map((each) => parseFloat(each) || 0) as [number, number, number, number, number];
  area.style.height = 'auto';
  const needed = area.scrollHeight + above + below;
  const limit = line * most + top + bottom + above + below;
  area.style.height = `${line > 0 ? Math.min(needed, limit) : needed}px`;
}

/** What a browser says of an input whose text is not of its pattern: a textarea has none. */
function mismatch(value: string, pattern: string | null): string {
  if (pattern === null || value === '') return '';
  const probe = document.createElement('input');
  probe.pattern = pattern;
  probe.value = value;
  return probe.validationMessage;
}
