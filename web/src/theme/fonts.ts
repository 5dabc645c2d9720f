/** Registers the page's fonts with the document: `@font-face` inside a shadow root is ignored by browsers. */
import type { FontObject } from '@openai/chatkit';

/** Registers each font once; returns those it added, keyed so that the next call can tell. */
export function registerFonts(
  sources: readonly FontObject[],
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  if (typeof FontFace === 'undefined') return known;
  const registered = new Set(known);
  for (const { family, src, weight, style, display, unicodeRange } of sources) {
    const key = JSON.stringify([family, src, weight, style, unicodeRange]);
    if (registered.has(key)) continue;
    registered.add(key);
    const source = /^\s*(url|local)\(/.test(src) ? src : `url(${JSON.stringify(src)})`;
    document.fonts.add(
      new FontFace(family, source, {
        ...(weight !== undefined && { weight: String(weight) }),
        ...(style !== undefined && { style }),
        ...(unicodeRange !== undefined && { unicodeRange }),
        display: display ?? 'swap',
      }),
    );
  }
  return registered;
}
