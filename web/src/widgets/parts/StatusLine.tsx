/** The line above a card or a list that says how things stand. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { imageUrl } from '../../rich/Image';
import { Icon } from '../../views/icons/Icon';
import { useView } from '../../views/view';
import type { Status } from '../readers';

export function StatusLine({ status }: { status: Status | null }): VNode | null {
  if (!status) return null;
  return (
    <p class="ck-w-status">
      {status.icon !== null && <Icon name={status.icon} />}
      {status.favicon !== null && <Favicon src={status.favicon} isFramed={status.isFramed} />}
      <span>{status.text}</span>
    </p>
  );
}

function Favicon({ src, isFramed }: { src: string; isFramed: boolean }): VNode | null {
  const { resolveUrl, isImageAllowed } = useView();
  const [hasFailed, setFailed] = useState(false);
  const url = imageUrl(src, resolveUrl);
  if (!url || hasFailed || !isImageAllowed(url)) return null;
  return (
    <img
      class={`ck-w-favicon ${isFramed ? 'ck-w-framed' : ''}`}
      alt=""
      referrerpolicy="no-referrer"
      src={url.href}
      onError={() => {
        setFailed(true);
      }}
    />
  );
}
