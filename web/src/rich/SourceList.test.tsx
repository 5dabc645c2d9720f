import { render } from 'preact';
import { act } from 'preact/test-utils';
import { describe, expect, test } from 'vitest';
import { cite, entity, file, web } from './fixtures';
import { SourceList } from './SourceList';
import { numberSources } from './sources';
import type { Annotation, Source } from '../protocol/types.gen';

function mount(annotations: readonly Annotation[]) {
  const root = document.createElement('div');
  const props = { sources: numberSources(annotations), labels: { sources: 'Sources' } };
  void act(() => {
    render(<SourceList {...props} resolveUrl={(href) => new URL(href, 'https://api.test').href} />, root);
  });
  const toggle = () =>
    act(() => {
      root.querySelector('button')?.click();
    });
  return { root, toggle };
}

describe('numbers of sources', () => {
  test('follow the first citation, once for the same source', () => {
    const again: Source = { type: 'url', title: 'Other title', url: 'https://rivers.test/long' };
    const numbered = numberSources([
      cite(file, 9),
      cite(web, 2),
      cite(again, 1),
      cite(entity),
      cite(file, 3),
    ]);
    expect(numbered.map(({ source, number }) => [source.title, number])).toEqual([
      ['Annual report', 1],
      ['Rivers', 2],
      ['Ada', 3],
    ]);
  });

  test('pass over a kind of source that is not known', () => {
    expect(
      numberSources([{ type: 'annotation', source: { type: 'x', title: 'x' } as unknown as Source }]),
    ).toEqual([]);
  });
});

describe('the list of sources', () => {
  test('opens and closes by its button', async () => {
    const { root, toggle } = mount([cite(web), cite(file)]);
    const button = root.querySelector('button');
    expect(button?.getAttribute('aria-expanded')).toBe('false');
    expect(root.querySelector('li')).toBeNull();
    await toggle();
    expect(button?.getAttribute('aria-expanded')).toBe('true');
    expect([...root.querySelectorAll('li')].map((li) => li.textContent)).toEqual([
      '1Riversrivers.test',
      '2Annual reportreport.pdf',
    ]);
    await toggle();
    expect(root.querySelector('li')).toBeNull();
  });

  test('links to what is on the web, and only there', async () => {
    const bad: Source = { type: 'url', title: 'Bad', url: 'javascript:alert(1)' };
    const near: Source = { type: 'url', title: 'Near', url: '/docs' };
    const { root, toggle } = mount([cite(web), cite(file), cite(bad), cite(near)]);
    await toggle();
    expect([...root.querySelectorAll('a')].map((a) => a.getAttribute('href'))).toEqual([
      'https://rivers.test/long',
      'https://api.test/docs',
    ]);
  });

  test('keeps groups together', async () => {
    const manual = (title: string): Source => ({ type: 'file', title, filename: title, group: 'Manual' });
    const { root, toggle } = mount([cite(manual('a')), cite(web), cite(manual('b'))]);
    await toggle();
    expect(root.querySelector('.ck-sources-group')?.textContent).toBe('Manual');
    expect(
      [...root.querySelectorAll('ul')].map((ul) => [ul.getAttribute('aria-label'), ul.children.length]),
    ).toEqual([
      ['Manual', 2],
      ['Sources', 1],
    ]);
  });

  test('of nothing is nothing', () => {
    expect(mount([]).root.innerHTML).toBe('');
  });
});
