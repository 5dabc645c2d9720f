/** The conversation: its turns, what is under way, what went wrong. */
import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { UserMessageItem } from '../../protocol/types.gen';
import type { Entry } from '../../state/model';
import { turns, type Turn } from '../../state/selectors';
import { IconButton } from '../IconButton';
import { Reply } from '../message/Reply';
import { TurnActions } from '../message/TurnActions';
import { UserMessage } from '../message/UserMessage';
import { useView } from '../view';
import { FailureRow, NoticeBanner } from './Notices';
import { useScrolling } from './scrolling';
import { ProgressLine, Reconnecting, Thinking } from './Thinking';

export function Thread(): VNode {
  const { store, messages, options } = useView();
  const t = messages.value;
  const { entries, older } = store.chat.value;
  const phase = store.phase.value;
  const { scroller, isAway, jump } = useScrolling();
  const list = turns(entries);
  const liveKey = options.value.autoScroll ? null : store.liveTurn.value;
  return (
    <div class="ck-stage">
      <div
        class="ck-scroll"
        part="scroll"
        ref={scroller}
        role="log"
        aria-label={t.conversation}
        // Finished answers are announced as a whole elsewhere; token by token would be noise.
        aria-live="off"
        aria-busy={phase !== 'idle'}
        tabIndex={0}
      >
        <div class="ck-thread" part="thread">
          {phase === 'loading' && <ThreadSkeleton label={t.loadingThread} />}
          {older !== null && store.isLoadingOlder.value && (
            <p class="ck-older">
              <span class="ck-spinner" />
              <span class="ck-hidden">{t.loadingOlder}</span>
            </p>
          )}
          {list.map((turn, index) => {
            const isLast = index === list.length - 1;
            const isLive = isLast && liveKey !== null && startsLive(list, index, liveKey);
            return (
              <section class="ck-turn" key={turn.key} data-live={isLive ? '' : undefined}>
                {turn.message && (
                  <Message
                    entry={turn.message}
                    isUnsent={turn.message.isLocal && (!isLast || phase === 'idle')}
                  />
                )}
                {turn.replies.map((entry) => (
                  <KeptReply key={entry.key} entry={entry} />
                ))}
                {isLast ? <Tail turn={turn} /> : <TurnActions turn={turn} isLast={false} />}
              </section>
            );
          })}
          {list.length === 0 && phase !== 'loading' && <Tail turn={null} />}
        </div>
      </div>
      {isAway && (
        <IconButton icon="chevron-down" label={t.toBottom} class="ck-jump" part="jump" onClick={jump} />
      )}
    </div>
  );
}

/** Whether the live message's turn reaches to this one: an end-of-turn marker may have split it. */
function startsLive(list: readonly Turn[], index: number, liveKey: string): boolean {
  return list[index]?.message?.key === liveKey;
}

/** The same element for the same entry: Preact then leaves it alone. */
function Message({ entry, isUnsent }: { entry: Entry; isUnsent: boolean }): VNode {
  return useMemo(
    () => <UserMessage item={entry.item as UserMessageItem} isUnsent={isUnsent} />,
    [entry, isUnsent],
  );
}

function KeptReply({ entry }: { entry: Entry }): VNode {
  return useMemo(() => <Reply entry={entry} />, [entry]);
}

/** What follows the last item: it changes with every event, so the turns above need not. */
function Tail({ turn }: { turn: Turn | null }): VNode {
  const { store } = useView();
  const { progress, notices, failure } = store.chat.value;
  const isResponding = store.phase.value === 'responding';
  return (
    <>
      {store.isReconnecting.value ? (
        <Reconnecting />
      ) : progress ? (
        <ProgressLine progress={progress} />
      ) : (
        isResponding && isWaiting(turn) && <Thinking />
      )}
      {turn && !isResponding && turn.replies.length > 0 && <TurnActions turn={turn} isLast />}
      {notices.map((notice) => (
        <NoticeBanner key={notice.key} notice={notice} />
      ))}
      {failure && <FailureRow failure={failure} />}
    </>
  );
}

/** Whether nothing visible shows that work goes on. */
function isWaiting(turn: Turn | null): boolean {
  const last = turn?.replies.findLast((entry) => entry.item.type !== 'client_tool_call');
  return last?.isFinal ?? true;
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
