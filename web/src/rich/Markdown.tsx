/**
 * The text of an answer: Markdown with citations, rendered as it arrives.
 *
 * Above: message views. Below: `blocks` (which part of the text is new), `citations` (where markers go),
 * `render` (tokens to elements). A finished block keeps its node, so Preact skips it.
 */
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import { BlockStream } from './blocks';
import { Cites } from './Citation';
import { Marks } from './citations';
import { RichContext, type RichLabels } from './context';
import { Grouped } from './grouped';
import { Renderer, type RenderContext } from './render';
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
  labels: RichLabels;
  /** The level of the first heading: below that of the message, unless said otherwise. */
  heading?: number;
}

/** Messages are headed by a level 3. */
const BELOW_MESSAGE = 4;

export function Markdown(props: MarkdownProps): VNode {
  const { text, annotations, streaming, numberOf, isImageAllowed, labels } = props;
  const latest = useRef(props);
  latest.current = props;
  const { stream, marks, blocks, renderer, context } = useMemo(() => keep(latest), []);
  const rich = useMemo(() => ({ isImageAllowed, labels }), [isImageAllowed, labels]);

  const { finished, open } = stream.update(
    text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text,
    streaming,
  );
  const placed = [...marks.update(text, annotations, numberOf, streaming)];
  const isLive = streaming && open.length > 0;
  const children = blocks.render(finished, open, placed, (block, own) =>
    renderer.block(block, own, isLive && block === open.at(-1)),
  );
  return (
    <RichContext.Provider value={rich}>
      <div class="ck-md">
        {children}
        {placed.map(({ cites }) => (
          <Cites cites={cites} context={context} />
        ))}
      </div>
    </RichContext.Provider>
  );
}

interface Kept {
  stream: BlockStream;
  marks: Marks;
  blocks: Grouped;
  renderer: Renderer;
  context: RenderContext;
}

function keep(latest: { current: MarkdownProps }): Kept {
  const context = contextOf(latest);
  return {
    stream: new BlockStream(),
    marks: new Marks(),
    blocks: new Grouped(),
    renderer: new Renderer(context),
    context,
  };
}

/** A context that stays the same object, so that finished blocks keep working with the newest callbacks. */
function contextOf(latest: { current: MarkdownProps }): RenderContext {
  return {
    resolveUrl: (href) => latest.current.resolveUrl(href),
    onDeeplink: (name, data) => {
      latest.current.onDeeplink(name, data);
    },
    heading: latest.current.heading ?? BELOW_MESSAGE,
    get labels() {
      return latest.current.labels;
    },
  };
}
