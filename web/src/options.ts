/**
 * The page's options, made safe to use: defaults filled in, legacy names accepted, nonsense replaced and
 * reported. Pure. Functions are not copied out of the page's object but looked up when they are called.
 */
import type {
  ChatKitOptions,
  ModelOption,
  ThemeOption,
  ToolOption,
  UserMessageContent,
} from '@openai/chatkit';
import { resolveLocale } from './i18n/locale';
import type { Api } from './protocol/client';
import { isObject } from './protocol/wire';

export interface HeaderAction {
  readonly icon: string;
  readonly onClick: () => void;
}

export interface Prompt {
  readonly label: string;
  readonly prompt: string | readonly UserMessageContent[];
  readonly icon: string | null;
}

export interface Options {
  readonly api: Api;
  readonly locale: string;
  readonly frameTitle: string | null;
  readonly initialThread: string | null;
  readonly theme: ThemeOption;
  readonly header: {
    readonly isEnabled: boolean;
    readonly hasTitle: boolean;
    readonly title: string | null;
    readonly left: HeaderAction | null;
    readonly right: HeaderAction | null;
  };
  readonly history: { readonly isEnabled: boolean; readonly canDelete: boolean; readonly canRename: boolean };
  readonly greeting: string | null;
  readonly prompts: readonly Prompt[];
  readonly canRate: boolean;
  readonly canRetry: boolean;
  readonly autoScroll: boolean;
  readonly disclaimer: { readonly text: string; readonly isStrong: boolean } | null;
  readonly placeholder: string | null;
  readonly tools: readonly ToolOption[];
  readonly models: readonly ModelOption[];
  readonly onClientTool: ChatKitOptions['onClientTool'];
}

export interface Reading {
  readonly options: Options;
  /** What was wrong, for `chatkit.error`. */
  readonly problems: readonly string[];
}

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (isObject(value) ? value : {});
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const flag = (value: unknown, fallback: boolean): boolean => (typeof value === 'boolean' ? value : fallback);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Reads `raw` as a page gave it; `language` is the browser's. */
export function readOptions(raw: unknown, language: string): Reading {
  const given = object(raw);
  const problems: string[] = [];
  const api = readApi(given.api, problems);
  const history = object(given.history);
  const start = object(given.startScreen);
  const actions = object(given.threadItemActions);
  const composer = object(given.composer);
  const disclaimer = object(given.disclaimer);
  const disclaimerText = text(disclaimer.text);
  const options: Options = {
    api,
    locale: resolveLocale(text(given.locale) ?? language),
    frameTitle: text(given.frameTitle),
    initialThread: text(given.initialThread),
    theme: typeof given.theme === 'string' ? { colorScheme: given.theme as 'light' } : object(given.theme),
    header: readHeader(object(given.header)),
    history: {
      isEnabled: flag(history.enabled, true),
      canDelete: flag(history.showDelete, true),
      canRename: flag(history.showRename, true),
    },
    greeting: text(start.greeting),
    prompts: objects(start.prompts)
      .map(readPrompt)
      .filter((prompt) => prompt.label !== ''),
    canRate: flag(actions.feedback, false),
    canRetry: flag(actions.retry, false),
    autoScroll: flag(object(given.thread).autoScroll, false),
    disclaimer:
      disclaimerText === null
        ? null
        : { text: disclaimerText, isStrong: flag(disclaimer.highContrast, false) },
    placeholder: text(composer.placeholder),
    tools: identified(composer.tools, 'composer.tools', problems) as unknown as ToolOption[],
    models: identified(composer.models, 'composer.models', problems) as unknown as ModelOption[],
    onClientTool: given.onClientTool as ChatKitOptions['onClientTool'],
  };
  return { options, problems };
}

function readApi(value: unknown, problems: string[]): Api {
  const api = object(value);
  const url = text(api.url) ?? undefined;
  if (url === undefined && typeof api.getClientSecret !== 'function') {
    problems.push('options.api needs a url, or getClientSecret');
  }
  return {
    url,
    fetch: typeof api.fetch === 'function' ? (api.fetch as Api['fetch']) : undefined,
    getClientSecret:
      typeof api.getClientSecret === 'function' ? (api.getClientSecret as Api['getClientSecret']) : undefined,
  };
}

function readHeader(header: Json): Options['header'] {
  const title = object(header.title);
  return {
    isEnabled: flag(header.enabled, true),
    hasTitle: flag(title.enabled, true),
    title: text(title.text),
    left: readAction(header.leftAction ?? header.customButtonLeft),
    right: readAction(header.rightAction ?? header.customButtonRight),
  };
}

function readAction(value: unknown): HeaderAction | null {
  const action = object(value);
  const icon = text(action.icon);
  if (icon === null) return null;
  return {
    icon,
    onClick: () => {
      if (typeof action.onClick === 'function') (action as unknown as HeaderAction).onClick();
    },
  };
}

function readPrompt(prompt: Json): Prompt {
  const label = text(prompt.label) ?? text(prompt.name) ?? '';
  const content = Array.isArray(prompt.prompt) ? (prompt.prompt as UserMessageContent[]) : null;
  return { label, prompt: content ?? text(prompt.prompt) ?? label, icon: text(prompt.icon) };
}

function identified(value: unknown, name: string, problems: string[]): Json[] {
  return objects(value).filter((entry) => {
    const isUsable = typeof entry.id === 'string' && typeof entry.label === 'string';
    if (!isUsable) problems.push(`an entry of ${name} has no id or no label`);
    return isUsable;
  });
}
