/** The children of a component, each with a key that lasts as long as the server keeps it. */
import type { VNode } from 'preact';
import type { WidgetNode } from './parse';
import { Part } from './registry';

export function Children({ of }: { of: readonly WidgetNode[] }): VNode {
  const taken = new Map<string, number>();
  return (
    <>
      {of.map((node, index) => {
        const own = node.key || `${index}`;
        const nth = taken.get(own) ?? 0;
        taken.set(own, nth + 1);
        return <Part node={node} key={nth === 0 ? own : `${own}~${nth}`} />;
      })}
    </>
  );
}
