/** The conversation: as many of its turns as can be seen, and where it is scrolled to. */
import { useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { Jump, Quoting } from '../extras';
import { shownTitle } from '../header/title';
import { useView } from '../view';
import type { Quotable } from './quoting';
import { Row } from './Row';
import { Scroller } from './scroller';
import { Tail } from './Tail';
import { noteNew } from './unread';

export function Thread(): VNode {
  const view = useView();
  const { store, messages, options } = view;
  const t = messages.value;
  const phase = store.phase.value;
  const { box, scroller, isAway } = useScroller();
  const quotable = useSignal<Quotable | null>(null);
  const keys = store.turnKeys.value;
  const liveKey = options.value.autoScroll ? null : store.liveTurn.value;
  const wish = store.scroll.value;
  const { rows, gaps } = scroller.arrange(store.turns.peek());
  useLayoutEffect(() => {
    scroller.settle(wish);
  });
  return (
    <div class="ck-stage">
      {shownTitle(view) === '' && <h2 class="ck-hidden">{t.conversation}</h2>}
      <div
        class="ck-scroll"
        part="scroll"
        ref={box}
        role="log"
        aria-label={t.conversation}
        // What is said is read out elsewhere, by the sentence; here it would be heard word by word.
        aria-live="off"
        aria-busy={phase !== 'idle'}
        tabIndex={0}
        onKeyDown={(event) => {
          if (!event.altKey || !/^Page(Up|Down)$/.test(event.key)) return;
          event.preventDefault();
          scroller.go(event.key === 'PageUp' ? -1 : 1);
        }}
      >
        <div class="ck-thread" part="thread">
          {phase === 'loading' && <ThreadSkeleton label={t.loadingThread} />}
          {store.older.value !== null && <Older label={t.loadingOlder} />}
          {keys.length > 0 && (
            <div class="ck-rows" role="feed" aria-label={t.conversation} aria-busy={store.isLoadingOlder}>
              {rows.flatMap((row, place) => [
                <Gap key={`before ${keys[row] ?? ''}`} height={gaps[place] ?? 0} />,
                <Row
                  key={keys[row]}
                  turnKey={keys[row] ?? ''}
                  index={row}
                  total={store.older.value ? -1 : keys.length}
                  isLast={row === keys.length - 1}
                  isLive={row === keys.length - 1 && keys[row] === liveKey}
                  scroller={scroller}
                  quotable={quotable}
                />,
              ])}
            </div>
          )}
          {keys.length === 0 && phase !== 'loading' && <Tail turn={null} />}
        </div>
      </div>
      {isAway && <Jump scroller={scroller} />}
      <Quoting box={box} quotable={quotable} />
    </div>
  );
}

function useScroller(): { box: { current: HTMLDivElement | null }; scroller: Scroller; isAway: boolean } {
  const { store, conversation, options } = useView();
  const box = useRef<HTMLDivElement>(null);
  const isAway = useSignal(false);
  const seesLast = useRef(true);
  const scroller = useMemo(
    () =>
      new Scroller({
        isAutomatic: () => options.peek().autoScroll,
        isFollowing: () => options.peek().autoScroll || store.phase.peek() !== 'responding',
        hasOlder: (keys) => store.older.peek() !== null && store.turnKeys.peek() === keys,
        showOlder: () => void conversation.showOlder(),
        onLook: (isLastSeen, isAtEnd) => {
          seesLast.current = isLastSeen;
          isAway.value = !isAtEnd;
          const unread = store.unread.peek();
          if (isAtEnd && unread && unread.count > 0 && !document.hidden) {
            store.unread.value = { ...unread, count: 0 };
          }
        },
      }),
    [],
  );
  useLayoutEffect(() => (box.current ? scroller.attach(box.current) : undefined), []);
  const known = useRef(store.chat.peek());
  useSignalEffect(() => {
    const chat = store.chat.value;
    const isSeen = seesLast.current && !document.hidden;
    store.unread.value = noteNew(store.unread.peek(), known.current, chat, isSeen);
    known.current = chat;
  });
  return { box, scroller, isAway: isAway.value };
}

/** What stands in for the rows that are not in the document. */
function Gap({ height }: { height: number }): VNode | null {
  return height === 0 ? null : <div class="ck-gap" aria-hidden="true" style={{ height: `${height}px` }} />;
}

function Older({ label }: { label: string }): VNode {
  const isLoading = useView().store.isLoadingOlder.value;
  return (
    <p class="ck-older">
      {isLoading && (
        <>
          <span class="ck-spinner" />
          <span class="ck-hidden">{label}</span>
        </>
      )}
    </p>
  );
}

function ThreadSkeleton({ label }: { label: string }): VNode {
  return (
    <div class="ck-skeleton" role="status" aria-label={label}>
      <span class="ck-bone ck-bone-right" />
      <span class="ck-bone" />
      <span class="ck-bone" />
      <span class="ck-bone ck-bone-short" />
    </div>
  );
}
