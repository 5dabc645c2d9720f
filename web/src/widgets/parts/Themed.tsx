/** What stands in a scheme of its own: everything in it takes its colours from there. */
import type { ComponentChildren, VNode } from 'preact';
import { SharedContext, useWidget } from '../context';

export function Themed({
  theme,
  children,
}: {
  theme: 'light' | 'dark' | null;
  children: ComponentChildren;
}): VNode {
  const widget = useWidget();
  if (theme === null) return <>{children}</>;
  return (
    <SharedContext.Provider value={{ ...widget, scheme: theme }}>
      <div class="ck-w-themed" data-theme={theme} data-scheme={theme}>
        {children}
      </div>
    </SharedContext.Provider>
  );
}
