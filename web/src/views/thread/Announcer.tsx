/**
 * The live region: there from the beginning, or what comes into it would not be heard. The thread itself is not live:
 * there every word would be news.
 */
import { effect, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect } from 'preact/hooks';
import { Announcements, extras } from '../extras';
import { useView } from '../view';
import type { Begun } from './Announcements';

export function Announcer(): VNode {
  const { store } = useView();
  // A turn may begin and end within one frame: it is to be read all the same.
  const begun = useSignal<Begun | null>(null);
  useLayoutEffect(
    () =>
      effect(() => {
        if (store.phase.value !== 'responding') return;
        begun.value = { turn: store.turns.peek().list.at(-1) };
        extras.prefetch();
      }),
    [],
  );
  return (
    <div class="ck-hidden" aria-live="polite" aria-atomic="false" aria-relevant="additions">
      <Announcements begun={begun.value} />
    </div>
  );
}
