/**
 * The page's options, made safe to use: defaults filled in, legacy names accepted, nonsense replaced; what is
 * wrong with them `checkOptions` says. Pure. Functions are not copied out of the page's object but looked up
 * when they are called.
 */
import type {
  ChatKitOptions,
  Command,
  CommandSelection,
  Entity,
  FileUploadStrategy,
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
  /** What is spoken of it; ours, since ChatKit's have an icon alone. */
  readonly label: string | null;
  readonly onClick: () => void;
}

export interface Prompt {
  readonly label: string;
  readonly prompt: string | readonly UserMessageContent[];
  readonly icon: string | null;
}

export interface AttachmentLimits {
  /** Bytes, for every file or by the pattern of its MIME type. */
  readonly maxSize: number | Readonly<Record<string, number>>;
  readonly maxCount: number;
  /** Extensions by the pattern of a MIME type; empty for all files. */
  readonly accept: Readonly<Record<string, readonly string[]>>;
}

/** What the page does for entities; null for what it does not do. */
export interface Entities {
  readonly search: ((query: string) => Promise<readonly Entity[]>) | null;
  /** Whether a button of the composer opens the search. */
  readonly hasMenu: boolean;
  readonly click: ((entity: Entity) => void) | null;
  /** The widget that shows the entity; null for the plain card. */
  readonly preview: ((entity: Entity) => Promise<unknown>) | null;
}

export interface Commands {
  readonly search: ((query: string) => Promise<readonly Command[]>) | null;
  readonly select: ((command: Command) => Promise<CommandSelection | null>) | null;
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
  readonly attachments: AttachmentLimits | null;
  readonly upload: FileUploadStrategy;
  readonly canDictate: boolean;
  readonly entities: Entities;
  readonly commands: Commands | null;
  readonly onClientTool: ChatKitOptions['onClientTool'];
  readonly onWidgetAction: NonNullable<ChatKitOptions['widgets']>['onAction'];
}

type Json = Record<string, unknown>;
const object = (value: unknown): Json => (isObject(value) ? value : {});
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const flag = (value: unknown, fallback: boolean): boolean => (typeof value === 'boolean' ? value : fallback);
const objects = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Reads `raw` as a page gave it; `language` is the browser's. */
export function readOptions(raw: unknown, language: string): Options {
  const given = object(raw);
  const history = object(given.history);
  const start = object(given.startScreen);
  const actions = object(given.threadItemActions);
  const composer = object(given.composer);
  const disclaimer = object(given.disclaimer);
  const disclaimerText = text(disclaimer.text);
  return {
    api: readApi(object(given.api)),
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
    tools: identified(composer.tools) as unknown as ToolOption[],
    models: identified(composer.models) as unknown as ModelOption[],
    attachments: readAttachments(object(composer.attachments)),
    upload: readUpload(object(given.api).uploadStrategy ?? object(composer.attachments).uploadStrategy),
    canDictate: flag(object(composer.dictation).enabled, false),
    entities: readEntities(object(given.entities)),
    commands: readCommands(object(given.commands)),
    onClientTool: bound(given, 'onClientTool') ?? undefined,
    onWidgetAction: bound(object(given.widgets), 'onAction') ?? undefined,
  };
}

type Callback = (...given: never[]) => unknown;

/** The function `name` of the page's object as it is when it is called, with the object as its `this`. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- what the page promised
function bound<T extends Callback>(object: Json, name: string): T | null {
  if (typeof object[name] !== 'function') return null;
  return ((...given: never[]) => (object as Record<string, Callback>)[name]?.(...given)) as T;
}

function readApi(api: Json): Api {
  return {
    url: text(api.url) ?? undefined,
    fetch: typeof api.fetch === 'function' ? (api.fetch as Api['fetch']) : undefined,
    getClientSecret:
      typeof api.getClientSecret === 'function' ? (api.getClientSecret as Api['getClientSecret']) : undefined,
  };
}

function readAttachments(given: Json): AttachmentLimits | null {
  if (!flag(given.enabled, false)) return null;
  const { maxSize } = given;
  return {
    maxSize: isObject(maxSize) ? (maxSize as Record<string, number>) : amount(maxSize, 100 * 1024 * 1024),
    maxCount: amount(given.maxCount, 10),
    accept: Object.fromEntries(
      Object.entries(object(given.accept)).map(([mime, endings]) => [mime, texts(endings)]),
    ),
  };
}

/** Kinds of old that are not known any more upload in two phases too. */
function readUpload(given: unknown): FileUploadStrategy {
  const { type, uploadUrl } = object(given);
  return type === 'direct' && typeof uploadUrl === 'string' ? { type, uploadUrl } : { type: 'two_phase' };
}

function readEntities(given: Json): Entities {
  const search = bound<(query: string) => Promise<unknown>>(given, 'onTagSearch');
  const preview = bound<(entity: Entity) => Promise<unknown>>(given, 'onRequestPreview');
  return {
    search: search && (async (query) => described(await search(query), 'title') as unknown as Entity[]),
    hasMenu: search !== null && flag(given.showComposerMenu, false),
    click: bound(given, 'onClick'),
    preview: preview && (async (entity) => object(await preview(entity)).preview ?? null),
  };
}

function readCommands(given: Json): Commands | null {
  if (!flag(given.enabled, false)) return null;
  const search = bound<(query: string) => Promise<unknown>>(given, 'onSearch');
  const select = bound<(command: Command) => Promise<unknown>>(given, 'onSelect');
  return {
    search: search && (async (query) => described(await search(query), 'label') as unknown as Command[]),
    select: select && (async (command) => readSelection(await select(command))),
  };
}

function readSelection(given: unknown): CommandSelection | null {
  const { type, entity, commands } = object(given);
  const [tag] = described([entity], 'title');
  if (type === 'entity' && tag) return { type, entity: tag as unknown as Entity };
  if (type !== 'menu') return null;
  return { type, commands: described(commands, 'label') as unknown as Command[] };
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
    label: text(action.label),
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

/** The entries that have an id and what people know them by. */
function described(value: unknown, name: 'label' | 'title'): Json[] {
  return objects(value).filter((entry) => typeof entry.id === 'string' && typeof entry[name] === 'string');
}

const identified = (value: unknown): Json[] => described(value, 'label');

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).filter((entry) => typeof entry === 'string');

/** A number of something, which cannot be negative. */
function amount(value: unknown, fallback: number): number {
  return typeof value === 'number' && value >= 0 ? value : fallback;
}
