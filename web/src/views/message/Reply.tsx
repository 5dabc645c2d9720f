/** One item of an answer, by its type. */
import type { VNode } from 'preact';
import { lazy, part } from '../../lazy';
import type { Entry } from '../../state/model';
import { extras } from '../extras';
import { Icon } from '../icons/Icon';
import { Thinking } from '../thread/Thinking';
import { useView } from '../view';
import { AssistantMessage } from './AssistantMessage';

const Special = part(extras, (views) => views.Special, {
  loading: ({ entry }: { entry: Entry }) => (entry.isFinal ? null : <Thinking />),
});
const Widget = lazy(() => import('../../widgets/Widget'));
const Answered = lazy(() => import('../composer/questions/Answered'));

export function Reply({ entry }: { entry: Entry }): VNode | null {
  const t = useView().messages.value;
  const { item } = entry;
  switch (item.type) {
    case 'assistant_message':
      return <AssistantMessage entryKey={entry.key} item={item} isStreaming={!entry.isFinal} />;
    case 'workflow':
    case 'task':
    case 'generated_image':
      return <Special entry={entry} />;
    case 'structured_input':
      return (item.status ?? 'pending') === 'pending' ? (
        <Placeholder icon="circle-question" text={t.questionsPending} />
      ) : (
        <Answered item={item} />
      );
    case 'widget':
      return <Widget entry={entry} />;
    default:
      return null;
  }
}

function Placeholder({ icon, text }: { icon: string; text: string }): VNode {
  return (
    <p class="ck-placeholder">
      <Icon name={icon} />
      {text}
    </p>
  );
}
