/** A cell of a table. */
import type { VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { Children } from '../Children';
import type { WidgetNode } from '../parse';
import { present, spacingStyle } from '../style';
import { HeaderContext } from './TableRow';

const VERTICAL = { start: 'top', center: 'middle', end: 'bottom' } as const;

export function Cell({ node }: { node: WidgetNode<'Table.Cell'> }): VNode {
  const isHeader = useContext(HeaderContext);
  const { width, padding, colSpan, rowSpan, align, vAlign, colSize } = node.props;
  const props = {
    class: `ck-w-cell ${colSize === null ? '' : `ck-w-col-${colSize}`} ${align === null ? '' : `ck-w-align-${align}`}`,
    style: {
      ...spacingStyle('padding', padding),
      ...present({ width, minWidth: width, verticalAlign: vAlign && VERTICAL[vAlign] }),
    },
    colSpan: colSpan ?? undefined,
    rowSpan: rowSpan ?? undefined,
  };
  const inside = (
    <div class="ck-w-cell-inside">
      <Children of={node.children} />
    </div>
  );
  return isHeader ? (
    <th {...props} scope="col">
      {inside}
    </th>
  ) : (
    <td {...props}>{inside}</td>
  );
}
