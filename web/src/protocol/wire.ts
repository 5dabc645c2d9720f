/**
 * From JSON of unknown make to wire types. Everything the element reads comes through here once, so the
 * rest of the code can trust its types: nulls are gone, lists are lists, unknown kinds are left out.
 */
import type {
  AssistantMessageContent,
  Page,
  Thread,
  ThreadItem,
  ThreadMetadata,
  ThreadStreamEvent,
} from './types.gen';

type Json = Record<string, unknown>;

/** Free-form dictionaries, where a null is a value like any other. */
const FREE_FORM = new Set(['metadata', 'arguments', 'output', 'data', 'payload']);
const ITEM_TYPES = new Set([
  'user_message',
  'assistant_message',
  'client_tool_call',
  'widget',
  'generated_image',
  'structured_input',
  'workflow',
  'task',
  'end_of_turn',
]);

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `null` and "absent" mean the same on the wire; afterwards only "absent" is left. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((entry) => entry !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, entry]) => entry !== null || key === 'output')
      .map(([key, entry]) => [key, FREE_FORM.has(key) && isObject(entry) ? entry : withoutNulls(entry)]),
  );
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const objects = (value: unknown): Json[] => list(value).filter(isObject);
const string = (value: unknown): string => (typeof value === 'string' ? value : '');

function readPart(part: Json): AssistantMessageContent {
  const annotations = objects(part.annotations).filter((annotation) => isObject(annotation.source));
  return {
    ...part,
    type: 'output_text',
    text: string(part.text),
    annotations,
  } as unknown as AssistantMessageContent;
}

/** An item the element can show; null for hidden items and kinds it does not know. */
export function readItem(value: unknown): ThreadItem | null {
  const item = withoutNulls(value);
  if (!isObject(item) || typeof item.id !== 'string') return null;
  if (typeof item.type !== 'string' || !ITEM_TYPES.has(item.type)) return null;
  return { ...item, ...itemBody(item) } as unknown as ThreadItem;
}

function itemBody(item: Json): Json {
  switch (item.type) {
    case 'assistant_message':
      return { content: objects(item.content).map(readPart) };
    case 'user_message':
      return { content: objects(item.content), attachments: objects(item.attachments) };
    case 'workflow':
      return { workflow: readWorkflow(isObject(item.workflow) ? item.workflow : {}) };
    case 'task':
      return { task: isObject(item.task) ? item.task : { type: 'custom' } };
    case 'client_tool_call':
      return { arguments: isObject(item.arguments) ? item.arguments : {} };
    case 'structured_input':
      return { inputs: objects(item.inputs) };
    case 'widget':
      return { widget: isObject(item.widget) ? item.widget : { type: 'Basic' } };
    default:
      return {};
  }
}

function readWorkflow(workflow: Json): Json {
  return { ...workflow, tasks: objects(workflow.tasks) };
}

/** A thread's own fields, without its items. */
export function readThread(value: unknown): ThreadMetadata | null {
  const thread = withoutNulls(value);
  if (!isObject(thread) || typeof thread.id !== 'string') return null;
  const metadata = { ...thread, created_at: string(thread.created_at) };
  delete (metadata as Json).items;
  return metadata as unknown as ThreadMetadata;
}

/** A page of whatever `read` makes sense of; its cursor may be that of an entry left out. */
export function readPage<T>(value: unknown, read: (entry: unknown) => T | null): Required<Page<T>> {
  const page = isObject(value) ? value : {};
  const raw = list(page.data);
  const last = raw.at(-1);
  const after = string(page.after) || (isObject(last) ? string(last.id) : '');
  return {
    data: raw.map(read).filter((entry) => entry !== null),
    has_more: page.has_more === true && after !== '',
    after,
  };
}

/** An event the element knows; null for anything else, which is to be ignored. */
export function readEvent(value: unknown): ThreadStreamEvent | null {
  if (!isObject(value)) return null;
  switch (value.type) {
    case 'thread.created':
    case 'thread.updated': {
      const thread = readThread(value.thread);
      return thread && { type: value.type, thread: thread as Thread };
    }
    case 'thread.item.added':
    case 'thread.item.done':
    case 'thread.item.replaced': {
      const item = readItem(value.item);
      return item && { type: value.type, item };
    }
    case 'thread.item.removed':
      return typeof value.item_id === 'string' ? { type: value.type, item_id: value.item_id } : null;
    case 'thread.item.updated': {
      const update = readUpdate(value.update);
      if (typeof value.item_id !== 'string' || update === null) return null;
      return { type: value.type, item_id: value.item_id, update } as unknown as ThreadStreamEvent;
    }
    case 'stream_options':
      return isObject(value.stream_options) ? (value as unknown as ThreadStreamEvent) : null;
    case 'progress_update':
    case 'client_effect':
    case 'error':
    case 'notice':
      return withoutNulls(value) as ThreadStreamEvent;
    default:
      return null;
  }
}

function readUpdate(value: unknown): Json | null {
  const update = withoutNulls(value);
  if (!isObject(update)) return null;
  switch (update.type) {
    case 'assistant_message.content_part.added':
    case 'assistant_message.content_part.done':
      return isObject(update.content) ? { ...update, content: readPart(update.content) } : null;
    case 'assistant_message.content_part.annotation_added':
      return isObject(update.annotation) && isObject(update.annotation.source) ? update : null;
    case 'workflow.task.added':
    case 'workflow.task.updated':
      return isObject(update.task) ? update : null;
    default:
      return update;
  }
}
