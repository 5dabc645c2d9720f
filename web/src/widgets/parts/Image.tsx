/** A picture, from where the thread allows pictures to come; its words, where it cannot be shown. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import { imageUrl } from '../../rich/Image';
import { useView } from '../../views/view';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { blockStyle, on, present, spacingStyle } from '../style';

export function Image({ node }: { node: WidgetNode<'Image'> }): VNode {
  const { resolveUrl, isImageAllowed, messages } = useView();
  const { scheme } = useWidget();
  const [failed, setFailed] = useState('');
  const { props } = node;
  const url = imageUrl(props.src, resolveUrl);
  const style = {
    ...blockStyle(props),
    ...spacingStyle('margin', props.margin),
    ...present({
      borderRadius: props.radius,
      flex: props.flex,
      background: on(props.background, scheme),
    }),
  };
  const look = `ck-w-image ${props.frame ? 'ck-w-framed' : ''} ${props.flush ? 'ck-w-flush' : ''}`;
  if (!url || failed === url.href || !isImageAllowed(url)) {
    const t = messages.value;
    const reason = url && failed !== url.href ? t.imageBlocked({ host: url.hostname }) : t.imageFailed;
    return (
      <span class={`${look} ck-w-no-image`} style={style}>
        {props.alt || reason}
      </span>
    );
  }
  return (
    <img
      class={look}
      style={{ ...style, objectFit: props.fit, objectPosition: props.position }}
      loading="lazy"
      decoding="async"
      referrerpolicy="no-referrer"
      alt={props.alt}
      src={url.href}
      onError={() => {
        setFailed(url.href);
      }}
    />
  );
}
