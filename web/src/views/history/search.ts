/** Searching titles: every word somewhere, without regard for case, accents and width. Pure. */

/** A stretch of a title; `isHit` where it is what was searched for. */
export interface Piece {
  readonly text: string;
  readonly isHit: boolean;
}

/** The words of a query, folded; none for a query of spaces. */
export function words(query: string): string[] {
  return fold(query)
    .split(/\s+/)
    .filter((word) => word !== '');
}

export function matches(title: string, wanted: readonly string[]): boolean {
  const folded = fold(title);
  return wanted.every((word) => folded.includes(word));
}

/** The title cut where words of the query begin and end. */
export function pieces(title: string, wanted: readonly string[]): Piece[] {
  const signs = Array.from(new Intl.Segmenter().segment(title), ({ segment }) => segment);
  const folded = signs.map(fold);
  const isHit = signs.map(() => false);
  for (const word of wanted) {
    for (let at = 0; at < signs.length; at++) {
      let end = at;
      for (let seen = ''; end < signs.length && seen.length < word.length; end++) seen += folded[end] ?? '';
      const seen = folded.slice(at, end).join('');
      if (folded[at] !== '' && seen.startsWith(word)) isHit.fill(true, at, end);
    }
  }
  const found: Piece[] = [];
  signs.forEach((sign, at) => {
    const last = found.at(-1);
    if (last && last.isHit === isHit[at]) found[found.length - 1] = { ...last, text: last.text + sign };
    else found.push({ text: sign, isHit: isHit[at] ?? false });
  });
  return found;
}

/** Compatibility forms, no marks, lower case: "Ångström" is found by "angstrom". */
function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}
