/** What the parts of an answer are given by whoever shows it. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Messages } from '../i18n/message';

/** Of the element's words, those that are used here. */
export type RichLabels = Pick<
  Messages,
  | 'code'
  | 'copied'
  | 'copy'
  | 'diagram'
  | 'diagramFailed'
  | 'formula'
  | 'showDiagram'
  | 'showSource'
  | 'source'
>;

/** What changes at any time, and is to reach parts that are finished, too. */
export interface Rich {
  isImageAllowed: (url: URL) => boolean;
  labels: RichLabels;
}

export const RichContext = createContext<Rich | null>(null);

export function useRich(): Rich {
  const rich = useContext(RichContext);
  if (!rich) throw new Error('Part of an answer was rendered outside of it');
  return rich;
}
