import { render } from 'preact';
import { expect, test } from 'vitest';
import { ViewContext, type View } from '../view';
import { Preview } from './Preview';

function shown(widget: unknown): HTMLElement {
  const view = {
    resolveUrl: (href: string) => new URL(href, 'https://here.test/').href,
    isImageAllowed: (url: URL) => url.hostname === 'here.test',
  } as unknown as View;
  const host = document.createElement('div');
  render(
    <ViewContext.Provider value={view}>
      <Preview widget={widget} otherwise={<b>Its name</b>} />
    </ViewContext.Provider>,
    host,
  );
  return host;
}

test('rows, titles, badges and pictures of a preview are shown as such', () => {
  const row = {
    type: 'Row',
    children: [
      { type: 'Title', value: 'Bob' },
      { type: 'Badge', label: 'On duty' },
    ],
  };
  const face = { type: 'Image', src: '/bob.png', alt: 'Bob at the pier', size: 40 };
  const host = shown({ type: 'Basic', children: [row, { type: 'Text', value: 'Keeper' }, face] });
  expect(host.querySelector('.ck-preview-row')?.textContent).toBe('BobOn duty');
  expect(host.querySelector('.ck-card-text')?.textContent).toBe('Keeper');
  const picture = host.querySelector('img');
  expect([picture?.alt, picture?.src, picture?.width]).toEqual([
    'Bob at the pier',
    'https://here.test/bob.png',
    40,
  ]);
});

test('pictures of other hosts are not loaded', () => {
  const image = { type: 'Image', src: 'https://elsewhere.test/x.png', alt: 'x' };
  const host = shown({ type: 'Card', children: [{ type: 'Text', value: 'Words' }, image] });
  expect(host.textContent).toBe('Words');
  expect(host.querySelector('img')).toBeNull();
});

test.each([null, 'text', {}, { type: 'Basic', children: [{ type: 'Chart', data: [] }] }])(
  'an entity without a preview that can be shown is known by its name: %j',
  (widget) => {
    expect(shown(widget).textContent).toBe('Its name');
  },
);

test('a preview without end is cut off', () => {
  const endless: Record<string, unknown> = { type: 'Box', value: 'again' };
  endless.children = [endless];
  expect(shown(endless).querySelectorAll('.ck-card-text').length).toBeLessThanOrEqual(40);
});
