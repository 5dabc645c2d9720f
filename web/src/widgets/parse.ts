/**
 * From a widget's JSON, of whatever make, to a tree that can be drawn as it is: every value is of its type, every child is one
 * that its parent may have, and all of it is bounded. Pure; it never throws.
 */
import { isObject } from '../protocol/wire';
import { isKind, SCHEMA, type Kind, type Props } from './schema';

export const MOST_NODES = 5_000;
export const DEEPEST = 60;
export const MOST_TEXT = 500_000;

export type WidgetNode<K extends Kind = Kind> = K extends Kind
  ? {
      readonly kind: K;
      /** What it is known by among its siblings, across updates. */
      readonly key: string;
      /** What a form's draft of it is kept under: its own id or key, else its name and which of that name it is. */
      readonly draft: string;
      readonly props: Props<K>;
      readonly children: readonly WidgetNode[];
    }
  : never;

export interface Widget {
  readonly root: WidgetNode;
  /** The names of the fields that have a `Label`. */
  readonly labelled: ReadonlySet<string>;
}

/** What is larger than any widget needs to be is refused as a whole. */
export type Parsed =
  { readonly widget: Widget; readonly problem: null } | { readonly widget: null; readonly problem: string };

export function parseWidget(raw: unknown): Parsed {
  try {
    const reading = new Reading();
    const nodes = reading.nodes(raw, null, 0);
    const [only] = nodes;
    const root = nodes.length === 1 && only ? only : reading.wrapped('Basic', nodes);
    return { widget: { root, labelled: reading.labelled }, problem: null };
  } catch (thrown) {
    if (thrown instanceof TooLarge) return { widget: null, problem: thrown.message };
    throw thrown;
  }
}

class TooLarge extends Error {}

/** Other names for what a table is made of. */
const IN_TABLES: Readonly<Record<string, Kind>> = {
  TableRow: 'Table.Row',
  TableCell: 'Table.Cell',
  Cell: 'Table.Cell',
};

class Reading {
  readonly labelled = new Set<string>();
  private readonly named = new Map<string, number>();
  private count = 0;
  private letters = 0;

  /** The nodes that `raw` stands for: one, or its children where it is of no kind that is known. */
  nodes(raw: unknown, parent: Kind | null, depth: number): readonly WidgetNode[] {
    if (Array.isArray(raw)) {
      if (raw.length > MOST_NODES) throw new TooLarge(`more than ${MOST_NODES} components`);
      return raw.flatMap((each) => this.nodes(each, parent, depth));
    }
    if (!isObject(raw)) return [];
    if (depth > DEEPEST) throw new TooLarge(`components more than ${DEEPEST} levels deep`);
    if (++this.count > MOST_NODES) throw new TooLarge(`more than ${MOST_NODES} components`);
    const kind = kindOf(raw.type, parent);
    if (!kind) return this.nodes(raw.children, parent, depth + 1);
    const read = this.node(kind, raw, depth);
    return [this.fitting(read, parent)];
  }

  /** A node of ours around nodes of the server's. */
  wrapped(kind: Kind, children: readonly WidgetNode[]): WidgetNode {
    return make(kind, {}, '', '', children);
  }

  private node(kind: Kind, raw: Readonly<Record<string, unknown>>, depth: number): WidgetNode {
    const own = name(raw.key) ?? name(raw.id);
    for (const value of [raw.value, raw.label]) this.letters += typeof value === 'string' ? value.length : 0;
    if (this.letters > MOST_TEXT) throw new TooLarge(`more than ${MOST_TEXT} characters`);
    if (kind === 'Label' && typeof raw.fieldName === 'string') this.labelled.add(raw.fieldName);
    const children = fill(kind, this.nodes(raw.children, kind, depth + 1), this);
    return make(kind, raw, own ?? '', own ?? this.nth(raw), children);
  }

  private nth(raw: Readonly<Record<string, unknown>>): string {
    const called = name(raw.name) ?? (isObject(raw.editable) ? name(raw.editable.name) : null);
    if (called === null) return '';
    const nth = (this.named.get(called) ?? 0) + 1;
    this.named.set(called, nth);
    return `${called}\n${nth}`;
  }

  /** A list holds items and a table rows, whatever the server puts there; and they are nowhere else. */
  private fitting(node: WidgetNode, parent: Kind | null): WidgetNode {
    if (parent === 'ListView')
      return node.kind === 'ListViewItem' ? node : this.wrapped('ListViewItem', [node]);
    if (parent === 'Table.Row') return node.kind === 'Table.Cell' ? node : this.wrapped('Table.Cell', [node]);
    if (parent === 'Table') {
      if (node.kind === 'Table.Row') return node;
      const cell = node.kind === 'Table.Cell' ? node : this.wrapped('Table.Cell', [node]);
      return this.wrapped('Table.Row', [cell]);
    }
    switch (node.kind) {
      case 'ListViewItem':
        return this.wrapped('ListView', [node]);
      case 'Table.Row':
        return this.wrapped('Table', [node]);
      case 'Table.Cell':
        return this.wrapped('Col', node.children);
      default:
        return node;
    }
  }
}

function kindOf(type: unknown, parent: Kind | null): Kind | null {
  if (parent === 'Table' && type === 'Row') return 'Table.Row';
  if (isKind(type)) return type;
  return typeof type === 'string' && Object.hasOwn(IN_TABLES, type) ? (IN_TABLES[type] ?? null) : null;
}

/** A transition has one child. */
function fill(kind: Kind, children: readonly WidgetNode[], reading: Reading): readonly WidgetNode[] {
  return kind === 'Transition' && children.length > 1 ? [reading.wrapped('Col', children)] : children;
}

function make(
  kind: Kind,
  raw: Readonly<Record<string, unknown>>,
  key: string,
  draft: string,
  children: readonly WidgetNode[],
): WidgetNode {
  const props = Object.entries(SCHEMA[kind]).map(
    ([property, read]: [string, (value: unknown) => unknown]) => [property, read(raw[property])],
  );
  return { kind, key, draft, props: Object.fromEntries(props) as never, children } as WidgetNode;
}

function name(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= 200 ? text : null;
}
