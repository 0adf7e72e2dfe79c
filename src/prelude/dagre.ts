import * as dagre from '@dagrejs/dagre';

export interface Point {
  readonly x: number;
  readonly y: number;
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
  /** Its middle, and its size as it was given. */
  node(id: string): Point & { readonly width: number; readonly height: number };
  edge(from: string, to: string): { readonly points?: readonly Point[] };
  graph(): { readonly width?: number; readonly height?: number };
}

export const { Graph, layout } = dagre as unknown as LayoutLibrary;
