/**
 * Where the boxes and lines of a diagram go, by dagre.
 *
 * beautiful-mermaid is written for ELK, whose compiled Java is twenty times the size of dagre. The build puts
 * this module in its place: it takes ELK's graphs (nested nodes, edges where they belong, ports where they cross)
 * and fills in the same fields. Lines run at right angles.
 */
import { Graph, layout, type EdgeLabel, type GraphLabel, type NodeLabel, type Point } from '@dagrejs/dagre';

interface Box {
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}

export interface ElkNode extends Box {
  id: string;
  layoutOptions?: Record<string, string>;
  children?: ElkNode[];
  edges?: ElkEdge[];
}

interface ElkEdge {
  id: string;
  sources: string[];
  targets: string[];
  labels?: (Box & { text?: string })[];
  sections?: { id: string; startPoint: Point; bendPoints: Point[]; endPoint: Point }[];
}

type Layout = Graph<GraphLabel, NodeLabel, EdgeLabel>;

const DIRECTIONS: Readonly<Record<string, string>> = { DOWN: 'TB', UP: 'BT', RIGHT: 'LR', LEFT: 'RL' };
/** Above the nodes of a group: its title. */
const TITLE = 28;
/** Of a group without nodes. */
const EMPTY = { width: 60, height: 44 };

/** Lays `root` out in place. */
export function layOut(root: ElkNode): ElkNode {
  const options = root.layoutOptions ?? {};
  const rankdir = DIRECTIONS[options['elk.direction'] ?? ''] ?? 'TB';
  const margin = Number(/top=(\d+)/.exec(options['elk.padding'] ?? '')?.[1] ?? 12);
  const graph: Layout = new Graph({ compound: true, multigraph: true });
  graph.setGraph({
    rankdir,
    nodesep: Number(options['elk.spacing.nodeNode'] ?? 28),
    ranksep: Number(options['elk.layered.spacing.nodeNodeBetweenLayers'] ?? 48),
    marginx: margin,
    marginy: margin,
  } as GraphLabel);
  graph.setDefaultEdgeLabel(() => ({}));
  const ends = new Map<string, string>();
  addNodes(graph, root, ends);
  const edges = edgesOf(root);
  joinPorts(edges, ends);
  for (const edge of edges) addEdge(graph, edge, ends);
  layout(graph);

  const isUpright = rankdir === 'TB' || rankdir === 'BT';
  place(graph, root, { x: 0, y: 0 });
  for (const { edge, origin } of withOrigins(root)) route(graph, edge, origin, isUpright);
  const { width, height } = graph.graph();
  return Object.assign(root, { x: 0, y: 0, width: width ?? 0, height: height ?? 0 });
}

/** `ends`: where a line to the node really goes. A line to a group goes to its first node, since dagre knows no other. */
function addNodes(graph: Layout, parent: ElkNode, ends: Map<string, string>, group?: string): void {
  for (const node of parent.children ?? []) {
    const isGroup = (node.children?.length ?? 0) > 0;
    const { width = EMPTY.width, height = EMPTY.height } = node;
    graph.setNode(keyOf(node.id), isGroup ? ({} as NodeLabel) : { width, height });
    if (group !== undefined) graph.setParent(keyOf(node.id), keyOf(group));
    if (isGroup) addNodes(graph, node, ends, node.id);
    ends.set(node.id, isGroup ? (ends.get(node.children?.[0]?.id ?? '') ?? keyOf(node.id)) : keyOf(node.id));
  }
}

/** dagre keeps nodes in plain objects, which have a `constructor` of their own. */
function keyOf(id: string): string {
  return `n-${id}`;
}

function edgesOf(node: ElkNode): ElkEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(edgesOf)];
}

/** A line through a group's border comes in pieces that meet at a port: the outer piece goes to the inner end. */
function joinPorts(edges: readonly ElkEdge[], ends: Map<string, string>): void {
  for (const { id, sources, targets } of edges) {
    if (!id.endsWith('_internal')) continue;
    const [from = '', to = ''] = [sources[0], targets[0]];
    if (ends.has(to)) ends.set(from, ends.get(to) ?? to);
    else ends.set(to, ends.get(from) ?? from);
  }
}

function addEdge(graph: Layout, { id, sources, targets, labels }: ElkEdge, ends: Map<string, string>): void {
  const [from, to] = [ends.get(sources[0] ?? ''), ends.get(targets[0] ?? '')];
  if (from === undefined || to === undefined || id.endsWith('_internal')) return;
  const { width = 0, height = 0 } = labels?.[0] ?? {};
  graph.setEdge(from, to, { width, height, labelpos: 'c' } as EdgeLabel, id);
}

/** Positions are relative to the parent, and of the corner, where dagre has the middle. */
function place(graph: Layout, parent: ElkNode, origin: Point): void {
  for (const node of parent.children ?? []) {
    const { x = 0, y = 0, width, height } = graph.node(keyOf(node.id));
    const title = (node.children?.length ?? 0) > 0 ? TITLE : 0;
    const corner = { x: x - width / 2, y: y - height / 2 - title };
    Object.assign(node, { x: corner.x - origin.x, y: corner.y - origin.y, width, height: height + title });
    place(graph, node, corner);
  }
}

function* withOrigins(
  node: ElkNode,
  origin: Point = { x: 0, y: 0 },
): Generator<{ edge: ElkEdge; origin: Point }> {
  for (const edge of node.edges ?? []) yield { edge, origin };
  for (const child of node.children ?? []) {
    yield* withOrigins(child, { x: origin.x + (child.x ?? 0), y: origin.y + (child.y ?? 0) });
  }
}

function route(graph: Layout, edge: ElkEdge, origin: Point, isUpright: boolean): void {
  const found = graph.edges().find(({ name }) => name === edge.id);
  if (!found) return;
  const { points = [], x, y } = graph.edge(found) as EdgeLabel & Partial<Point>;
  const moved = rightAngled(points, isUpright).map((point) => ({
    x: point.x - origin.x,
    y: point.y - origin.y,
  }));
  const [startPoint, endPoint] = [moved[0], moved.at(-1)];
  if (!startPoint || !endPoint) return;
  edge.sections = [{ id: edge.id, startPoint, bendPoints: moved.slice(1, -1), endPoint }];
  const [label] = edge.labels ?? [];
  if (label && x !== undefined && y !== undefined) {
    label.x = x - origin.x - (label.width ?? 0) / 2;
    label.y = y - origin.y - (label.height ?? 0) / 2;
  }
}

/** Each slanted piece as three straight ones, which leave and arrive in the direction of the diagram. */
function rightAngled(points: readonly Point[], isUpright: boolean): Point[] {
  const out: Point[] = [];
  for (const point of points) {
    const from = out.at(-1);
    if (from && Math.abs(from.x - point.x) > 1 && Math.abs(from.y - point.y) > 1) {
      const [x, y] = [(from.x + point.x) / 2, (from.y + point.y) / 2];
      if (isUpright) out.push({ x: from.x, y }, { x: point.x, y });
      else out.push({ x, y: from.y }, { x, y: point.y });
    }
    out.push({ x: point.x, y: point.y });
  }
  return out;
}

/** The shape in which beautiful-mermaid finds ELK: a worker, whose dispatcher it calls directly. */
interface FakeWorker {
  onmessage: ((answer: { data: { data?: ElkNode; error?: unknown } }) => void) | null;
  dispatcher: { saveDispatch: (message: { data: { graph: ElkNode } }) => void };
}

export default class Elk {
  readonly worker: { worker: FakeWorker };

  constructor() {
    const worker: FakeWorker = {
      onmessage: null,
      dispatcher: {
        saveDispatch({ data }) {
          worker.onmessage?.({ data: { data: layOut(data.graph) } });
        },
      },
    };
    this.worker = { worker };
  }
}
