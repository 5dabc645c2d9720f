/**
 * What a page shows of an entity: texts, rows, badges, icons and pictures of its widget, in the small. What only
 * works as a widget, such as buttons and fields, has no place in a card that goes when the pointer does.
 */
import type { ComponentChildren, VNode } from 'preact';
import { isObject } from '../../protocol/wire';
import { pictureUrl } from '../../rich/urls';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

/** No preview has more parts than this. */
const MOST_PARTS = 40;
/** Pictures that are no wider stand in their row, as faces and logos do. */
const WIDEST_SMALL = 64;

interface Props {
  readonly widget: unknown;
  /** Shown where nothing of the widget can be. */
  readonly otherwise: VNode;
}

export function Preview({ widget, otherwise }: Props): VNode {
  let left = MOST_PARTS;
  let shown = 0;
  const drawn = (node: unknown, key?: number): ComponentChildren => {
    if (Array.isArray(node)) return node.map(drawn);
    if (!isObject(node) || left-- <= 0) return null;
    const text = words(node.value) || words(node.label);
    if (text !== '' || node.type === 'Image') shown++;
    switch (node.type) {
      case 'Title':
        return (
          <span class="ck-card-title" key={key}>
            {text}
          </span>
        );
      case 'Caption':
        return (
          <span class="ck-card-from" key={key}>
            {text}
          </span>
        );
      case 'Badge':
        return (
          <span class="ck-preview-badge" key={key}>
            {text}
          </span>
        );
      case 'Icon':
        return <Icon name={words(node.name)} key={key} />;
      case 'Image':
        return <Picture node={node} key={key} />;
      case 'Divider':
        return <span class="ck-preview-line" key={key} />;
      case 'Row':
        return (
          <span class="ck-preview-row" key={key}>
            {drawn(node.children)}
          </span>
        );
      default:
        return (
          <>
            {text !== '' && <span class="ck-card-text">{text}</span>}
            {drawn(node.children)}
          </>
        );
    }
  };
  const parts = drawn(widget);
  return shown > 0 ? <>{parts}</> : otherwise;
}

function Picture({ node }: { node: Record<string, unknown> }): VNode | null {
  const { resolveUrl, isImageAllowed } = useView();
  const url = pictureUrl(words(node.src), resolveUrl);
  if (!url || !isImageAllowed(url)) return null;
  const wide = Number(node.size ?? node.width);
  const isSmall = wide > 0 && wide <= WIDEST_SMALL;
  return (
    <img
      class={isSmall ? 'ck-preview-face' : 'ck-preview-picture'}
      alt={words(node.alt)}
      decoding="async"
      referrerpolicy="no-referrer"
      src={url.href}
      {...(isSmall && { width: wide, height: wide })}
    />
  );
}

function words(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
