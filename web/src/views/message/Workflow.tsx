/** What the assistant does before it answers: a line that shimmers while it works and opens to its steps. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Messages } from '../../i18n/message';
import type { FileSource, Task, URLSource, Workflow as WorkflowData } from '../../protocol/types.gen';
import { outward } from '../../rich/outward';
import { webAddress } from '../../rich/urls';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { PlainMarkdown } from './PlainMarkdown';
import { splitThought, taskIcon, taskTitle } from './tasks';

export function Workflow({ workflow, isStreaming }: { workflow: WorkflowData; isStreaming: boolean }): VNode {
  const t = useView().messages.value;
  const [choice, setChoice] = useState<boolean | null>(null);
  const isReasoning = workflow.type === 'reasoning';
  const isOpen = choice ?? ((workflow.expanded ?? false) || (isStreaming && !isReasoning));
  const canOpen = workflow.tasks.length > 0;
  const icon = workflow.summary && 'title' in workflow.summary ? workflow.summary.icon : undefined;
  return (
    <section class="ck-workflow" part="workflow">
      <button
        type="button"
        class="ck-workflow-head"
        aria-expanded={isOpen}
        disabled={!canOpen}
        onClick={() => {
          setChoice(!isOpen);
        }}
      >
        {icon !== undefined && <Icon name={icon} />}
        <span class={isStreaming ? 'ck-shimmer' : ''}>{headline(workflow, isStreaming, t)}</span>
        {canOpen && <Icon name="chevron-right" class="ck-turning" />}
      </button>
      {isOpen && canOpen && (
        <ol class="ck-steps">
          {workflow.tasks.map((task, index) => (
            <li key={index}>
              <Step task={task} isPartOfWorkflow isRunning={isStreaming} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function headline(workflow: WorkflowData, isStreaming: boolean, t: Messages): string {
  const { summary, tasks, type } = workflow;
  if (!isStreaming && summary) {
    if ('title' in summary) return summary.title;
    const isReasoning = type === 'reasoning';
    if (summary.duration < 2) return isReasoning ? t.thoughtMoment : t.workedMoment;
    const duration = t.format.duration(summary.duration);
    return isReasoning ? t.thought({ duration }) : t.worked({ duration });
  }
  const latest = tasks.at(-1);
  const title = latest ? taskTitle(latest, t) || firstLine(latest) : '';
  if (isStreaming) return title || t.thinking;
  return type === 'reasoning' ? t.finished : title || t.finished;
}

/** A thought that has no title yet is known by how it begins. */
function firstLine(task: Task): string {
  return task.type === 'thought' ? (/^[^\n]{0,80}/.exec(task.content.trim())?.[0] ?? '') : '';
}

/** A standalone task, or one step of a workflow; only there does its status mean anything. */
export function Step(props: { task: Task; isPartOfWorkflow: boolean; isRunning: boolean }): VNode {
  const { task, isPartOfWorkflow, isRunning } = props;
  const t = useView().messages.value;
  const status = isPartOfWorkflow ? (task.status_indicator ?? 'none') : 'none';
  const isLoading = status === 'loading' && isRunning;
  return (
    <div class="ck-step">
      <span
        class={`ck-step-mark ck-step-${isLoading ? 'loading' : status === 'complete' ? 'complete' : 'none'}`}
      >
        {isLoading ? (
          <span class="ck-spinner" />
        ) : (
          <Icon name={status === 'complete' ? 'check' : taskIcon(task)} />
        )}
      </span>
      <div class="ck-step-body">
        <p class="ck-step-title">{taskTitle(task, t)}</p>
        <StepDetail task={task} />
      </div>
    </div>
  );
}

function StepDetail({ task }: { task: Task }): VNode | null {
  switch (task.type) {
    case 'custom':
      return task.content ? <PlainMarkdown text={task.content} /> : null;
    case 'thought':
      return <PlainMarkdown text={splitThought(task).body} />;
    case 'web_search':
      return <Chips queries={task.queries ?? []} sources={task.sources ?? []} icon="globe" />;
    case 'file':
      return <Chips queries={[]} sources={task.sources ?? []} icon="document" />;
    default:
      return null;
  }
}

interface ChipsProps {
  queries: readonly string[];
  sources: readonly (URLSource | FileSource)[];
  icon: string;
}

/** Icons are the element's own: a site's would be fetched from the site. */
function Chips({ queries, sources, icon }: ChipsProps): VNode | null {
  const { resolveUrl } = useView();
  if (queries.length + sources.length === 0) return null;
  return (
    <ul class="ck-chips">
      {queries.map((query) => (
        <li class="ck-chip" key={`q ${query}`}>
          <Icon name="search" />
          <span>{query}</span>
        </li>
      ))}
      {sources.map((source, index) => {
        const href = source.type === 'url' ? webAddress(source.url, resolveUrl) : null;
        return (
          <li class="ck-chip" key={index}>
            <Icon name={icon} />
            {href === null ? (
              <span>{source.title}</span>
            ) : (
              <a href={href} {...outward}>
                {source.title}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}
