/** Which files may be attached, by what the page says of types and sizes. Pure. */
import type { AttachmentLimits } from '../options';

export const DEFAULT_LIMITS: AttachmentLimits = { maxSize: 100 * 1024 * 1024, maxCount: 10, accept: {} };

/** Whether `mime` is of the kind that the pattern names: `image/png`, `image/*`, `*`. */
function matches(pattern: string, mime: string): boolean {
  const wanted = pattern.trim().toLowerCase();
  if (['', '*', '*/*'].includes(wanted)) return true;
  const [kind = '', sort] = wanted.split('/');
  return sort === '*' ? mime.startsWith(`${kind}/`) : mime === wanted;
}

/** The type without its parameters. */
const bare = (mime: string): string => mime.split(';')[0]?.trim().toLowerCase() ?? '';

export function isAccepted(
  file: { name: string; type: string },
  accept: AttachmentLimits['accept'],
): boolean {
  const kinds = Object.entries(accept);
  if (kinds.length === 0) return true;
  const name = file.name.toLowerCase();
  return kinds.some(
    ([pattern, endings]) =>
      matches(pattern, bare(file.type)) ||
      endings.some((ending) => ending !== '' && name.endsWith(ending.toLowerCase())),
  );
}

/** The bytes that a file of this type may have: the most specific pattern decides. */
export function sizeLimit(type: string, maxSize: AttachmentLimits['maxSize']): number {
  if (typeof maxSize === 'number') return maxSize;
  const limits = Object.entries(maxSize).filter(
    ([pattern, limit]) => typeof limit === 'number' && matches(pattern, bare(type)),
  );
  const rank = (pattern: string): number => (pattern.includes('/') ? 2 : 0) - (pattern.includes('*') ? 1 : 0);
  limits.sort(([a], [b]) => rank(b) - rank(a));
  return limits[0]?.[1] ?? (DEFAULT_LIMITS.maxSize as number);
}

/** What the file picker's `accept` takes. */
export function pickerTypes(accept: AttachmentLimits['accept']): string {
  const kinds = Object.entries(accept).flatMap(([pattern, endings]) => [pattern, ...endings]);
  return kinds.filter((kind) => /^\.|\//.test(kind)).join(',');
}
