import { expect, test } from 'vitest';
import { ChatKitElement } from './element';

const [page = ''] = Object.values(
  import.meta.glob<string>('../../docs/reference/element.md', {
    query: '?raw',
    import: 'default',
    eager: true,
  }),
);

const OPTIONS =
  'url fetch domainKey uploadStrategy getClientSecret locale frameTitle initialThread onClientTool theme colorScheme radius ' +
  'density typography.baseSize typography.fontFamily typography.fontFamilyMono typography.fontSources color.grayscale ' +
  'color.accent color.surface header.enabled header.title.enabled header.title.text header.leftAction header.rightAction ' +
  'history.enabled history.showDelete history.showRename startScreen.greeting startScreen.prompts placeholder ' +
  'attachments.enabled attachments.maxSize attachments.maxCount attachments.accept tools models dictation.enabled ' +
  'onTagSearch showComposerMenu onClick onRequestPreview enabled onSearch onSelect threadItemActions.feedback ' +
  'threadItemActions.retry thread.autoScroll disclaimer.text disclaimer.highContrast widgets.onAction';
const EVENTS =
  'ready error effect deeplink response.start response.end history.open history.close thread.change thread.load.start ' +
  'thread.load.end tool.change log';

test.each(OPTIONS.split(' '))('the reference has the option %s', (name) => {
  expect(page).toContain(`\`${name}\``);
});

test.each(EVENTS.split(' '))('the reference has the event chatkit.%s', (name) => {
  expect(page).toContain(`\`chatkit.${name}\``);
});

test('the reference has every method of the element', () => {
  const own = Object.getOwnPropertyNames(ChatKitElement.prototype);
  const called = own.filter((name) => !/^(constructor|options|\w+Callback)$/.test(name));
  expect(called.filter((name) => !new RegExp(`\`${name}[(\`]`).test(page))).toEqual([]);
});
