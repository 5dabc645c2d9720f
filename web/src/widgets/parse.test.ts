/** Whatever a server sends, what comes out can be drawn as it is. */
import { describe, expect, test } from 'vitest';
import { wireJson } from '../testing/wire';
import { colour, paint, ratio, size, space, spacing } from './css';
import { BACKGROUND, TEXT } from './colours';
import { MOST_NODES, parseWidget, type WidgetNode } from './parse';
import { isKind, SCHEMA } from './schema';

const root = (raw: unknown): WidgetNode => {
  const { widget, problem } = parseWidget(raw);
  if (!widget) throw new Error(problem);
  return widget.root;
};
const kinds = (node: WidgetNode): unknown[] => [node.kind, ...node.children.map(kinds)];

const FIXTURES = wireJson('widgets.json') as Record<string, Record<string, unknown>>;

/** Every node of a widget as it was sent. */
function sent(node: unknown): Record<string, unknown>[] {
  if (Array.isArray(node)) return node.flatMap(sent);
  if (typeof node !== 'object' || node === null) return [];
  const own = node as Record<string, unknown>;
  return [own, ...sent(own.children)];
}

test('every component has a fixture, and every property of it is in one', () => {
  const nodes = Object.values(FIXTURES).flatMap(sent);
  const names = Object.keys(SCHEMA).filter((name) => !nodes.some(({ type }) => type === name));
  expect(names).toEqual([]);
  // What all boxes have in common is shown once.
  const inCommon = new Set(Object.keys(SCHEMA.Row));
  const shown = new Map<string, Set<string>>();
  for (const node of nodes) {
    for (const name of isKind(node.type) ? Object.keys(node) : []) {
      for (const key of [node.type as string, 'any']) shown.set(key, (shown.get(key) ?? new Set()).add(name));
    }
  }
  const missing = Object.entries(SCHEMA).flatMap(([kind, props]) =>
    Object.keys(props)
      .filter((name) => !(inCommon.has(name) ? shown.get('any') : shown.get(kind))?.has(name))
      .map((name) => `${kind}.${name}`),
  );
  expect(missing).toEqual([]);
});

describe('the tree', () => {
  test('children may be a list, one, or none', () => {
    const text = { type: 'Text', value: 'a' };
    expect(kinds(root({ type: 'Card', children: [text, null, 3, text] }))).toEqual([
      'Card',
      ['Text'],
      ['Text'],
    ]);
    expect(kinds(root({ type: 'Transition', children: text }))).toEqual(['Transition', ['Text']]);
    expect(kinds(root({ type: 'Card', children: null }))).toEqual(['Card']);
  });

  test('of an unknown component the children are left', () => {
    const raw = { type: 'Card', children: [{ type: 'Hologram', children: [{ type: 'Icon', name: 'x' }] }] };
    expect(kinds(root(raw))).toEqual(['Card', ['Icon']]);
    expect(kinds(root({ type: '__proto__' }))).toEqual(['Basic']);
  });

  test('lists have items and tables rows and cells, whatever was sent', () => {
    const text = { type: 'Text', value: 'a' };
    expect(kinds(root({ type: 'ListView', children: [text] }))).toEqual([
      'ListView',
      ['ListViewItem', ['Text']],
    ]);
    const table = {
      type: 'Table',
      children: [{ type: 'Row', children: [{ type: 'Cell', children: text }, text] }],
    };
    expect(kinds(root(table))).toEqual([
      'Table',
      ['Table.Row', ['Table.Cell', ['Text']], ['Table.Cell', ['Text']]],
    ]);
    expect(kinds(root({ type: 'Card', children: { type: 'Table.Cell', children: text } }))).toEqual([
      'Card',
      ['Col', ['Text']],
    ]);
  });

  test('properties of a wrong type have their default', () => {
    const button = root({
      type: 'Button',
      label: { a: 1 },
      size: 7,
      submit: 'yes',
      onClickAction: null,
      pill: 'true',
    });
    expect(button.props).toMatchObject({
      label: '',
      size: 'lg',
      submit: false,
      onClickAction: null,
      pill: true,
    });
  });

  test('an action has its defaults, and none without a type', () => {
    const action = (value: unknown) =>
      (root({ type: 'Form', onSubmitAction: value }) as WidgetNode<'Form'>).props.onSubmitAction;
    expect(action({ type: 'a' })).toEqual({
      ...{ type: 'a', payload: undefined, handler: 'server', loading: 'auto', isStreaming: true },
    });
    expect(
      action({ type: 'a', streaming: 'false', handler: 'client', loadingBehavior: 'self' }),
    ).toMatchObject({
      ...{ handler: 'client', loading: 'self', isStreaming: false },
    });
    for (const nothing of [null, {}, { type: 1 }, { type: '' }, 'a', []]) expect(action(nothing)).toBeNull();
  });

  test('what is too large is refused as a whole, and says how', () => {
    const many = { type: 'Card', children: Array.from({ length: 10_000 }, () => ({ type: 'Spacer' })) };
    expect(parseWidget(many).problem).toBe(`more than ${MOST_NODES} components`);
    let deep: unknown = { type: 'Text', value: 'a' };
    for (let level = 0; level < 10_000; level++)
      deep = { type: level % 2 ? 'Box' : 'Unknown', children: [deep] };
    expect(parseWidget(deep).problem).toMatch(/levels deep/);
    const long = {
      type: 'Card',
      children: Array.from({ length: 60 }, () => ({ type: 'Text', value: 'a'.repeat(10_000) })),
    };
    expect(parseWidget(long).problem).toMatch(/characters/);
    const text = root({ type: 'Text', value: 'a'.repeat(100_000) }) as WidgetNode<'Text'>;
    expect(text.props.value).toHaveLength(20_001);
  });

  test('nonsense is an empty widget', () => {
    for (const raw of [null, undefined, 3, 'Card', [], {}, { type: 5 }])
      expect(kinds(root(raw))).toEqual(['Basic']);
  });
});

describe('values of CSS', () => {
  test.each([
    [4, '16px'],
    [8.5, '34px'],
    [-2, '-8px'],
    ['2', '8px'],
    ['12px 1em', '12px 1em'],
    ['calc(100% - 4px)', 'calc(100% - 4px)'],
    ['url(x)', null],
    ['1px;color:red', null],
    ['expression(1)', null],
    ['var(--ck-text)', null],
    [1e9, null],
    ['99999px', null],
    [NaN, null],
    [{}, null],
  ])('a space of %j is %j', (value, expected) => {
    expect(space(value)).toBe(expected);
  });

  test('a size counts pixels', () => {
    expect([size(60), size('60'), size('50%'), size('60 60'), size('attr(x)')]).toEqual([
      ...['60px', '60px', '50%', null, null],
    ]);
    expect([ratio('16/9'), ratio(1.5), ratio('1;2'), ratio(-1)]).toEqual(['16/9', '1.5', null, null]);
  });

  test('a side by its own name wins', () => {
    expect(spacing({ x: 2, left: 1, y: '3px' })).toEqual({
      top: '3px',
      right: '8px',
      bottom: '3px',
      left: '4px',
    });
    expect(spacing('1px 2px')).toEqual({ top: '1px', right: '2px', bottom: '1px', left: '2px' });
  });

  test('colours are tokens, steps, colours of CSS, or two of them', () => {
    expect(colour('secondary', TEXT)).toEqual(['var(--ck-text-muted)', 'var(--ck-text-muted)']);
    expect(colour('blue-500', TEXT)).toEqual(['#0169cc', '#0169cc']);
    expect(colour('gray-900', TEXT)).toEqual(['#181818', '#ededed']);
    expect(colour('alpha-10', TEXT)).toEqual(['rgb(13 13 13/10%)', 'rgb(255 255 255/10%)']);
    expect(colour({ light: '#fff', dark: 'red-300' }, TEXT)).toEqual(['#fff', '#ff6764']);
    expect(colour({ dark: 'black' }, TEXT)).toEqual(['black', 'black']);
    expect(paint('linear-gradient(90deg, blue-500, #fff 50%)', BACKGROUND)?.[0]).toBe(
      'linear-gradient(90deg, #0169cc, #fff 50%)',
    );
  });

  test.each([
    ...[
      'url(//evil.test)',
      'image-set("x" 1x)',
      'red;background:url(x)',
      'var(--ck-text)',
      'red}*{color:red',
    ],
    ...[
      'element(#x)',
      'cross-fade(red, blue)',
      'linear-gradient(red, url(x))',
      'URL(x)',
      'env(x)',
      'attr(x)',
      '\\75rl(x)',
    ],
    ...['gray-33', '__proto__', 'constructor', 'toString', 'paint(x)', '@import', 'src("x")'],
  ])('%s is no colour that loads or refers to anything', (value) => {
    const read = paint(value, BACKGROUND);
    expect(read === null || /^[a-z_]+$/i.test(value)).toBe(true);
    expect(JSON.stringify(read)).not.toMatch(/url|src|var\(|image|[;{}@\\\\]/i);
  });
});
