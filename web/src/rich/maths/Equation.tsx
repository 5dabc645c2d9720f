/** A formula as MathML, which every browser draws and screen readers speak; what TeX would not take, as it was written. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import { useRich } from '../context';
import { TexSource, type MathsProps } from '../CodeBlock';
import { mathml } from './tex';
import css from './maths.css?inline';

export { css };

export default function Equation({ formula }: MathsProps): VNode {
  const { labels } = useRich();
  const { text, display } = formula;
  const math = useMemo(() => mathml(text, display), [text, display]);
  if (math === null) return <TexSource formula={formula} />;
  if (!display) return <span class="ck-maths">{math}</span>;
  // One that is wider than the column scrolls, and the keyboard can scroll it.
  return (
    <span class="ck-maths-display" role="group" aria-label={labels.formula} tabIndex={0}>
      {math}
    </span>
  );
}
