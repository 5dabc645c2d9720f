/**
 * The chat page at `/`: one element that fills the window. The page remembers which thread was open and which
 * colour scheme was chosen, and takes its greeting and prompts from `/page.json`.
 */
import type { ChatKitOptions, ColorScheme, OpenAIChatKit, StartScreenPrompt } from '@openai/chatkit';

const THREAD = 'chatkeep.thread';
const SCHEME = 'chatkeep.scheme';

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

function pageOptions(settings: PageSettings, scheme: ColorScheme, onToggle: () => void): ChatKitOptions {
  const { greeting, prompts, disclaimer, placeholder } = settings;
  return {
    api: { url: '/chatkit', domainKey: 'local' },
    initialThread: memory.read(THREAD),
    theme: { colorScheme: scheme },
    header: { rightAction: { icon: scheme === 'dark' ? 'light-mode' : 'dark-mode', onClick: onToggle } },
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
    element.setOptions(pageOptions(settings, scheme(), toggle));
  };
  const toggle = (): void => {
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

const element = document.querySelector<OpenAIChatKit>('openai-chatkit');
if (element) start(element);
