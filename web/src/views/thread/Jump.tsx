/** Leads back to the end of the thread, and says what has come there. */
import type { VNode } from 'preact';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import type { Scroller } from './scroller';

export function Jump({ scroller }: { scroller: Scroller }): VNode {
  const { store, messages } = useView();
  const t = messages.value;
  const count = store.unread.value?.count ?? 0;
  const label = count > 0 ? t.unreadCount({ count }) : t.toBottom;
  return (
    <button
      type="button"
      class={`ck-icon-button ck-jump ${count > 0 ? 'ck-jump-count' : ''}`}
      part="jump"
      aria-label={count > 0 ? `${label}. ${t.toBottom}` : label}
      title={t.toBottom}
      onClick={() => {
        scroller.jump();
      }}
    >
      {count > 0 && <span>{label}</span>}
      <Icon name="chevron-down" />
    </button>
  );
}
