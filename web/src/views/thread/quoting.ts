/** The part of an answer that a person has selected, and where it stands: what a reply can quote. */
import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { nextFrame } from '../frames';
import { elementOf, selectedIn, type Selected } from './selection';

export interface Quotable {
  readonly text: string;
  /** Of the turn, and of the answer in it. */
  readonly turn: string;
  readonly entry: string;
  /** Where the selection ends, in pixels from the turn's corner. */
  readonly left: number;
  readonly top: number;
}

/** Longer quotes are no reply to anything. */
const LONGEST = 2_000;

export interface QuotingProps {
  /** What scrolls the answers. */
  readonly box: { readonly current: HTMLElement | null };
  /** Told what is selected. */
  readonly quotable: Signal<Quotable | null>;
}

/** Watches; shows nothing itself. */
export function Quoting({ box, quotable }: QuotingProps): null {
  useEffect(() => {
    let isAwaited = false;
    const look = (): void => {
      isAwaited = false;
      const root = box.current?.getRootNode();
      const selected = root instanceof ShadowRoot ? selectedIn(root) : null;
      quotable.value = selected && quote(selected);
    };
    // While the pointer drags, it changes many times a frame.
    const note = (): void => {
      if (!isAwaited) nextFrame(look);
      isAwaited = true;
    };
    document.addEventListener('selectionchange', note);
    note(); // something may be selected already: this comes after the first paint
    return () => {
      document.removeEventListener('selectionchange', note);
    };
  }, []);
  return null;
}

function quote({ start, end, text, range }: Selected): Quotable | null {
  const answer = elementOf(start)?.closest<HTMLElement>('.ck-assistant');
  const turn = answer?.closest<HTMLElement>('.ck-turn');
  if (!answer || !turn || text === '' || !answer.contains(end)) return null;
  const corner = turn.getBoundingClientRect();
  const last = [...range().getClientRects()].at(-1) ?? corner;
  return {
    text: text.slice(0, LONGEST),
    turn: turn.dataset.key ?? '',
    entry: answer.dataset.entry ?? '',
    left: Math.max(0, Math.min(last.right - corner.left - 40, corner.width - 100)),
    top: last.bottom - corner.top + 6,
  };
}
