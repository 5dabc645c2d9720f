/** A diagram with a switch to its source; the source alone where it cannot be drawn. */
import type { VNode } from 'preact';
import { useId, useMemo, useState } from 'preact/hooks';
import { CodeBlock, type CodeBlockProps } from '../CodeBlock';
import { useRich } from '../context';
import css from './diagram.css?inline';
import { draw } from './draw';

export { english } from '../../i18n/later';

export { css };

export default function Drawing(props: CodeBlockProps): VNode {
  const { labels } = useRich();
  const [isSource, setIsSource] = useState(false);
  const id = useId();
  const text = props.pieces.join('');
  const drawing = useMemo(() => draw(text, id, labels.diagram), [text, id, labels.diagram]);
  if (drawing === null) {
    return (
      <div class="ck-diagram">
        <p class="ck-diagram-note">{labels.diagramFailed}</p>
        <CodeBlock {...props} />
      </div>
    );
  }
  return (
    <div class="ck-diagram">
      <div class="ck-diagram-head">
        <span>{labels.diagram}</span>
        <button
          type="button"
          class="ck-code-copy"
          onClick={() => {
            setIsSource(!isSource);
          }}
        >
          {isSource ? labels.showDiagram : labels.showSource}
        </button>
      </div>
      {isSource ? (
        <CodeBlock {...props} />
      ) : (
        <div class="ck-diagram-view" role="group" aria-label={labels.diagram} tabIndex={0}>
          {drawing}
        </div>
      )}
    </div>
  );
}
