/** The bar at the top: history, title, new chat and the page's own buttons. */
import type { VNode } from 'preact';
import { IconButton } from '../IconButton';
import { useView } from '../view';

export function Header(): VNode | null {
  const { conversation, store, options, messages, focusComposer } = useView();
  const { header, history } = options.value;
  if (!header.isEnabled) return null;
  const t = messages.value;
  const { thread, entries } = store.chat.value;
  const isFresh = thread === null && entries.length === 0;
  const title = header.title ?? thread?.title ?? '';
  const isBound = store.phase.value === 'responding' && !store.chat.value.canCancel;
  return (
    <div class="ck-header" part="header">
      <div class="ck-header-side">
        {history.isEnabled && (
          <IconButton
            icon="history"
            label={t.history}
            isExpanded={store.isHistoryOpen.value}
            onClick={() => {
              conversation.history.open();
            }}
          />
        )}
        {header.left && (
          <IconButton
            icon={header.left.icon}
            label={spoken(header.left.icon)}
            onClick={header.left.onClick}
          />
        )}
      </div>
      {header.hasTitle && (
        <h2 class="ck-title" part="title" title={title} key={title}>
          {title}
        </h2>
      )}
      <div class="ck-header-side ck-header-end">
        {header.right && (
          <IconButton
            icon={header.right.icon}
            label={spoken(header.right.icon)}
            onClick={header.right.onClick}
          />
        )}
        {!isFresh && (
          <IconButton
            icon="compose"
            label={t.newChat}
            isDisabled={isBound}
            onClick={() => void conversation.newChat().then(focusComposer)}
          />
        )}
      </div>
    </div>
  );
}

/** The page gives its buttons an icon and no name: the icon's own name has to do. */
function spoken(icon: string): string {
  const words = icon.replace(/^\w+:/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
