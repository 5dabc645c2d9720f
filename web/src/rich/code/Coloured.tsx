/** The text of a code block in colours. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { Plain, type ColouredProps } from '../CodeBlock';
import css from './code.css?inline';
import { colour } from './colour';

export { css };

export default function Coloured({ text, language }: ColouredProps): VNode {
  const nodes = useMemo(() => colour(text, language), [text, language]);
  return nodes === null ? <Plain text={text} /> : <>{nodes}</>;
}
