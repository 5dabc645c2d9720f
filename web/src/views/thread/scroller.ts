/**
 * Where the thread is scrolled to, and which of its rows are in the document for that.
 *
 * A new message goes to the top, with room under it for its answer; an opened thread shows its end; with `autoScroll`
 * the end is followed. Whatever else comes, goes or changes its height, the line being read stays where it is.
 *
 * Above: `Thread` renders the rows and says when. Below: `span` decides which. Nothing here knows what is in a row.
 */
import { signal, type Signal } from '@preact/signals';
import type { ScrollWish } from '../../state/store';
import type { Turns } from '../../state/turns';
import { hold, type Hold } from './hold';
import { elementOf, selectedIn } from './selection';
import { advance, guessHeight, layOut, rowsAtEnd, rowsWithin, type Layout, type Span } from './span';

/** How far from the end, in pixels, still counts as being there. */
const NEAR = 100;
/** How many views from the top older items are fetched. */
const EARLY = 1.5;
/** Room above a message that was scrolled to the top. */
const MARGIN = 8;
/** More rows than this under one selection are not all kept for it. */
const SELECTED = 30;
/** After so long a smooth scroll is over, where browsers do not say so. */
const GLIDE = 800;

export interface Surround {
  /** Whether the end is followed while an answer streams. */
  readonly isAutomatic: () => boolean;
  /** Whether the end is to be followed now, should the reader be there. */
  readonly isFollowing: () => boolean;
  /** Whether there are older items than those in rows of these keys. */
  readonly hasOlder: (keys: readonly string[]) => boolean;
  readonly showOlder: () => void;
  /** Told with every look whether the last row is in sight, and whether the end is. */
  readonly onLook: (seesLast: boolean, isAtEnd: boolean) => void;
}

export class Scroller {
  /** The rows shown; changes when the reader moves. */
  readonly span: Signal<Span> = signal({ from: 0, to: 0 });
  private box: HTMLElement | null = null;
  private keys: readonly string[] = [];
  private heights: number[] = [];
  private index = new Map<string, number>();
  private readonly measured = new Map<string, number>();
  private readonly rows = new Map<string, HTMLElement>();
  private readonly sizes = new ResizeObserver((entries) => {
    this.resized(entries);
  });
  private held: Hold | null = null;
  private isPinned = false;
  private isGliding = false;
  private before = 0;
  private wish: ScrollWish | null = null;

  constructor(private readonly around: Surround) {}

  attach(box: HTMLElement): () => void {
    this.box = box;
    const look = (): void => {
      this.scrolled();
    };
    const land = (): void => {
      this.landed();
    };
    box.addEventListener('scroll', look, { passive: true });
    box.addEventListener('scrollend', land);
    this.sizes.observe(box);
    return () => {
      box.removeEventListener('scroll', look);
      box.removeEventListener('scrollend', land);
      this.sizes.disconnect();
      this.box = null;
    };
  }

  /** A row has come into the document. */
  enter(key: string, row: HTMLElement): () => void {
    this.rows.set(key, row);
    this.sizes.observe(row);
    return () => {
      this.sizes.unobserve(row);
      if (this.rows.get(key) === row) this.rows.delete(key);
    };
  }

  /** The rows to render of `turns`; whoever asks while rendering is told of every move. */
  arrange(turns: Turns): Layout {
    if (turns.keys !== this.keys) this.adopt(turns);
    return layOut(this.heights, this.span.value, this.pinned());
  }

  /** The rows are in the document: measures them and puts the view where it belongs. */
  settle(wish: ScrollWish | null): void {
    const { box } = this;
    if (!box) return;
    for (const [key, row] of this.rows) this.measure(key, row.getBoundingClientRect().height);
    if (wish && wish !== this.wish) {
      this.wish = wish;
      if (wish.to === 'end' || this.around.isAutomatic()) this.toEnd(false);
      else this.toLast();
    } else this.keep();
    this.look();
  }

  /** On a person's wish, so it may be seen to move. */
  jump(): void {
    this.toEnd(true);
    // The button is about to go and would take the focus with it.
    this.box?.focus({ preventScroll: true });
  }

  /** Brings the row next to the one that has the focus, or is read, into sight and gives it the focus. */
  go(by: 1 | -1): void {
    const { box } = this;
    const key = (box?.getRootNode() as ShadowRoot | undefined)?.activeElement?.closest<HTMLElement>(
      '.ck-turn',
    )?.dataset.key;
    const at = key === undefined ? undefined : this.index.get(key);
    const seen = rowsWithin(this.heights, this.top() + MARGIN + 1, this.top() + MARGIN + 1);
    const to = Math.max(0, Math.min(this.keys.length - 1, at === undefined ? seen.from : at + by));
    // From a row that was scrolled far away, the next one may not be in the document: then back to that row itself.
    const row = this.rows.get(this.keys[to] ?? '') ?? this.rows.get(key ?? '');
    if (!box || !row) return;
    this.isPinned = false;
    box.scrollTop += row.getBoundingClientRect().top - box.getBoundingClientRect().top - MARGIN;
    row.focus({ preventScroll: true });
  }

  private adopt({ keys, list }: Turns): void {
    const first = this.keys[this.span.peek().from];
    const { from, to } = this.span.peek();
    const reachedEnd = to === this.keys.length;
    this.keys = keys;
    this.index = new Map(keys.map((key, row) => [key, row]));
    this.heights = list.map((turn) => this.measured.get(turn.key) ?? guessHeight(turn));
    const at = first === undefined ? undefined : this.index.get(first);
    this.span.value =
      at === undefined
        ? rowsAtEnd(this.heights, this.box?.clientHeight || innerHeight)
        : { from: at, to: reachedEnd ? keys.length : Math.min(at + to - from, keys.length) };
  }

  /** Rows that stay out of sight too: the last, the one with the focus, those that a selection begins or ends in. */
  private pinned(): number[] {
    const rows = [this.keys.length - 1];
    const root = this.box?.getRootNode();
    if (!(root instanceof ShadowRoot)) return rows;
    const rowOf = (element: Element | null | undefined): number | undefined =>
      this.index.get(element?.closest<HTMLElement>('.ck-turn')?.dataset.key ?? '');
    const focused = rowOf(root.activeElement);
    if (focused !== undefined) rows.push(focused);
    const selected = selectedIn(root);
    const from = selected ? rowOf(elementOf(selected.start)) : undefined;
    const to = selected ? rowOf(elementOf(selected.end)) : undefined;
    if (from === undefined || to === undefined || to - from > SELECTED) return rows;
    for (let row = from; row <= to; row++) rows.push(row);
    return rows;
  }

  private measure(key: string, height: number): void {
    const row = this.index.get(key);
    // A row that is not laid out, in a hidden element, has no height to learn.
    if (row === undefined || height === 0) return;
    this.measured.set(key, height);
    this.heights[row] = height;
  }

  private resized(entries: readonly ResizeObserverEntry[]): void {
    for (const { target } of entries) {
      const { key } = (target as HTMLElement).dataset;
      if (key !== undefined) this.measure(key, target.getBoundingClientRect().height);
    }
    this.keep();
    this.look();
  }

  private scrolled(): void {
    const { box } = this;
    if (!box) return;
    const isUp = box.scrollTop < this.before - 1;
    this.before = box.scrollTop;
    if (!this.isGliding) {
      const left = this.left();
      this.isPinned = this.around.isFollowing() && (left <= 1 || (left <= NEAR && !isUp));
      this.held = hold(box);
    }
    this.look();
  }

  /** Holds the line being read where it was, or the end, if that is what is being read. */
  private keep(): void {
    const { box } = this;
    if (!box || this.isGliding) return;
    // What streams in is not run after unasked, not even later.
    this.isPinned &&= this.around.isFollowing();
    if (this.isPinned) this.toEnd(false);
    else {
      const moved = this.held?.moved(this.rows) ?? 0;
      if (Math.abs(moved) >= 1) box.scrollTop += moved;
      if (moved !== 0 || !this.held?.isSure()) this.held = hold(box);
    }
    this.before = box.scrollTop;
  }

  private look(): void {
    const { box } = this;
    if (!box || this.heights.length === 0) return;
    const view = box.clientHeight;
    // Nothing is in sight of an element that is not shown.
    if (view === 0) return;
    const top = this.top();
    const shown = this.span.peek();
    const next = advance(shown, this.heights, top, view);
    if (next.from !== shown.from || next.to !== shown.to) this.span.value = next;
    const seen = rowsWithin(this.heights, top, top + view);
    this.around.onLook(seen.to === this.heights.length, this.left() <= NEAR);
    if (next.from === 0 && top < EARLY * view && this.around.hasOlder(this.keys)) this.around.showOlder();
  }

  private landed(): void {
    if (!this.isGliding) return;
    this.isGliding = false;
    if (this.isPinned) this.toEnd(false);
    if (this.box) this.held = hold(this.box);
    this.look();
  }

  private toEnd(isSeen: boolean): void {
    this.isPinned = true;
    if (this.box) this.scrollTo(this.box.scrollHeight - this.box.clientHeight, isSeen);
  }

  private toLast(): void {
    const { box } = this;
    const row = this.rows.get(this.keys.at(-1) ?? '');
    if (!box || !row) return;
    this.isPinned = false;
    const top = row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
    this.scrollTo(top - MARGIN, true);
  }

  private scrollTo(top: number, isSeen: boolean): void {
    const { box } = this;
    if (!box) return;
    const way = Math.abs(top - box.scrollTop);
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.isGliding = isSeen && !isStill && way > 1 && way < 2 * box.clientHeight;
    if (this.isGliding) {
      box.scrollTo({ top, behavior: 'smooth' });
      setTimeout(() => {
        this.landed();
      }, GLIDE);
      return;
    }
    if (way >= 1) box.scrollTop = top;
    this.before = box.scrollTop;
    this.held = hold(box);
  }

  /** How far the view lies below the top of the first row. */
  private top(): number {
    const rows = this.box?.querySelector('.ck-rows');
    if (!this.box || !rows) return 0;
    return this.box.getBoundingClientRect().top - rows.getBoundingClientRect().top;
  }

  /** How far it is to the end. */
  private left(): number {
    return this.box ? this.box.scrollHeight - this.box.clientHeight - this.box.scrollTop : 0;
  }
}
