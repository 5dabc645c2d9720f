/** Which addresses an answer may link to. Pure: text in, text or nothing out. */

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
const ALLOWED = /^(?:https?|mailto|tel|chatkit-link):/i;
// Controls, line and paragraph separators, invisible and direction-changing characters, and the backslash
// that browsers read as a slash: none has a place in an address, each has hidden one.
const SUSPECT = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/u;

/** The address to put in `href`, or null: web, mail, telephone, deep link or relative, and nothing else. */
export function safeLink(href: string): string | null {
  const address = href.trim();
  if (address === '' || SUSPECT.test(address)) return null;
  const scheme = SCHEME.exec(address);
  if (scheme) {
    if (!ALLOWED.test(address)) return null;
    if (/^http/i.test(address) && !URL.canParse(address)) return null;
  } else if (/^[^/?#]*:/.test(address)) {
    return null; // something before a colon that is no scheme: not a path, so not to be guessed at
  }
  return address.replace(/\s/g, '%20');
}

export interface Deeplink {
  name: string;
  data: Record<string, string>;
}

/** `chatkit-link://name?k=v` as the host page receives it; null for any other address. A path is ignored. */
export function parseDeeplink(href: string): Deeplink | null {
  const match = /^chatkit-link:\/\/([^/?#]+)[^?#]*(?:\?([^#]*))?/i.exec(href);
  if (!match) return null;
  return {
    name: decode(match[1] ?? ''),
    data: Object.fromEntries(new URLSearchParams(match[2] ?? '')),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % stands for itself
  }
}

/** What follows `resolve`, checked again: an address on the web that may be opened, or null. */
export function webAddress(href: string, resolve: (href: string) => string): string | null {
  const link = safeLink(href);
  if (link === null) return null;
  try {
    const url = new URL(resolve(link));
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

const DATA = /^data:image\/(?:png|jpe?g|gif|webp|avif)[;,]/i;

/** Which addresses pictures may have at all; which hosts is the thread's to say. */
export function pictureUrl(href: string, resolve: (href: string) => string): URL | null {
  if (DATA.test(href)) return URL.canParse(href) ? new URL(href) : null;
  const address = webAddress(href, resolve);
  return address === null ? null : new URL(address);
}
