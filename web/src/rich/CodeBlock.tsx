/** A code block with its language and a button that copies it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import { copyText } from './clipboard';

const COPIED_FOR_MS = 2000;

export interface CodeBlockProps {
  text: string;
  language: string;
  labels: { copy: string; copied: string };
}

export function CodeBlock({ text, language, labels }: CodeBlockProps): VNode {
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
    if (root.current) void copyText(text, root.current).then(setCopied);
  };
  return (
    <div class="ck-code" ref={root}>
      <div class="ck-code-head">
        <span class="ck-code-language">{language}</span>
        <button type="button" class="ck-code-copy" onClick={copy} aria-live="polite">
          {copied ? labels.copied : labels.copy}
        </button>
      </div>
      <pre tabIndex={0} role="group" aria-label={language || undefined}>
        <code>{text}</code>
      </pre>
    </div>
  );
}
