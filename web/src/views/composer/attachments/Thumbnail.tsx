/** A small picture of an image, an icon of anything else. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { DraftFile } from '../../../state/store';
import { Icon } from '../../icons/Icon';
import { Drawn } from './Drawn';

/** Pixels of its height, for screens with two to the point. */
const HEIGHT = 80;

export function Thumbnail({ file: { file, mime, attachment } }: { file: DraftFile }): VNode {
  const [hasFailed, setFailed] = useState(false);
  const isImage = mime.startsWith('image/');
  const preview = attachment?.type === 'image' ? attachment.preview_url : null;
  const fail = (): void => {
    setFailed(true);
  };
  if (hasFailed || !isImage || (!file && preview === null))
    return <Icon name={isImage ? 'images' : 'document'} />;
  if (file) return <Drawn class="ck-thumbnail" file={file} height={HEIGHT} alt="" onFail={fail} />;
  return <img class="ck-thumbnail" src={preview ?? ''} alt="" onError={fail} />;
}
