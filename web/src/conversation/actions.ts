/**
 * What a widget's action does: asks the server, in a turn or beside it, or the page. Loaded with the widgets.
 *
 * Above: the widgets' views, which show that it is under way. Below: the conversation and its client.
 */
import { IntegrationError } from '../protocol/errors';
import type { WidgetItem } from '../protocol/types.gen';
import { isObject, readItem } from '../protocol/wire';
import { reduce } from '../state/reduce';
import { log } from './context';
import type { Conversation } from './conversation';

export interface Asked {
  readonly type: string;
  readonly payload?: unknown;
}

/** Who does it, and whether it is answered by a stream, as a turn is. */
export interface Way {
  readonly handler: 'server' | 'client';
  readonly isStreaming: boolean;
}

/** Whether it has to wait for the answer under way. */
export function waits({ handler, isStreaming }: Way): boolean {
  return handler === 'server' && isStreaming;
}

/** Settles when all of it is done; false if it failed and nothing else shows that. Whatever fails is reported. */
export async function perform(
  conversation: Conversation,
  item: WidgetItem,
  asked: Asked,
  way: Way,
): Promise<boolean> {
  const { context } = conversation;
  const widgetType = isObject(item.widget) ? item.widget.type : undefined;
  log(context, 'widget.action', { widgetType, actionType: asked.type, handler: way.handler });
  try {
    if (way.handler === 'client') await tellPage(conversation, item, asked);
    else if (!way.isStreaming) await askBeside(conversation, item, asked);
    // How a turn went is shown below it.
    else await conversation.sendCustomAction(asked, item.id).catch(() => undefined);
    return true;
  } catch (thrown) {
    conversation.report(thrown);
    return way.handler === 'client';
  }
}

async function tellPage({ context }: Conversation, item: WidgetItem, asked: Asked): Promise<void> {
  const { onWidgetAction } = context.options();
  if (!onWidgetAction) {
    throw new IntegrationError(`no widgets.onAction is configured to handle the action "${asked.type}"`);
  }
  // The page's types promise more than a server has to keep.
  const [action, sender] = [asked, { id: item.id, widget: item.widget }] as unknown as Parameters<
    typeof onWidgetAction
  >;
  await onWidgetAction(action, sender);
}

/** The reply may change an item; the answer under way is not disturbed. */
async function askBeside({ context }: Conversation, item: WidgetItem, asked: Asked): Promise<void> {
  const { chat } = context.store;
  const params = { thread_id: item.thread_id, item_id: item.id, action: asked };
  const reply = await context.client.ask({ type: 'threads.sync_custom_action', params });
  const updated = isObject(reply) ? readItem(reply.updated_item) : null;
  if (updated && chat.value.thread?.id === item.thread_id) {
    chat.value = reduce(chat.value, { type: 'thread.item.replaced', item: updated });
  }
}
