/** A list of rows, of which the first may be shown only, with a button for the rest. */
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../../views/icons/Icon';
import { useView } from '../../views/view';
import { Children } from '../Children';
import { useWidget } from '../context';
import type { WidgetNode } from '../parse';
import { StatusLine } from './StatusLine';
import { Themed } from './Themed';

export function ListView({ node }: { node: WidgetNode<'ListView'> }): VNode {
  const t = useView().messages.value;
  const { drafts } = useWidget();
  const { limit, status, theme } = node.props;
  const rows = useRef<HTMLUListElement>(null);
  const opened = useRef<number | null>(null);
  const isOpen = drafts.of<boolean>(`open ${node.draft}`, false);
  const shown = limit === null || isOpen.value ? node.children : node.children.slice(0, limit);
  const isShort = shown.length < node.children.length;
  useLayoutEffect(() => {
    // The button has gone: the first of the rows that it brought has the focus now.
    const row = opened.current === null ? undefined : rows.current?.children[opened.current];
    opened.current = null;
    const control = row?.querySelector<HTMLElement>('button, [tabindex="0"], input') ?? row;
    if (control instanceof HTMLElement) control.focus();
  });
  return (
    <Themed theme={theme}>
      <div class="ck-w-list">
        <StatusLine status={status} />
        <ul class="ck-w-rows" ref={rows}>
          <Children of={shown} />
        </ul>
        {isShort && (
          <button
            type="button"
            class="ck-w-more"
            aria-expanded={false}
            onClick={() => {
              opened.current = shown.length;
              isOpen.value = true;
            }}
          >
            {t.showMore}
            <Icon name="chevron-down" />
          </button>
        )}
      </div>
    </Themed>
  );
}
