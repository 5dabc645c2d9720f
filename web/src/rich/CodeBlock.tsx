/** A code block with its language and a button that copies it; coloured once it is complete. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import { lazy } from '../lazy';
import { copyText } from './clipboard';
import { useRich } from './context';
import type { Formula } from './delimiters';

const COPIED_FOR_MS = 2000;
/** Longer code is left in one colour: colouring takes time that grows with it, and makes many elements. */
const LONGEST_COLOURED = 30_000;

export interface CodeBlockProps {
  /** The text, in as many pieces as it was read in. */
  pieces: readonly string[];
  language: string;
  /** Whether more is coming. */
  isOpen: boolean;
}

export interface ColouredProps {
  text: string;
  language: string;
}

const Coloured = lazy<ColouredProps>(() => import('./code/Coloured'), { loading: Plain, failed: Plain });

export function CodeBlock({ pieces, language, isOpen }: CodeBlockProps): VNode {
  const { labels } = useRich();
  const [copied, setCopied] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, COPIED_FOR_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);

  const copy = () => {
    if (root.current) void copyText(pieces.join(''), root.current).then(setCopied);
  };
  return (
    <div class="ck-code" ref={root}>
      <div class="ck-code-head">
        <span class="ck-code-language">{language}</span>
        <button type="button" class="ck-code-copy" onClick={copy} aria-live="polite">
          {copied ? labels.copied : labels.copy}
        </button>
      </div>
      <pre tabIndex={0} role="group" aria-label={language || labels.code}>
        <code>{isOpen || language === '' ? pieces : coloured(pieces.join(''), language)}</code>
      </pre>
    </div>
  );
}

function coloured(text: string, language: string): VNode | string {
  return text.length > LONGEST_COLOURED ? text : <Coloured text={text} language={language} />;
}

/** Code in one colour. */
export function Plain({ text }: Pick<ColouredProps, 'text'>): VNode {
  return <>{text}</>;
}

export interface MathsProps {
  formula: Formula;
}

/** A formula as it was written. */
export function TexSource({ formula: { raw, display } }: MathsProps): VNode {
  return <code class={display ? 'ck-tex ck-tex-display' : 'ck-tex'}>{raw.trim()}</code>;
}
