/** A small picture of an image, an icon of anything else. */
import type { VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DraftFile } from '../../../state/store';
import { Icon } from '../../icons/Icon';

/** Pixels of its side, for screens with two to the point. */
const SIDE = 80;

export function Thumbnail({ file: { file, mime, attachment } }: { file: DraftFile }): VNode {
  const [hasFailed, setFailed] = useState(false);
  const isImage = mime.startsWith('image/');
  const preview = attachment?.type === 'image' ? attachment.preview_url : null;
  const fail = (): void => {
    setFailed(true);
  };
  if (hasFailed || !isImage || (!file && preview === null))
    return <Icon name={isImage ? 'images' : 'document'} />;
  if (file) return <Drawn file={file} onFail={fail} />;
  return <img class="ck-thumbnail" src={preview ?? ''} alt="" onError={fail} />;
}

/** Drawn from the file itself: an address of it would have to be allowed by the page's policy, and let go again. */
function Drawn({ file, onFail }: { file: File; onFail: () => void }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let isWanted = true;
    const draw = async (): Promise<void> => {
      const bitmap = await createImageBitmap(file);
      const context = canvas.current?.getContext('2d');
      if (isWanted && context) {
        const side = Math.min(bitmap.width, bitmap.height);
        const [x, y] = [(bitmap.width - side) / 2, (bitmap.height - side) / 2];
        context.drawImage(bitmap, x, y, side, side, 0, 0, SIDE, SIDE);
      }
      bitmap.close();
    };
    draw().catch(() => {
      if (isWanted) onFail();
    });
    return () => {
      isWanted = false;
    };
  }, [file]);
  return <canvas class="ck-thumbnail" ref={canvas} width={SIDE} height={SIDE} aria-hidden="true" />;
}
