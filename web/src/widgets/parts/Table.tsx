/** A table, which scrolls by itself where it is too wide. */
import type { VNode } from 'preact';
import { useView } from '../../views/view';
import { Children } from '../Children';
import type { WidgetNode } from '../parse';

export function Table({ node }: { node: WidgetNode<'Table'> }): VNode {
  const { table } = useView().messages.value;
  const rows = node.children;
  const first = rows.findIndex((row) => row.kind !== 'Table.Row' || !row.props.header);
  const heads = first < 0 ? rows.length : first;
  return (
    <div class="ck-w-table" role="region" aria-label={table} tabIndex={0}>
      <table>
        {heads > 0 && (
          <thead>
            <Children of={rows.slice(0, heads)} />
          </thead>
        )}
        <tbody>
          <Children of={rows.slice(heads)} />
        </tbody>
      </table>
    </div>
  );
}
