import * as dagre from '@dagrejs/dagre';

/** What is to be laid out. Boxes are named by their index. */
export interface LayoutRequest {
  readonly sizes: readonly (readonly [width: number, height: number])[];
  readonly edges: readonly (readonly [from: number, to: number])[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
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

/** The part of the library that is used here. Its own types do not resolve in Node's modules. */
interface LayoutLibrary {
  readonly Graph: new () => LayoutGraph;
  readonly layout: (graph: LayoutGraph) => void;
}
interface LayoutGraph {
  setGraph(options: object): this;
  setDefaultEdgeLabel(label: () => object): this;
  setNode(id: string, size: object): this;
  setEdge(from: string, to: string): this;
  node(id: string): Point;
  edge(from: string, to: string): { readonly points?: readonly Point[] };
  graph(): { readonly width?: number; readonly height?: number };
}
const { Graph, layout } = dagre as unknown as LayoutLibrary;

const margin = 12;
/** With more edges than this, the better ways to rank take seconds. */
const edgesMost = 1500;

/** Takes long for many boxes: the page asks a worker for it. */
export function layOut({ sizes, edges }: LayoutRequest): Layout {
  const ranker = edges.length > edgesMost ? 'longest-path' : 'network-simplex';
  const spaces = { nodesep: 14, edgesep: 10, ranksep: 56, marginx: margin, marginy: margin };
  const graph = new Graph().setGraph({ rankdir: 'LR', ranker, ...spaces });
  graph.setDefaultEdgeLabel(() => ({}));
  sizes.forEach(([width, height], index) => graph.setNode(String(index), { width, height }));
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.max(width, 2 * margin),
    height: Math.max(height, 2 * margin),
    middles: sizes.map((_, index) => pointOf(graph.node(String(index)))),
    paths: edges.map(([from, to]) => (graph.edge(String(from), String(to)).points ?? []).map(pointOf)),
  };
}

function pointOf({ x, y }: Point): Point {
  return { x, y };
}
