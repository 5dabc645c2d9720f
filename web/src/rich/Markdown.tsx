/**
 * The text of an answer: Markdown with citations, rendered as it arrives.
 *
 * Above: message views. Below: `blocks` (which part of the text is new), `citations` (where markers go),
 * `render` (tokens to elements). A finished block keeps its node, so Preact skips it.
 */
import { Fragment, type ComponentChildren, type VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { BlockStream, type Block } from './blocks';
import { Cites } from './Citation';
import { placeMarks, shift, takeUpTo, type Mark } from './citations';
import { renderBlock, type RenderContext } from './render';
import type { Annotation, Source } from '../protocol/types.gen';

export interface MarkdownProps {
  /** Raw Markdown of one content part. */
  text: string;
  /** Of that part; `index` counts code points. */
  annotations: readonly Annotation[];
  streaming: boolean;
  /** The source's number within the message, from 1. */
  numberOf: (source: Source) => number;
  isImageAllowed: (url: URL) => boolean;
  /** Relative addresses to absolute ones. */
  resolveUrl: (href: string) => string;
  onDeeplink: (name: string, data: Record<string, string>) => void;
  labels: { copy: string; copied: string; source?: string };
}

export function Markdown(props: MarkdownProps): VNode {
  const { text, annotations, streaming, numberOf } = props;
  const latest = useRef(props);
  latest.current = props;
  const { stream, nodes, context } = useMemo(() => keep(latest), []);

  const blocks = stream.update(text.replace(/\r\n?/g, '\n'), streaming);
  const marks = placeMarks(text, annotations, numberOf, streaming);
  const children = blocks.map((block, i) => {
    const own = shift(takeUpTo(marks, blocks[i + 1]?.start ?? Infinity), block.start);
    const key = cacheKey(block, own, props);
    const node = nodes.get(block);
    if (node?.key === key) return node.node;
    const fresh = <Fragment key={i}>{renderBlock(block.token, own, context)}</Fragment>;
    nodes.set(block, { key, node: fresh });
    return fresh;
  });
  return (
    <div class="ck-md">
      {children}
      {marks.map(({ cites }) => (
        <Cites cites={cites} context={context} />
      ))}
    </div>
  );
}

interface Kept {
  stream: BlockStream;
  nodes: WeakMap<Block, { key: string; node: ComponentChildren }>;
  context: RenderContext;
}

function keep(latest: { current: MarkdownProps }): Kept {
  return { stream: new BlockStream(), nodes: new WeakMap(), context: contextOf(latest) };
}

/** A context that stays the same object, so that finished blocks keep working with the newest callbacks. */
function contextOf(latest: { current: MarkdownProps }): RenderContext {
  return {
    isImageAllowed: (url) => latest.current.isImageAllowed(url),
    resolveUrl: (href) => latest.current.resolveUrl(href),
    onDeeplink: (name, data) => {
      latest.current.onDeeplink(name, data);
    },
    get labels() {
      return latest.current.labels;
    },
  };
}

/** Everything a block's nodes were made from apart from its text. */
function cacheKey(block: Block, marks: readonly Mark[], { isImageAllowed, labels }: MarkdownProps): string {
  const cites = marks.map(({ at, cites }) => [at, cites.map(({ source, number }) => [number, source])]);
  return JSON.stringify([cites, labels, block.token.raw.includes('![') && imagesOf(block, isImageAllowed)]);
}

/** Which hosts named in the block are allowed: changes when the thread's list of domains does. */
function imagesOf(block: Block, isImageAllowed: (url: URL) => boolean): boolean[] {
  const addresses = block.token.raw.match(/https?:\/\/[^\s)>"'\]]+/gi) ?? [];
  return addresses.map((address) => URL.canParse(address) && isImageAllowed(new URL(address)));
}
