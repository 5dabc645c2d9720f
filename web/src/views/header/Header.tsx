/** The bar at the top: history, title, new chat and the page's own buttons and slots. */
import type { VNode } from 'preact';
import { IconButton } from '../IconButton';
import { useView } from '../view';
import { shownTitle } from './title';

export function Header(): VNode | null {
  const view = useView();
  const { conversation, store, options, messages, focusComposer } = view;
  const { header, history } = options.value;
  if (!header.isEnabled) return null;
  const t = messages.value;
  const thread = store.thread.value;
  const isFresh = thread === null && store.isEmpty.value;
  const title = shownTitle(view);
  const isBound = store.phase.value === 'responding' && !store.canCancel.value;
  return (
    <div class="ck-header" part="header">
      <div class="ck-header-side">
        {history.isEnabled && (
          <IconButton
            icon="history"
            label={t.history}
            part="header-button"
            isExpanded={store.isHistoryOpen.value}
            onClick={() => {
              conversation.history.open();
            }}
          />
        )}
        {header.left && (
          <IconButton
            part="header-button"
            icon={header.left.icon}
            label={header.left.label ?? spoken(header.left.icon)}
            onClick={() => {
              if (header.left) conversation.attempt(header.left.onClick);
            }}
          />
        )}
        <slot name="header-start" />
      </div>
      {title !== '' && (
        <h2 class="ck-title" part="title" dir="auto" title={title} key={title}>
          {title}
        </h2>
      )}
      <div class="ck-header-side ck-header-end">
        <slot name="header-end" />
        {header.right && (
          <IconButton
            part="header-button"
            icon={header.right.icon}
            label={header.right.label ?? spoken(header.right.icon)}
            onClick={() => {
              if (header.right) conversation.attempt(header.right.onClick);
            }}
          />
        )}
        {!isFresh && (
          <IconButton
            part="header-button"
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

/** Where the page gives its button an icon and no name, the icon's own name has to do. */
function spoken(icon: string): string {
  const words = icon.replace(/^\w+:/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
