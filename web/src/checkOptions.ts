/**
 * What is wrong with the options of a page, one sentence for each thing, named by its field. Pure, and loaded
 * only after the element is ready: `readOptions` makes do with whatever it gets.
 */
import { resolveLocale } from './i18n/locale';
import { isObject } from './protocol/wire';

export interface Problem {
  readonly text: string;
  /** What is asked for is done all the same, or was never there to be done. */
  readonly isHarmless: boolean;
}

type Say = (text: string, isHarmless?: boolean) => void;
type Rule = (value: unknown, path: string, say: Say) => void;
type Fields = Readonly<Record<string, Rule>>;

const fits =
  (holds: (value: unknown) => boolean, wanted: string): Rule =>
  (value, path, say) => {
    if (!holds(value)) say(`${path} must be ${wanted}, not ${shown(value)}`);
  };

const typed = (type: string, wanted: string): Rule => fits((value) => typeof value === type, wanted);
const string = typed('string', 'a string');
const flag = typed('boolean', 'true or false');
const callable = typed('function', 'a function');
const any: Rule = () => undefined;
const oneOf = (...values: (string | number)[]): Rule =>
  fits((value) => values.includes(value as string), `one of ${values.join(', ')}`);
const within = (least: number, most: number): Rule =>
  fits(
    (value) => typeof value === 'number' && value >= least && value <= most,
    Number.isFinite(most) ? `a number from ${least} to ${most}` : `a number of at least ${least}`,
  );

const listOf =
  (rule: Rule): Rule =>
  (value, path, say) => {
    if (!Array.isArray(value)) say(`${path} must be an array, not ${shown(value)}`);
    else value.forEach((entry, index) => rule(entry, `${path}[${index}]`, say));
  };

const mapOf =
  (rule: Rule): Rule =>
  (value, path, say) => {
    if (!isObject(value)) say(`${path} must be an object, not ${shown(value)}`);
    else
      for (const [key, entry] of Object.entries(value)) rule(entry, `${path}[${JSON.stringify(key)}]`, say);
  };

const either =
  (holds: (value: unknown) => boolean, then: Rule, otherwise: Rule): Rule =>
  (value, path, say) => {
    (holds(value) ? then : otherwise)(value, path, say);
  };

/** An object with these fields and no others; those of `needed` have to be there. */
const fields =
  (known: Fields, ...needed: string[]): Rule =>
  (value, path, say) => {
    if (!isObject(value)) {
      say(`${path} must be an object, not ${shown(value)}`);
      return;
    }
    for (const name of needed) if (value[name] == null) say(`${path}.${name} is missing`);
    for (const [name, entry] of Object.entries(value)) {
      const rule = Object.hasOwn(known, name) ? known[name] : undefined;
      if (!rule) say(unknown(path, name), true);
      else if (entry != null) rule(entry, `${path}.${name}`, say);
    }
  };

function unknown(path: string, name: string): string {
  const event = path === 'options' && /^on([A-Z]\w*)$/.exec(name)?.[1];
  const hint = event ? `: listen for the event chatkit.${dotted(event)}` : ': it has no effect';
  return `${path}.${name} is not an option${hint}`;
}

/** `ThreadLoadStart` as the events spell it. */
function dotted(name: string): string {
  return name.replace(/(?!^)[A-Z]/g, '.$&').toLowerCase();
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : JSON.stringify(value);
}

const content = listOf(
  fields(
    {
      type: oneOf('input_text', 'input_tag'),
      text: string,
      id: string,
      group: string,
      data: any,
      interactive: flag,
    },
    'type',
    'text',
  ),
);
const strategy: Rule = (value, path, say) => {
  const isDirect = isObject(value) && value.type === 'direct';
  const needed = isDirect ? ['type', 'uploadUrl'] : ['type'];
  fields({ type: oneOf('two_phase', 'direct'), uploadUrl: string }, ...needed)(value, path, say);
};
const action = fields({ icon: string, label: string, onClick: callable }, 'icon', 'onClick');
const colours = oneOf('light', 'dark', 'system');
const theme = fields({
  colorScheme: colours,
  radius: oneOf('pill', 'round', 'soft', 'sharp'),
  density: oneOf('compact', 'normal', 'spacious'),
  typography: fields({
    baseSize: within(14, 18),
    fontFamily: string,
    fontFamilyMono: string,
    fontSources: listOf(
      fields(
        {
          family: string,
          src: string,
          weight: fits((value) => ['string', 'number'].includes(typeof value), 'a string or a number'),
          style: oneOf('normal', 'italic', 'oblique'),
          display: oneOf('auto', 'block', 'swap', 'fallback', 'optional'),
          unicodeRange: string,
        },
        'family',
        'src',
      ),
    ),
  }),
  color: fields({
    grayscale: fields({ hue: within(0, 360), tint: within(0, 9), shade: within(-4, 4) }, 'hue', 'tint'),
    accent: fields({ primary: string, level: within(0, 3) }, 'primary', 'level'),
    surface: fields({ background: string, foreground: string }, 'background', 'foreground'),
  }),
});

const options = fields({
  api: fields({
    url: string,
    fetch: callable,
    domainKey: any,
    uploadStrategy: strategy,
    getClientSecret: callable,
  }),
  locale: string,
  theme: either((value) => typeof value === 'string', colours, theme),
  frameTitle: string,
  initialThread: string,
  onClientTool: callable,
  header: fields({
    enabled: flag,
    title: fields({ enabled: flag, text: string }),
    leftAction: action,
    rightAction: action,
    customButtonLeft: action,
    customButtonRight: action,
  }),
  history: fields({ enabled: flag, showDelete: flag, showRename: flag }),
  startScreen: fields({
    greeting: string,
    prompts: listOf(
      fields(
        { label: string, name: string, icon: string, prompt: either(Array.isArray, content, string) },
        'prompt',
      ),
    ),
  }),
  threadItemActions: fields({ feedback: flag, retry: flag }),
  composer: fields({
    placeholder: string,
    attachments: fields({
      enabled: flag,
      maxSize: either(isObject, mapOf(within(0, Infinity)), within(0, Infinity)),
      maxCount: within(0, Infinity),
      accept: mapOf(listOf(string)),
      uploadStrategy: strategy,
    }),
    tools: listOf(
      fields(
        {
          id: string,
          label: string,
          icon: string,
          shortLabel: string,
          placeholderOverride: string,
          pinned: flag,
          persistent: flag,
        },
        'id',
        'label',
      ),
    ),
    models: listOf(
      fields(
        { id: string, label: string, description: string, disabled: flag, default: flag },
        'id',
        'label',
      ),
    ),
    dictation: fields({ enabled: flag }),
  }),
  disclaimer: fields({ text: string, highContrast: flag }, 'text'),
  entities: fields({
    onTagSearch: callable,
    showComposerMenu: flag,
    onClick: callable,
    onRequestPreview: callable,
  }),
  commands: fields({ enabled: flag, onSearch: callable, onSelect: callable }, 'enabled'),
  widgets: fields({ onAction: callable }),
  thread: fields({ autoScroll: flag }),
});

/** The problems of `given`, in the order of its fields. */
export function checkOptions(given: unknown): Problem[] {
  const problems: Problem[] = [];
  const say: Say = (text, isHarmless = false) => problems.push({ text, isHarmless });
  options(given, 'options', say);
  if (!isObject(given)) return problems;
  checkApi(given, say);
  const { locale } = given;
  if (typeof locale === 'string' && resolveLocale(locale) === 'en' && !/^en\b/i.test(locale.trim())) {
    say(`options.locale ${shown(locale)} is not a language ChatKit knows: English is shown`);
  }
  return problems;
}

function checkApi(given: Record<string, unknown>, say: Say): void {
  const api = isObject(given.api) ? given.api : {};
  if (typeof api.url !== 'string' && typeof api.getClientSecret !== 'function') {
    say('options.api needs a url, or getClientSecret');
  }
  const composer = isObject(given.composer) ? given.composer : {};
  const attachments = isObject(composer.attachments) ? composer.attachments : {};
  if (attachments.enabled === true && !api.uploadStrategy && !attachments.uploadStrategy) {
    say('options.api.uploadStrategy is missing: attachments are uploaded in two phases', true);
  }
}
