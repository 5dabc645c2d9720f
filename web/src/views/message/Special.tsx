/** The items of an answer that are no text: steps and pictures. */
import type { VNode } from 'preact';
import type { Entry } from '../../state/model';
import { GeneratedImage } from './GeneratedImage';
import { Step, Workflow } from './Workflow';

export function Special({ entry }: { entry: Entry }): VNode | null {
  const { item, isFinal, progress } = entry;
  switch (item.type) {
    case 'workflow':
      return <Workflow workflow={item.workflow} isStreaming={!isFinal} />;
    case 'task':
      return <Step task={item.task} isPartOfWorkflow={false} isRunning={false} />;
    case 'generated_image':
      return <GeneratedImage item={item} isStreaming={!isFinal} progress={progress} />;
    default:
      return null;
  }
}
