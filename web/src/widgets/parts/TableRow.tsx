/** A row of a table; the cells of one that is a header name their columns. */
import { createContext, type VNode } from 'preact';
import { Children } from '../Children';
import type { WidgetNode } from '../parse';

export const HeaderContext = createContext(false);

export function TableRow({ node }: { node: WidgetNode<'Table.Row'> }): VNode {
  return (
    <HeaderContext.Provider value={node.props.header}>
      <tr>
        <Children of={node.children} />
      </tr>
    </HeaderContext.Provider>
  );
}
