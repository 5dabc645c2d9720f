/**
 * The chat page at `/`: the element, and beside it what the server does for the answer. The page remembers which
 * thread was open, which colour scheme was chosen and whether the stages are shown, and takes its greeting and
 * prompts from `/page.json`.
 */
import type { ChatKitOptions, ColorScheme, OpenAIChatKit, StartScreenPrompt } from '@openai/chatkit';
import { draw } from './panel';
import { advance, idle, over, STEP, type Stage } from './stages';

const THREAD = 'chatkeep.thread';
const SCHEME = 'chatkeep.scheme';
const STAGES = 'chatkeep.stages';

interface PageSettings {
  title?: string;
  greeting?: string;
  prompts?: StartScreenPrompt[];
  disclaimer?: string;
  placeholder?: string;
}

const BEFORE_LOADING: PageSettings = { greeting: 'Ask your documents', placeholder: 'Ask a question…' };

/** Storage that may be forbidden: then nothing is remembered, and nothing breaks. */
const memory = {
  read(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  write(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      // Private windows and strict settings refuse.
    }
  },
};

/** What the operator set; without it the element's own defaults hold. */
async function loadSettings(): Promise<PageSettings> {
  try {
    const response = await fetch('/page.json');
    return response.ok ? ((await response.json()) as PageSettings) : {};
  } catch {
    return {};
  }
}

interface Actions {
  toggleScheme: () => void;
  /** Opens and closes the picture of the stages; `label` is chatkeep's own. */
  stages: { label: string; onClick: () => void };
}

function pageOptions(settings: PageSettings, scheme: ColorScheme, actions: Actions): ChatKitOptions {
  const { greeting, prompts, disclaimer, placeholder } = settings;
  return {
    api: { url: '/chatkit?steps', domainKey: 'local' },
    initialThread: memory.read(THREAD),
    theme: { colorScheme: scheme },
    header: {
      leftAction: { icon: scheme === 'dark' ? 'light-mode' : 'dark-mode', onClick: actions.toggleScheme },
      // On the side on which the stages are.
      rightAction: { ...actions.stages, icon: 'sidebar-right' },
    },
    threadItemActions: { feedback: true, retry: true },
    startScreen: { ...(greeting !== undefined && { greeting }), prompts: prompts ?? [] },
    ...(placeholder !== undefined && { composer: { placeholder } }),
    ...(disclaimer !== undefined && { disclaimer: { text: disclaimer } }),
  };
}

function start(element: OpenAIChatKit): void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let settings = BEFORE_LOADING;
  const scheme = (): ColorScheme => {
    const chosen = memory.read(SCHEME);
    if (chosen === 'light' || chosen === 'dark') return chosen;
    return system.matches ? 'dark' : 'light';
  };
  const apply = (): void => {
    document.documentElement.dataset.scheme = scheme();
    element.setOptions(pageOptions(settings, scheme(), { toggleScheme, stages }));
  };
  const label = document.querySelector('#stages-title')?.textContent ?? 'Steps';
  const stages = { label, onClick: showStages(element) };
  const toggleScheme = (): void => {
    const next = scheme() === 'dark' ? 'light' : 'dark';
    // What the system says anyway need not be remembered: the page then goes on following it.
    memory.write(SCHEME, (next === 'dark') === system.matches ? null : next);
    apply();
  };
  system.addEventListener('change', apply);
  element.addEventListener('chatkit.thread.change', (event) => {
    memory.write(THREAD, event.detail.threadId);
  });
  element.addEventListener('chatkit.error', (event) => {
    console.error(event.detail.error);
    // The thread that was remembered is gone.
    if ((event.detail.error as { status?: unknown }).status === 404) memory.write(THREAD, null);
  });
  // On a touch screen this would open the keyboard over the greeting.
  element.addEventListener('chatkit.ready', () => {
    if (matchMedia('(hover: hover)').matches) void element.focusComposer();
  });
  apply();
  // The server may still be starting: the page is shown at once, and the prompts when they come.
  void loadSettings().then((loaded) => {
    settings = { ...settings, ...loaded };
    document.title = settings.title ?? document.title;
    apply();
  });
}

/** Keeps the stages of the answer in view; gives back what shows and hides them. */
function showStages(element: OpenAIChatKit): () => void {
  const panel = document.getElementById('stages');
  const list = panel?.querySelector('ol');
  if (!panel || !list) return () => undefined;
  const isWide = matchMedia('(width >= 1100px)');
  let stages: readonly Stage[] = [];
  const show = (next: readonly Stage[]): void => {
    draw(list, next, stages);
    stages = next;
  };
  const place = (): void => {
    // Where they lie over the chat they come only when they are asked for.
    panel.hidden = !isWide.matches || memory.read(STAGES) === 'closed';
  };
  const toggle = (): void => {
    panel.hidden = !panel.hidden;
    if (isWide.matches) memory.write(STAGES, panel.hidden ? 'closed' : null);
    if (panel.hidden) void element.focusComposer();
    else if (!isWide.matches) panel.querySelector('button')?.focus();
  };
  panel.querySelector('button')?.addEventListener('click', toggle);
  panel.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') toggle();
  });
  isWide.addEventListener('change', place);
  element.addEventListener('chatkit.response.start', () => {
    show(idle);
  });
  element.addEventListener('chatkit.effect', ({ detail: { name, data } }) => {
    if (name === STEP && data) show(advance(stages, data));
  });
  element.addEventListener('chatkit.response.end', () => {
    show(over(stages));
  });
  // What is shown belongs to the thread that is open.
  element.addEventListener('chatkit.thread.change', (event) => {
    if (event.detail.threadId === null) show(idle);
  });
  element.addEventListener('chatkit.thread.load.start', () => {
    show(idle);
  });
  show(idle);
  place();
  return toggle;
}

const element = document.querySelector<OpenAIChatKit>('openai-chatkit');
if (element) start(element);
