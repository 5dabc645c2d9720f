/** The conversation: OpenAI's React wrapper, as it comes, around the element that chatkeep serves. */
import { ChatKit, useChatKit, type StartScreenPrompt } from '@openai/chatkit-react';
import { useEffect, useState } from 'react';
import { useDesk, type Scheme } from './store';
import { chatTheme } from './theme';
import { carryOut } from './tools';

const PROMPTS: StartScreenPrompt[] = [
  { label: 'Run a model of my own', prompt: 'How do I use a model on my own machine?', icon: 'cube' },
  { label: 'What leaves this machine?', prompt: 'What leaves my machine?', icon: 'compass' },
  { label: 'How are citations made?', prompt: 'How are citations made and checked?', icon: 'book-open' },
];

/** What only this page can do: the model will ask it to. */
function switching(scheme: Scheme): StartScreenPrompt {
  const other = scheme === 'dark' ? 'light' : 'dark';
  const prompt = `Please switch this page to ${other} colours.`;
  return { label: `Switch to ${other} colours`, prompt, icon: 'sparkle' };
}

export function Chat() {
  const scheme = useDesk((desk) => desk.scheme);
  const [initialThread] = useState(() => useDesk.getState().threadId);
  const { setThread, beginAnswer, takeStep } = useDesk.getState();
  const { control } = useChatKit({
    api: { url: '/chatkit?steps', domainKey: 'local' },
    initialThread,
    theme: chatTheme(scheme),
    startScreen: { greeting: 'What do you want to know?', prompts: [...PROMPTS, switching(scheme)] },
    composer: { placeholder: 'Ask the documents…' },
    threadItemActions: { feedback: true, retry: true },
    onClientTool: carryOut,
    onThreadChange: ({ threadId }) => setThread(threadId),
    onResponseStart: beginAnswer,
    onEffect: ({ name, data }) => {
      if (name === 'chatkeep.step' && data) takeStep(data);
    },
    // The element shows people what failed; this is for whoever looks after the page.
    onError: ({ error }) => console.error(error),
  });
  return (
    <section aria-label="Conversation" className="relative min-h-0 min-w-0 overflow-hidden">
      <ChatKit control={control} className="block h-full w-full" />
      <Absent />
    </section>
  );
}

/** Says so where the element's script has not come: the usual reason is that no server runs. */
function Absent() {
  const [isAbsent, setAbsent] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setAbsent(customElements.get('openai-chatkit') === undefined), 4000);
    void customElements.whenDefined('openai-chatkit').then(() => setAbsent(false));
    return () => clearTimeout(timer);
  }, []);
  if (!isAbsent) return null;
  return (
    <div role="alert" className="absolute inset-0 grid place-content-center gap-2 p-6 text-center">
      <h2 className="text-lg font-semibold">chatkeep does not answer</h2>
      <p className="text-slate-600 dark:text-slate-400">
        Start it with <code>make run</code>, or set <code>CHATKEEP_URL</code> to where it runs, and reload.
      </p>
    </div>
  );
}
