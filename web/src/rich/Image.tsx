/** An image of an answer: from the hosts that are allowed, and a link to it from others, or when it cannot be had. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { useRich } from './context';
import { outward } from './outward';
import { webAddress } from './urls';

export interface ImageProps {
  /** Null for an address that images may not come from at all. */
  url: URL | null;
  alt: string;
  title: string | undefined;
  /** A link cannot hold another. */
  isInLink: boolean;
}

export function Image({ url, alt, title, isInLink }: ImageProps): VNode {
  const { isImageAllowed } = useRich();
  const [failed, setFailed] = useState('');
  if (url && failed !== url.href && isImageAllowed(url)) {
    // `referrerpolicy` before `src`: the request starts when the source is set.
    return (
      <img
        loading="lazy"
        decoding="async"
        referrerpolicy="no-referrer"
        alt={alt}
        title={title}
        src={url.href}
        onError={() => {
          setFailed(url.href);
        }}
      />
    );
  }
  const text = alt || url?.hostname;
  if (!url || url.protocol === 'data:' || isInLink) return <span class="ck-image">{text}</span>;
  return (
    <a class="ck-image" href={url.href} {...outward}>
      {text}
    </a>
  );
}

/** Addresses images may come from at all; which hosts is for whoever shows the answer to say. */
export function imageUrl(href: string, resolve: (href: string) => string): URL | null {
  if (/^data:image\/(?:png|jpe?g|gif|webp|avif)[;,]/i.test(href))
    return URL.canParse(href) ? new URL(href) : null;
  const address = webAddress(href, resolve);
  return address === null ? null : new URL(address);
}
