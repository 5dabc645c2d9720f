/** Which addresses pictures may have at all; which hosts is the thread's to say. Pure. */
import { webAddress } from '../../rich/urls';

const DATA = /^data:image\/(?:png|jpe?g|gif|webp|avif)[;,]/i;

export function pictureUrl(href: string, resolve: (href: string) => string): URL | null {
  if (DATA.test(href)) return URL.canParse(href) ? new URL(href) : null;
  const address = webAddress(href, resolve);
  return address === null ? null : new URL(address);
}
