import { Graph, layout, type Point } from '../../../prelude/dagre.js';

/** What is to be laid out. Boxes are named by their index. */
export interface LayoutRequest {
  readonly sizes: readonly (readonly [width: number, height: number])[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

/** Boxes from left to right, along the edges. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The middle of each box. */
  readonly middles: readonly Point[];
  /** In the order of the edges: from box to box. */
  readonly paths: readonly (readonly Point[])[];
}

const margin = 12;
/** More edges than this take seconds: then only those are laid out that no longer way stands for. */
const edgesMost = 250;

/** Takes long for many boxes: the page asks a worker for it. */
export function layOut({ sizes, edges }: LayoutRequest): Layout {
  const spaces = { nodesep: 14, edgesep: 10, ranksep: 56, marginx: margin, marginy: margin };
  const graph = new Graph().setGraph({ rankdir: 'LR', ...spaces });
  graph.setDefaultEdgeLabel(() => ({}));
  sizes.forEach(([width, height], index) => graph.setNode(String(index), { width, height }));
  const isLaidOut = edges.length > edgesMost ? withoutShortcuts(sizes.length, edges) : () => true;
  for (const edge of edges) if (isLaidOut(edge)) graph.setEdge(String(edge[0]), String(edge[1]));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.max(width, 2 * margin),
    height: Math.max(height, 2 * margin),
    middles: sizes.map((_, index) => pointOf(graph.node(String(index)))),
    paths: edges.map((edge) => {
      return isLaidOut(edge) ? (graph.edge(String(edge[0]), String(edge[1])).points ?? []).map(pointOf) : [];
    }),
  };
}

type Edge = LayoutRequest['edges'][number];

/** Tells which edges are no shortcut of a way over other boxes. */
function withoutShortcuts(count: number, edges: readonly Edge[]): (edge: Edge) => boolean {
  const next = Array.from({ length: count }, (): number[] => []);
  for (const [from, to] of edges) next[from]!.push(to);
  const order = topologicalOrder(next);
  // Below a box: all that can be reached from it. Edges that close a circle lead nowhere here.
  const below = Array.from({ length: count }, () => new Set<number>());
  const shortcuts = new Set<number>();
  const places = new Map(order.map((node, place) => [node, place]));
  for (const node of order.toReversed()) {
    const ahead = next[node]!.filter((to) => places.get(to)! > places.get(node)!);
    for (const to of ahead.toSorted((a, b) => places.get(a)! - places.get(b)!)) {
      if (below[node]!.has(to)) shortcuts.add(node * count + to);
      below[node]!.add(to);
      for (const far of below[to]!) below[node]!.add(far);
    }
  }
  return ([from, to]) => !shortcuts.has(from * count + to);
}

/** Every box before those it leads to, but for edges that close a circle. */
function topologicalOrder(next: readonly (readonly number[])[]): readonly number[] {
  const left: number[] = [];
  const entered = new Set<number>();
  for (let start = 0; start < next.length; start++) {
    const open: { readonly node: number; at: number }[] = [];
    const enter = (node: number) => {
      if (entered.has(node)) return;
      entered.add(node);
      open.push({ node, at: 0 });
    };
    enter(start);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const to = next[top.node]![top.at++];
      if (to !== undefined) enter(to);
      else left.push(open.pop()!.node);
    }
  }
  return left.reverse();
}

function pointOf({ x, y }: Point): Point {
  return { x, y };
}
