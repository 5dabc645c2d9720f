/** The composer's menus: files and one tool for the next message, one model for all that follow. */
import type { RefObject, VNode } from 'preact';
import { Icon } from '../icons/Icon';
import { IconButton } from '../IconButton';
import { Menu } from '../Menu';
import { useView } from '../view';
import menu from '../menu.css?inline';
import pickers from './pickers.css?inline';
import { insertMention, pickFiles } from './tools';

export const css = menu + pickers;

interface PickersProps {
  readonly area: RefObject<HTMLTextAreaElement | null>;
}

/** No tool has this id: theirs are told apart by a prefix. */
const ATTACH = 'attach';

export default function Pickers({ area }: PickersProps): VNode {
  return (
    <>
      <PlusMenu area={area} />
      <MentionButton area={area} />
      <Tools />
      <ModelPicker />
    </>
  );
}

function PlusMenu({ area }: PickersProps): VNode | null {
  const { conversation, store, options, messages, focusComposer } = useView();
  const t = messages.value;
  const { tools, attachments } = options.value;
  const listed = tools.filter((tool) => !tool.pinned);
  const attach = (): void => {
    pickFiles(area.current);
  };
  if (listed.length === 0) {
    return attachments && <IconButton icon="paperclip" label={t.attach} onClick={attach} />;
  }
  const entries = listed.map((tool) => ({ id: `tool-${tool.id}`, label: tool.label, icon: tool.icon }));
  return (
    <Menu
      label={attachments ? t.add : t.tools}
      button={<Icon name="plus" />}
      buttonClass="ck-icon-button"
      chosenId={`tool-${store.toolId.value ?? ''}`}
      entries={
        attachments
          ? [{ id: ATTACH, label: t.attach, icon: 'paperclip', isAction: true }, ...entries]
          : entries
      }
      onChoose={(id) => {
        if (id === ATTACH) {
          attach();
          return;
        }
        conversation.selectTool(id.slice('tool-'.length), 'menu');
        focusComposer();
      }}
    />
  );
}

function MentionButton({ area }: PickersProps): VNode | null {
  const { options, messages } = useView();
  if (!options.value.entities.hasMenu) return null;
  return (
    <IconButton
      icon="at"
      label={messages.value.mention}
      onClick={() => {
        insertMention(area.current);
      }}
    />
  );
}

/** The tools that are pinned, and the one that is chosen. */
function Tools(): VNode {
  const { conversation, store, options, messages, focusComposer } = useView();
  const t = messages.value;
  const { tools } = options.value;
  const chosen = tools.find((tool) => tool.id === store.toolId.value);
  const choose = (toolId: string | null, source: string): void => {
    conversation.selectTool(toolId, source);
    focusComposer();
  };
  return (
    <>
      {tools
        .filter((tool) => tool.pinned)
        .map((tool) => (
          <button
            type="button"
            key={tool.id}
            class="ck-toggle"
            aria-pressed={tool.id === chosen?.id}
            title={tool.label}
            onClick={() => {
              choose(tool.id === chosen?.id ? null : tool.id, 'pinned');
            }}
          >
            <Icon name={tool.icon} />
            {tool.shortLabel ?? tool.label}
          </button>
        ))}
      {chosen && !chosen.pinned && (
        <span class="ck-toggle" data-on="">
          <Icon name={chosen.icon} />
          {chosen.shortLabel ?? chosen.label}
          <IconButton
            icon="close"
            label={t.removeTool({ tool: chosen.label })}
            onClick={() => {
              choose(null, 'chip');
            }}
          />
        </span>
      )}
    </>
  );
}

function ModelPicker(): VNode | null {
  const { store, options, messages, focusComposer } = useView();
  const { models } = options.value;
  const chosen = models.find((model) => model.id === store.modelId.value);
  if (models.length === 0) return null;
  return (
    <Menu
      label={chosen ? `${messages.value.model}: ${chosen.label}` : messages.value.model}
      button={
        <>
          <span>{chosen?.label ?? messages.value.model}</span>
          <Icon name="chevron-down" />
        </>
      }
      buttonClass="ck-model"
      chosenId={chosen?.id ?? null}
      entries={models.map((model) => ({
        id: model.id,
        label: model.label,
        description: model.description ?? null,
        isDisabled: model.disabled ?? false,
      }))}
      onChoose={(modelId) => {
        store.modelId.value = modelId;
        focusComposer();
      }}
    />
  );
}
