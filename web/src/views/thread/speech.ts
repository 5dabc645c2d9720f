/**
 * What of a growing answer can be read out: its sentences, each once it is complete, without the signs of Markdown.
 * Pure. The work is that of the sentence under way, however long the answer is.
 */

export interface SpokenWords {
  /** Said in place of a block of code. */
  readonly code: string;
}

/** How long a sentence may grow before it is read as far as it has come. */
const LONGEST = 1_000;
const FENCE = /^ {0,3}(`{3,}|~{3,})/;

export class Reader {
  private at = 0;
  private fence = '';

  constructor(private readonly segmenter: Intl.Segmenter) {}

  /** Takes what stands there for read already. */
  skip(text: string): void {
    this.at = text.length;
  }

  /** What `text` has to say beyond what has been read; of a text that still grows, complete sentences only. */
  read(text: string, isFinal: boolean, words: SpokenWords): string {
    const said: string[] = [];
    this.at = Math.min(this.at, text.length);
    while (this.at < text.length) {
      const end = text.indexOf('\n', this.at);
      const isWhole = end >= 0 || isFinal;
      const line = text.slice(this.at, end < 0 ? undefined : end);
      if (!isWhole && (this.fence !== '' || /^\s*[`~|]/.test(line))) break;
      const used = isWhole ? line.length : this.complete(line);
      if (used > 0) said.push(this.speak(line.slice(0, used), words));
      this.at += used;
      if (end < 0) break;
      this.at = end + 1;
    }
    return said.filter((words) => words !== '').join(' ');
  }

  /** How much of an unfinished line is whole sentences: the last one may always go on. */
  private complete(line: string): number {
    if (line.length > LONGEST) return line.length;
    const last = [...this.segmenter.segment(masked(line))].at(-1);
    return last?.index ?? 0;
  }

  private speak(line: string, words: SpokenWords): string {
    const fence = FENCE.exec(line)?.[1];
    if (this.fence !== '') {
      if (fence?.startsWith(this.fence) === true && line.trim() === fence) this.fence = '';
      return '';
    }
    if (fence === undefined) return plain(line);
    this.fence = fence;
    return `${words.code}.`;
  }
}

/** Of the same length, with nothing in addresses and code that looks like the end of a sentence. */
function masked(line: string): string {
  return line.replace(/\]\([^)]*\)?|`[^`]*`?|https?:\/\/\S+/g, (match) => match.replace(/[^\s]/g, 'x'));
}

function plain(line: string): string {
  if (/^[\s|:*_-]+$/.test(line)) return '';
  return line
    .replace(/^\s*(?:#{1,6}\s+|[-*+]\s+(?:\[[ xX]\]\s+)?|>\s?)+/, '')
    .replace(/^\s*\|\s*|\s*\|\s*$/g, '')
    .replace(/\s*\|\s*/g, ', ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^>]*>/g, '')
    .replace(/\*+|~~|`+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, '')
    .trim();
}
