/** A Mermaid block: its source while it is being written, then a drawing of it. */
import { lazy } from '../lazy';
import { CodeBlock, type CodeBlockProps } from './CodeBlock';

export const Diagram = lazy<CodeBlockProps>(() => import('./diagram/Drawing'), {
  loading: CodeBlock,
  failed: CodeBlock,
});
