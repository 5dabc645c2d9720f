/** One item of an answer, by its type. What cannot be shown yet says so quietly. */
import type { VNode } from 'preact';
import type { Entry } from '../../state/model';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { AssistantMessage } from './AssistantMessage';
import { Step, Workflow } from './Workflow';

export function Reply({ entry }: { entry: Entry }): VNode | null {
  const t = useView().messages.value;
  const { item } = entry;
  switch (item.type) {
    case 'assistant_message':
      return <AssistantMessage item={item} isStreaming={!entry.isFinal} />;
    case 'workflow':
      return <Workflow workflow={item.workflow} isStreaming={!entry.isFinal} />;
    case 'task':
      return <Step task={item.task} isPartOfWorkflow={false} isRunning={false} />;
    case 'generated_image':
      return <Placeholder icon="images" text={item.image ? t.generatedImage : t.generatingImage} />;
    case 'structured_input':
      return (
        <Placeholder
          icon="circle-question"
          text={
            { answered: t.questionsAnswered, skipped: t.questionsSkipped, pending: t.questionsPending }[
              item.status ?? 'pending'
            ]
          }
        />
      );
    case 'widget':
      return item.copy_text ? (
        <p class="ck-copy-text">{item.copy_text}</p>
      ) : (
        <Placeholder icon="info" text={t.hiddenWidget} />
      );
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
