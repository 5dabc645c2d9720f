/**
 * Mermaid text to SVG nodes, or null for what cannot be drawn.
 *
 * beautiful-mermaid writes SVG as text and touches no document. That text is read by a strict reader (`svg`),
 * which knows the few elements and attributes that drawings have; neither its style sheet nor the colours that
 * the text asks for are taken over, so a drawing has the theme's colours and nothing in it loads or covers anything.
 */
import { renderMermaidSVG } from 'beautiful-mermaid';
import type { VNode } from 'preact';
import { readSvg } from './svg';

/** Larger ones stay text: layout takes time that grows faster than the diagram, and cannot be interrupted. */
const LONGEST = 6000;
const MOST_LINES = 150;
const KINDS =
  /^(?:graph|flowchart(?:-elk)?|stateDiagram(?:-v2)?|sequenceDiagram|classDiagram|erDiagram|xychart(?:-beta)?)\b/;
/** What changes how it looks, or configures Mermaid, or does something on a click. */
const IGNORED = /^\s*(?:style|classDef|linkStyle|click|callback|link)\s/;

/** `id` is put before the names inside the drawing, since several share a document. */
export function draw(source: string, id: string, label: string): VNode | null {
  const lines = withoutFrontMatter(source)
    .split('\n')
    .filter((line) => !IGNORED.test(line) && !/^\s*%%/.test(line));
  const text = lines.join('\n').trim();
  if (text.length > LONGEST || lines.length > MOST_LINES || !KINDS.test(text)) return null;
  try {
    const svg = renderMermaidSVG(text, { transparent: true, bg: 'none', fg: 'none', padding: 12 });
    return readSvg(svg, id, nameOf(source, label));
  } catch {
    return null; // not Mermaid, or a part of it that is not known
  }
}

function withoutFrontMatter(source: string): string {
  return source.replace(/^\s*---\n[^]*?\n---\n/, '');
}

/** What Mermaid calls the accessible title, or the title. */
function nameOf(source: string, label: string): string {
  const title = /^\s*(?:accTitle\s*:|title\s*:?\s)\s*(.+)$/m.exec(source)?.[1]?.trim();
  return title ? `${label}: ${title}` : label;
}
