/** What follows the last item: signs of work, what can be done with the answer, what the server wants known. */
import type { VNode } from 'preact';
import { part } from '../../lazy';
import type { Notice } from '../../state/model';
import type { Turn } from '../../state/turns';
import { extras } from '../extras';
import { TurnActions } from '../message/actions';
import { useView } from '../view';
import { FailureRow } from './FailureRow';
import { ProgressLine, Reconnecting, Thinking } from './Thinking';

const NoticeBanner = part(extras, (views) => views.NoticeBanner, {
  loading: () => null,
  // What it says matters more than how.
  failed: ({ notice }: { notice: Notice }) => <p role="status">{notice.message}</p>,
});

export function Tail({ turn }: { turn: Turn | null }): VNode {
  const { store } = useView();
  const progress = store.progress.value;
  const failure = store.failure.value;
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
      {turn && !isResponding && <TurnActions turn={turn} isLast />}
      {store.notices.value.map((notice) => (
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
