/**
 * Many parts in a row, rendered in groups: a group that is full and unchanged keeps its node, and Preact skips it.
 *
 * Above: `Markdown` for the blocks of an answer, `render` for the items, rows and lines of a long one.
 */
import { Fragment, type ComponentChildren, type VNode } from 'preact';
import { sameMarks, takeUpTo, type Mark } from './citations';
import { GROUP, type Block, type Groups } from './long';

/** Renders a part; the marks are relative to the text. */
export type RenderPart = (part: Block, marks: Mark[]) => ComponentChildren;

interface Shown {
  marks: readonly Mark[];
  node: VNode;
}

export class Grouped {
  /** By the group's array, or the part. */
  readonly #shown = new WeakMap<object, Shown>();

  /** `marks` are taken from, up to where the last part ends as far as is known. */
  render(full: Groups, open: readonly Block[], marks: Mark[], render: RenderPart): VNode[] {
    const nodes: VNode[] = [];
    const last = full.at(-1) ?? [];
    const isLastFull = last.length === GROUP;
    const kept = isLastFull ? full.length : full.length - 1;
    for (let i = 0; i < kept; i++) {
      const group = full[i] ?? [];
      const next = full[i + 1]?.[0] ?? open[0];
      nodes.push(
        this.#keep(group, i, takeUpTo(marks, next?.start ?? Infinity), (own) =>
          this.#parts(group, own, next?.start ?? Infinity, render),
        ),
      );
    }
    const rest = isLastFull ? open : [...last, ...open];
    for (let from = 0; from < rest.length; from += GROUP) {
      const parts = rest.slice(from, from + GROUP);
      const end = rest[from + GROUP]?.start ?? Infinity;
      nodes.push(<Fragment key={nodes.length}>{this.#parts(parts, marks, end, render)}</Fragment>);
    }
    return nodes;
  }

  #parts(parts: readonly Block[], marks: Mark[], end: number, render: RenderPart): VNode[] {
    return parts.map((part, i) => {
      const own = takeUpTo(marks, parts[i + 1]?.start ?? end);
      return this.#keep(part, i, own, (taken) => render(part, taken));
    });
  }

  #keep(of: object, key: number, marks: Mark[], render: (marks: Mark[]) => ComponentChildren): VNode {
    const shown = this.#shown.get(of);
    if (shown && sameMarks(shown.marks, marks)) return shown.node;
    const node = <Fragment key={key}>{render([...marks])}</Fragment>;
    this.#shown.set(of, { marks, node });
    return node;
  }
}
