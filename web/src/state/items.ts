/** One update applied to one item. Pure; an update that does not fit its item changes nothing. */
import type {
  AssistantMessageContent,
  AssistantMessageItem,
  Task,
  ThreadItem,
  ThreadItemUpdate,
  WidgetRoot,
  WorkflowItem,
} from '../protocol/types.gen';
import { isObject } from '../protocol/wire';

const emptyPart: AssistantMessageContent = { type: 'output_text', text: '', annotations: [] };
const emptyTask: Task = { type: 'custom' };

export function applyUpdate(item: ThreadItem, update: ThreadItemUpdate): ThreadItem {
  switch (item.type) {
    case 'assistant_message':
      return updateMessage(item, update);
    case 'workflow':
      return updateWorkflow(item, update);
    case 'generated_image':
      return update.type === 'generated_image.updated' ? { ...item, image: update.image } : item;
    case 'widget':
      return { ...item, widget: updateWidget(item.widget, update) };
    default:
      return item;
  }
}

function updateMessage(item: AssistantMessageItem, update: ThreadItemUpdate): AssistantMessageItem {
  switch (update.type) {
    case 'assistant_message.content_part.added':
      return withPart(item, update.content_index, () => update.content);
    case 'assistant_message.content_part.text_delta':
      return withPart(item, update.content_index, (part) => ({ ...part, text: part.text + update.delta }));
    case 'assistant_message.content_part.annotation_added':
      return withPart(item, update.content_index, (part) => {
        const annotations = [...(part.annotations ?? [])];
        // `splice` appends when the index lies beyond the end.
        annotations.splice(update.annotation_index, 0, update.annotation);
        return { ...part, annotations };
      });
    case 'assistant_message.content_part.done':
      return withPart(item, update.content_index, (part) => keepAnnotations(part, update.content));
    default:
      return item;
  }
}

/** The Agents bridge ends a part with an empty list after it has sent the annotations one by one. */
function keepAnnotations(
  shown: AssistantMessageContent,
  done: AssistantMessageContent,
): AssistantMessageContent {
  return done.annotations?.length ? done : { ...done, annotations: shown.annotations ?? [] };
}

function withPart(
  item: AssistantMessageItem,
  index: number,
  change: (part: AssistantMessageContent) => AssistantMessageContent,
): AssistantMessageItem {
  return { ...item, content: withElement(item.content, index, emptyPart, change) };
}

function updateWorkflow(item: WorkflowItem, update: ThreadItemUpdate): WorkflowItem {
  const { workflow } = item;
  switch (update.type) {
    case 'workflow.task.added':
      // The index is a hint only: the SDK computes it by equality and gets it wrong for equal tasks.
      return { ...item, workflow: { ...workflow, tasks: [...workflow.tasks, update.task] } };
    case 'workflow.task.updated': {
      const tasks = withElement(workflow.tasks, update.task_index, emptyTask, () => update.task);
      return { ...item, workflow: { ...workflow, tasks } };
    }
    default:
      return item;
  }
}

function updateWidget(widget: WidgetRoot, update: ThreadItemUpdate): WidgetRoot {
  switch (update.type) {
    case 'widget.root.updated':
      return update.widget;
    case 'widget.component.updated':
      return mapNode(widget, update.component_id, () => update.component) as WidgetRoot;
    case 'widget.streaming_text.value_delta':
      return mapNode(widget, update.component_id, (node) => ({
        ...node,
        value: (typeof node.value === 'string' ? node.value : '') + update.delta,
        streaming: !update.done,
      })) as WidgetRoot;
    default:
      return widget;
  }
}

/** `tree` with the node of that id replaced, wherever in its properties it sits; what an action carries is no node. */
function mapNode(tree: unknown, id: string, change: (node: Record<string, unknown>) => unknown): unknown {
  if (Array.isArray(tree)) return tree.map((child) => mapNode(child, id, change));
  if (!isObject(tree)) return tree;
  if (tree.id === id && typeof tree.type === 'string') return change(tree);
  return Object.fromEntries(
    Object.entries(tree).map(([key, child]) => [key, key === 'payload' ? child : mapNode(child, id, change)]),
  );
}

/** More parts than any message has; a nonsensical index must not allocate a list of that length. */
const LONGEST = 1000;

function withElement<T>(list: readonly T[], index: number, filler: T, change: (element: T) => T): T[] {
  if (!(index >= 0 && index < LONGEST)) return [...list];
  const next = [...list];
  while (next.length <= index) next.push(filler);
  next[index] = change(next[index] ?? filler);
  return next;
}
