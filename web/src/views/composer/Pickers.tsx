/** The composer's menus: one tool for the next message, one model for all that follow. */
import type { VNode } from 'preact';
import { Icon } from '../icons/Icon';
import { IconButton } from '../IconButton';
import { Menu } from '../Menu';
import { useView } from '../view';

export function ToolPicker(): VNode | null {
  const { conversation, store, options, messages, focusComposer } = useView();
  const t = messages.value;
  const { tools } = options.value;
  const chosen = tools.find((tool) => tool.id === store.toolId.value);
  if (tools.length === 0) return null;
  const choose = (toolId: string | null): void => {
    conversation.selectTool(toolId, 'menu');
    focusComposer();
  };
  const listed = tools.filter((tool) => !tool.pinned);
  return (
    <>
      {listed.length > 0 && (
        <Menu
          label={t.tools}
          button={<Icon name="plus" />}
          buttonClass="ck-icon-button"
          chosenId={chosen?.id ?? null}
          entries={listed.map((tool) => ({ id: tool.id, label: tool.label, icon: tool.icon }))}
          onChoose={choose}
        />
      )}
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
              choose(tool.id === chosen?.id ? null : tool.id);
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
            label={t.removeTool(chosen.label)}
            onClick={() => {
              choose(null);
            }}
          />
        </span>
      )}
    </>
  );
}

export function ModelPicker(): VNode | null {
  const { store, options, messages, focusComposer } = useView();
  const { models } = options.value;
  const chosen = models.find((model) => model.id === store.modelId.value);
  if (models.length === 0) return null;
  return (
    <Menu
      label={messages.value.model}
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
