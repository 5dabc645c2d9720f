/** What the composer can do by itself, as commands: whatever its buttons can, as far as there are any. */
import type { RefObject } from 'preact';
import { useView } from '../../view';
import { canRecord, insertMention, pickFiles } from '../tools';
import type { Action } from './suggestions';

export function useActions(area: RefObject<HTMLTextAreaElement | null>): Action[] {
  const { conversation, options, store, messages } = useView();
  const t = messages.value;
  const { attachments, tools, models, entities, canDictate } = options.value;
  const actions: (Action | false)[] = [
    attachments !== null && {
      label: t.attach,
      icon: 'paperclip',
      run: () => {
        pickFiles(area.current);
      },
    },
    entities.search !== null && {
      label: t.mention,
      icon: 'at',
      run: () => {
        insertMention(area.current);
      },
    },
    canDictate &&
      canRecord() && {
        label: t.dictate,
        icon: 'microphone',
        run: () => {
          store.isDictating.value = true;
        },
      },
    store.thread.value !== null && {
      label: t.newChat,
      icon: 'compose',
      run: () => void conversation.newChat(),
    },
    ...tools.map((tool) => ({
      label: tool.label,
      icon: tool.icon,
      group: t.tools,
      run: () => {
        conversation.selectTool(tool.id, 'command');
      },
    })),
    ...models
      .filter((model) => !model.disabled)
      .map((model) => ({
        label: model.label,
        icon: 'cube',
        group: t.model,
        run: () => {
          store.modelId.value = model.id;
        },
      })),
  ];
  return actions.filter((action) => action !== false);
}
