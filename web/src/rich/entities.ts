/**
 * Character references (`&amp;`, `&#8212;`) to characters, without a DOM: parsing HTML to decode them
 * would need a Trusted Types exception. Names are those of HTML 4 that answers use; others stay as written.
 */

/** The names that answers use most; `Reference` knows more, and comes when one of them does. */
const COMMON = named(
  'amp& lt< gt> quot" apos\' nbsp\u00a0 ndash– mdash— hellip… bull• middot· copy© reg® trade™ deg° plusmn± times× rarr→ larr← euro€ le≤ ge≥ ne≠',
);

/** What is added to the name of a letter, and to the letter. */
const MARKS = named('grave\u0300 acute\u0301 circ\u0302 tilde\u0303 uml\u0308 ring\u030a cedil\u0327');

/** One character reference; the whole of it is replaced or kept. */
export const REFERENCE = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]\w{1,31}));/gi;

export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return COMMON.get(name) ?? markedLetter(name) ?? whole;
    const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    const valid = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return valid ? String.fromCodePoint(code) : '\ufffd';
  });
}

/** `eacute`: a letter's name and its mark's. */
function markedLetter(name: string): string | undefined {
  const mark = MARKS.get(name.slice(1));
  const letter = (name.charAt(0) + (mark ?? '')).normalize();
  return mark !== undefined && letter.length === 1 ? letter : undefined;
}

/** Names with the character that each stands for at its end. */
export function named(pairs: string): ReadonlyMap<string, string> {
  return new Map(pairs.split(' ').map((pair) => [pair.slice(0, -1), pair.slice(-1)]));
}
