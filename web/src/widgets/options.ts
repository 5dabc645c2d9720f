/** Finding one's way in the options of a select. Pure. */
import type { Choice } from './readers';

/** More than these are searched by default. */
const MANY = 15;

export function isSearchable(options: readonly Choice[], wish: boolean | null): boolean {
  return wish ?? options.length > MANY;
}

/** Those in which each word looked for stands, in any case and without regard to accents. */
export function matching(options: readonly Choice[], query: string): readonly Choice[] {
  const wanted = plain(query)
    .split(/\s+/)
    .filter((word) => word !== '');
  if (wanted.length === 0) return options;
  return options.filter((option) => {
    const text = ` ${plain(`${option.label} ${option.description ?? ''}`)}`;
    return wanted.every((word) => text.includes(word));
  });
}

function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The next option that can be chosen, `step` away from `from`; round the ends. */
export function stepped(options: readonly Choice[], from: number, step: 1 | -1): number {
  for (let tries = 1; tries <= options.length; tries++) {
    const at = (from + step * tries + options.length * (tries + 1)) % options.length;
    if (options[at]?.isDisabled === false) return at;
  }
  return -1;
}

/** The option that what was typed leads to, looked for after `from`. */
export function typedAhead(options: readonly Choice[], typed: string, from: number): number {
  const wanted = plain(typed);
  for (let tries = 0; tries < options.length; tries++) {
    const at = (Math.max(0, from) + tries + (typed.length === 1 ? 1 : 0)) % options.length;
    const option = options[at];
    if (option && !option.isDisabled && plain(option.label).startsWith(wanted)) return at;
  }
  return -1;
}
