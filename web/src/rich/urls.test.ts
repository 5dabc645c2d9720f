import { describe, expect, test } from 'vitest';
import { parseDeeplink, safeLink, webAddress } from './urls';

describe('links an answer may hold', () => {
  test.each([
    ['https://a.test/b?c=d#e', 'https://a.test/b?c=d#e'],
    ['HTTP://A.TEST', 'HTTP://A.TEST'],
    ['mailto:a@b.test', 'mailto:a@b.test'],
    ['tel:+4930123', 'tel:+4930123'],
    ['chatkit-link://doc?id=1', 'chatkit-link://doc?id=1'],
    ['/path/to', '/path/to'],
    ['docs/a b.md', 'docs/a%20b.md'],
    ['#part', '#part'],
    ['?q=a:b', '?q=a:b'],
    ['//cdn.test/x', '//cdn.test/x'],
    ['  https://a.test ', 'https://a.test'],
  ])('%j', (href, link) => {
    expect(safeLink(href)).toBe(link);
  });

  test.each([
    '',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    'java\u00adscript:alert(1)',
    'java\u200bscript:alert(1)',
    'java script:alert(1)',
    'javascript&colon;alert(1):',
    'vbscript:msgbox(1)',
    'data:text/html,<script>alert(1)</script>',
    'blob:https://a.test/1',
    'file:///etc/passwd',
    'ftp://a.test',
    'view-source:https://a.test',
    'https://',
    'https:\\\\a.test',
    '\\\\a.test\\share',
    'https://a.test/\u202etxt.exe',
  ])('not %j', (href) => {
    expect(safeLink(href)).toBeNull();
  });

  test('what the resolver makes of an address is checked too', () => {
    expect(webAddress('/a', () => 'javascript:alert(1)')).toBeNull();
    expect(webAddress('/a', () => 'nonsense')).toBeNull();
    expect(webAddress('/a', (href) => new URL(href, 'https://api.test').href)).toBe('https://api.test/a');
  });
});

describe('deep links', () => {
  test.each([
    ['chatkit-link://document?document_id=x%20y', { name: 'document', data: { document_id: 'x y' } }],
    ['chatkit-link://open', { name: 'open', data: {} }],
    ['chatkit-link://Open/path?a=1&a=2#x', { name: 'Open', data: { a: '2' } }],
    ['chatkit-link://a%zz', { name: 'a%zz', data: {} }],
  ])('%s', (href, deeplink) => {
    expect(parseDeeplink(href)).toEqual(deeplink);
  });

  test('are nothing else', () => {
    expect(parseDeeplink('https://a.test')).toBeNull();
    expect(parseDeeplink('chatkit-link://')).toBeNull();
    expect(Object.keys(parseDeeplink('chatkit-link://a?__proto__=x')?.data ?? {})).toEqual(['__proto__']);
  });
});
