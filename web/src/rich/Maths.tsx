/** A formula: MathML once the part that makes it has been loaded, its source before that and when it is none. */
import { lazy } from '../lazy';
import { TexSource, type MathsProps } from './CodeBlock';

export const Maths = lazy<MathsProps>(() => import('./maths/Equation'), {
  loading: TexSource,
  failed: TexSource,
});
