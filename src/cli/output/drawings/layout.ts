import { Graph, layout, type Point } from '../../../prelude/dagre.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where a box was put: its middle, and its size. */
export interface Placed extends Point, Size {}

/** What is to be laid out: boxes by id, and lines between them. */
export interface Boxes {
  readonly sizes: ReadonlyMap<string, Size>;
  readonly edges: readonly (readonly [from: string, to: string])[];
}

export interface LaidOut extends Size {
  readonly placed: ReadonlyMap<string, Placed>;
  /** In the order of the edges. */
  readonly paths: readonly (readonly Point[])[];
}

export const margin = 24;

/** Puts boxes side by side from left to right, along the lines between them. */
export function layOut({ sizes, edges }: Boxes): LaidOut {
  const graph = new Graph().setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 46, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [id, size] of sizes) graph.setNode(id, { ...size });
  for (const [from, to] of edges) graph.setEdge(from, to);
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.max(width, 2 * margin),
    height: Math.max(height, 2 * margin),
    placed: new Map([...sizes.keys()].map((id) => [id, graph.node(id)])),
    paths: edges.map(([from, to]) => graph.edge(from, to).points ?? []),
  };
}
