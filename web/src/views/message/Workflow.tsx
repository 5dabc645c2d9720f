/** What the assistant does before it answers: a line that shimmers while it works and opens to its steps. */
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Messages } from '../../i18n/en';
import type { Task, Workflow as WorkflowData } from '../../protocol/types.gen';
import { Icon } from '../icons/Icon';
import { useView } from '../view';
import { PlainMarkdown } from './PlainMarkdown';

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
              <Step
                task={task}
                isPartOfWorkflow
                isRunning={isStreaming && index === workflow.tasks.length - 1}
              />
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
    return type === 'reasoning' ? t.thought(summary.duration) : t.worked(summary.duration);
  }
  const latest = tasks.at(-1);
  const title = latest ? taskTitle(latest, t) : '';
  if (isStreaming) return title || t.thinking;
  return type === 'reasoning' ? t.finished : title || t.finished;
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
    case 'file': {
      const words = task.type === 'web_search' ? (task.queries ?? []) : [];
      const titles = (task.sources ?? []).map((source) => source.title);
      return words.length + titles.length === 0 ? null : (
        <ul class="ck-chips">
          {words.map((query) => (
            <li class="ck-chip" key={`q ${query}`}>
              <Icon name="search" />
              <span>{query}</span>
            </li>
          ))}
          {titles.map((title, index) => (
            <li class="ck-chip" key={index}>
              <Icon name={task.type === 'file' ? 'document' : 'globe'} />
              <span>{title}</span>
            </li>
          ))}
        </ul>
      );
    }
    default:
      return null;
  }
}

function taskIcon(task: Task): string {
  if (task.type === 'custom') return task.icon ?? 'dot';
  return { web_search: 'globe', file: 'document', thought: 'dot', image: 'images' }[task.type];
}

function taskTitle(task: Task, t: Messages): string {
  switch (task.type) {
    case 'web_search':
      return (
        task.title ?? (task.title_query === undefined ? t.searchedWeb : t.searchingFor(task.title_query))
      );
    case 'file':
      return task.title ?? t.readFiles;
    case 'image':
      return task.title ?? t.madeImage;
    case 'thought':
      return splitThought(task).title;
    default:
      return task.title ?? '';
  }
}

/** Models often write a thought's title as its bold first line. */
function splitThought(task: { title?: string; content?: string }): { title: string; body: string } {
  const content = task.content ?? '';
  if (task.title !== undefined) return { title: task.title, body: content };
  const bold = /^\s*\*\*(.+?)\*\*\s*/.exec(content);
  return bold ? { title: bold[1] ?? '', body: content.slice(bold[0].length) } : { title: '', body: content };
}
