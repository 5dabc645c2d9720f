/** Sources of a message, each once and numbered in the order they were first cited. */
import { citedPassage, doubt } from '../protocol/additions';
import type { Annotation, Source } from '../protocol/types.gen';

export interface NumberedSource {
  source: Source;
  number: number;
}

export function numberSources(annotations: readonly Annotation[]): NumberedSource[] {
  const seen = new Map<string, NumberedSource>();
  for (const { source } of annotations) {
    const key = sourceKey(source);
    if (key !== null && doubt(source) === null && !seen.has(key))
      seen.set(key, { source, number: seen.size + 1 });
  }
  return [...seen.values()];
}

/** What makes two sources the same one; null for a kind this version does not know. */
export function sourceKey(source: Source): string | null {
  switch (source.type) {
    case 'url':
      return `url ${citedPassage(source.url) ?? source.url}`;
    case 'file':
      return `file ${source.filename}`;
    case 'entity':
      return `entity ${source.id}`;
    default:
      return null;
  }
}

/** Who published it, for a line under the title: the attribution, else the host, else the file's name. */
export function publisher(source: Source): string {
  if (source.type === 'file') return source.filename === source.title ? '' : source.filename;
  if (source.type === 'entity') return source.label ?? '';
  if (source.attribution) return source.attribution;
  try {
    return new URL(source.url).hostname.replace(/^www\./, '');
  } catch {
    return ''; // a relative address: the site the reader is on
  }
}
