import type { ChatKitOptions } from '@openai/chatkit';
import { expect, test } from 'vitest';
import { checkOptions } from './checkOptions';

const said = (given: unknown): string[] => checkOptions(given).map(({ text }) => text);

const api = { url: '/chatkit', domainKey: 'x' };

/** Every option there is, as the published types spell them. */
const whole: Required<ChatKitOptions> = {
  api: {
    ...api,
    fetch: (url, init) => fetch(url, init),
    uploadStrategy: { type: 'direct', uploadUrl: '/up' },
  },
  locale: 'de-DE',
  theme: {
    colorScheme: 'dark',
    radius: 'soft',
    density: 'compact',
    typography: {
      baseSize: 14,
      fontFamily: 'Inter',
      fontFamilyMono: 'Mono',
      fontSources: [{ family: 'Inter', src: '/inter.woff2', weight: 400, style: 'italic', display: 'swap' }],
    },
    color: {
      grayscale: { hue: 220, tint: 6, shade: -1 },
      accent: { primary: '#0af', level: 2 },
      surface: { background: '#fff', foreground: '#111' },
    },
  },
  frameTitle: 'Help',
  initialThread: null,
  onClientTool: () => ({}),
  header: {
    enabled: true,
    title: { enabled: true, text: 'Help' },
    leftAction: { icon: 'home', onClick: () => undefined },
    rightAction: { icon: 'close', onClick: () => undefined },
  },
  history: { enabled: true, showDelete: false, showRename: false },
  startScreen: {
    greeting: 'Hello',
    prompts: [
      { label: 'A', prompt: 'a', icon: 'bolt' },
      { label: 'B', prompt: [{ type: 'input_tag', id: 'b', text: 'Bob', data: { k: '1' } }] },
    ],
  },
  threadItemActions: { feedback: true, retry: true },
  composer: {
    placeholder: 'Ask',
    attachments: {
      enabled: true,
      maxSize: { 'image/*': 1000 },
      maxCount: 3,
      accept: { 'image/*': ['.png'] },
    },
    tools: [{ id: 't', label: 'T', icon: 'bolt', shortLabel: 't', pinned: true, persistent: true }],
    models: [{ id: 'm', label: 'M', description: 'd', disabled: false, default: true }],
    dictation: { enabled: true },
  },
  disclaimer: { text: 'Careful', highContrast: true },
  entities: {
    onTagSearch: () => Promise.resolve([]),
    showComposerMenu: true,
    onClick: () => undefined,
    onRequestPreview: () => Promise.resolve({ preview: null }),
  },
  commands: { enabled: true, onSearch: () => Promise.resolve([]), onSelect: () => Promise.resolve() },
  widgets: { onAction: () => Promise.resolve() },
  thread: { autoScroll: true },
};

test('every published option is known', () => {
  expect(checkOptions(whole)).toEqual([]);
});

test.each<[Record<string, unknown>, string]>([
  [{ api: undefined }, 'options.api needs a url, or getClientSecret'],
  [{ api: { url: 7 } }, 'options.api.url must be a string, not 7'],
  [{ colour: 'red' }, 'options.colour is not an option: it has no effect'],
  [
    { onThreadChange: () => undefined },
    'options.onThreadChange is not an option: listen for the event chatkit.thread.change',
  ],
  [{ history: { enabled: 'yes' } }, 'options.history.enabled must be true or false, not "yes"'],
  [{ header: [] }, 'options.header must be an object, not an array'],
  [{ header: { leftAction: { icon: 'home' } } }, 'options.header.leftAction.onClick is missing'],
  [{ composer: { tools: [{ label: 'T' }] } }, 'options.composer.tools[0].id is missing'],
  [
    { composer: { attachments: { enabled: true, maxSize: { 'image/*': -1 } } } },
    'options.composer.attachments.maxSize["image/*"] must be a number of at least 0, not -1',
  ],
  [
    { composer: { attachments: { enabled: true } } },
    'options.api.uploadStrategy is missing: attachments are uploaded in two phases',
  ],
  [{ theme: 'blue' }, 'options.theme must be one of light, dark, system, not "blue"'],
  [
    { theme: { color: { accent: { primary: '#000', level: 9 } } } },
    'options.theme.color.accent.level must be a number from 0 to 3, not 9',
  ],
  [{ locale: 'xx' }, 'options.locale "xx" is not a language ChatKit knows: English is shown'],
  [
    { startScreen: { prompts: [{ label: 'A', prompt: [{ type: 'text', text: 'a' }] }] } },
    'options.startScreen.prompts[0].prompt[0].type must be one of input_text, input_tag, not "text"',
  ],
  [{ onClientTool: {} }, 'options.onClientTool must be a function, not an object'],
])('%j: %s', (given, problem) => {
  expect(said({ api, ...given })).toContain(problem);
});

test.each([undefined, null, 7, 'x', []])(
  'options that are none are a problem, not an exception: %j',
  (given) => {
    expect(checkOptions(given)).toHaveLength(1);
  },
);

test('null and absent are alike, and names of prototypes are no options', () => {
  expect(checkOptions({ api, theme: null, locale: undefined })).toEqual([]);
  expect(said({ api, constructor: 1 })).toEqual(['options.constructor is not an option: it has no effect']);
});

test('only what cannot be used is an error: unknown names, and what has a good default, are not', () => {
  const given = { api, colour: 'red', composer: { attachments: { enabled: true, size: 1 } }, theme: 'blue' };
  expect(checkOptions(given).map(({ text, isHarmless }) => [text.split(' ')[0], isHarmless])).toEqual([
    ['options.colour', true],
    ['options.composer.attachments.size', true],
    ['options.theme', false],
    ['options.api.uploadStrategy', true],
  ]);
});
