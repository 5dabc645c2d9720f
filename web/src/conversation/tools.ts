/** Client tools: what the assistant asks of the page, and what the page answers. */
import { asError, IntegrationError } from '../protocol/errors';
import type { ClientToolCallItem } from '../protocol/types.gen';
import type { Context } from './context';

/** The page's answer; a failure is an answer too, so that the assistant learns of it. Rejects only if aborted. */
export async function runTool(
  context: Context,
  call: ClientToolCallItem,
  signal: AbortSignal,
): Promise<unknown> {
  const result = await Promise.race([ask(context, call), whenAborted(signal)]);
  signal.throwIfAborted();
  return result;
}

async function ask(context: Context, call: ClientToolCallItem): Promise<unknown> {
  try {
    const { onClientTool } = context.options();
    if (!onClientTool) {
      throw new IntegrationError(`no onClientTool is configured to run the client tool "${call.name}"`);
    }
    const result: unknown = await onClientTool({ name: call.name, params: call.arguments });
    return JSON.parse(JSON.stringify(result ?? {}));
  } catch (thrown) {
    const error = asError(thrown);
    context.emit('chatkit.error', { error });
    return { error: error.message };
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        reject(asError(signal.reason));
      },
      { once: true },
    );
  });
}
