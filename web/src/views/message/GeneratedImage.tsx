/** A picture the assistant makes: a place for it, its previews as they get clearer, then the picture. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { GeneratedImageItem } from '../../protocol/types.gen';
import { outward } from '../../rich/outward';
import { pictureUrl } from '../../rich/urls';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

/** How unclear the first preview is, in pixels. */
const BLUR = 16;

export interface GeneratedImageProps {
  item: GeneratedImageItem;
  isStreaming: boolean;
  /** How far it has come, 0 to 1; undefined if nobody says. */
  progress: number | undefined;
}

export function GeneratedImage({ item, isStreaming, progress }: GeneratedImageProps): VNode {
  const { messages, resolveUrl, isImageAllowed } = useView();
  const t = messages.value;
  const [failed, setFailed] = useState('');
  const url = item.image ? pictureUrl(item.image.url, resolveUrl) : null;
  const bar = isStreaming && <progress aria-label={t.generatingImage} max={1} value={progress} />;
  if (!item.image) {
    return (
      <div class="ck-picture ck-picture-empty" part="generated-image" role="status">
        <Icon name="images" />
        <span class={isStreaming ? 'ck-shimmer' : ''}>{t.generatingImage}</span>
        {bar}
      </div>
    );
  }
  if (!url || failed === url.href) return <Missing text={t.imageFailed} />;
  if (!isImageAllowed(url)) return <Missing text={t.imageBlocked({ host: url.hostname })} />;
  const picture = (
    <img
      alt={t.generatedImage}
      decoding="async"
      referrerpolicy="no-referrer"
      style={{ filter: isStreaming ? `blur(${Math.round((1 - (progress ?? 0)) * BLUR)}px)` : '' }}
      onError={() => {
        setFailed(url.href);
      }}
      src={url.href}
    />
  );
  const isLinked = !isStreaming && url.protocol !== 'data:';
  return (
    <div class="ck-picture" part="generated-image">
      {isLinked ? (
        <a href={url.href} {...outward} title={t.enlarge}>
          {picture}
        </a>
      ) : (
        picture
      )}
      {bar}
    </div>
  );
}

function Missing({ text }: { text: string }): VNode {
  return (
    <p class="ck-placeholder">
      <Icon name="images" />
      {text}
    </p>
  );
}
