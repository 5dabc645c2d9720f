/** Signs that an answer is under way. */
import type { VNode } from 'preact';
import type { Progress } from '../../state/model';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

/** Nothing has arrived yet. */
export function Thinking(): VNode {
  const t = useView().messages.value;
  return (
    <p class="ck-progress" part="thinking">
      <span class="ck-pulse" />
      <span class="ck-shimmer">{t.thinking}</span>
    </p>
  );
}

/** What the server says it is doing. */
export function ProgressLine({ progress }: { progress: Progress }): VNode {
  return (
    <p class="ck-progress" part="progress" key={progress.text}>
      {progress.icon === null ? <span class="ck-pulse" /> : <Icon name={progress.icon} />}
      <span class="ck-shimmer">{progress.text}</span>
    </p>
  );
}

/** The connection is down; the answer goes on at the server. Shown late, since most breaks last no time. */
export function Reconnecting(): VNode {
  const t = useView().messages.value;
  return (
    <p class="ck-progress ck-reconnecting" part="reconnecting" role="status" aria-live="polite">
      <span class="ck-spinner" />
      <span>{t.reconnecting}</span>
    </p>
  );
}
