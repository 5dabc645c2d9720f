/** What is there before the first message: a greeting and prompts that are sent as they are clicked. */
import type { VNode } from 'preact';
import { Icon } from '../icons/Icon';
import { useView } from '../view';

export function StartScreen(): VNode {
  const { conversation, options, messages, store, focusComposer } = useView();
  const { greeting, prompts } = options.value;
  const isBusy = store.phase.value !== 'idle';
  return (
    <div class="ck-start" part="start-screen">
      <h2 class="ck-greeting" part="greeting">
        {greeting ?? messages.value.greeting}
      </h2>
      {prompts.length > 0 && (
        <ul class="ck-prompts">
          {prompts.map((prompt, index) => (
            <li key={index}>
              <button
                type="button"
                class="ck-prompt"
                part="prompt"
                disabled={isBusy}
                onClick={(event) => {
                  conversation.choosePrompt(prompt);
                  // Pressed by a key: the button is about to go, and the focus with it.
                  if (event.detail === 0) focusComposer();
                }}
              >
                {prompt.icon !== null && <Icon name={prompt.icon} />}
                <span>{prompt.label}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
