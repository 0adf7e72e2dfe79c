import * as dagre from '@dagrejs/dagre';
import type { GraphInfo, JobInfo } from '../../../store/graph-info.js';
import { inShort } from '../phrases.js';
import { statusLooks, type StatusLook } from './status-looks.js';
import { element, escaped, picture } from './svg.js';

/** More jobs than this take minutes to lay out, and nobody can look at them. */
export const drawnJobsMax = 2000;
const labelMax = 28;
const margin = 24;

/** The part of the library that is used here. Its own types do not resolve in Node's modules. */
interface LayoutLibrary {
  readonly Graph: new () => LayoutGraph;
  readonly layout: (graph: LayoutGraph) => void;
}
interface LayoutGraph {
  setGraph(options: object): this;
  setDefaultEdgeLabel(label: () => object): this;
  setNode(id: string, size: { readonly width: number; readonly height: number }): this;
  setEdge(from: string, to: string): this;
  node(id: string): Placed;
  edges(): readonly { readonly v: string; readonly w: string }[];
  edge(edge: object): { readonly points?: readonly Point[] };
  graph(): { readonly width?: number; readonly height?: number };
}
const { Graph, layout } = dagre as unknown as LayoutLibrary;

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Placed extends Point {
  readonly width: number;
  readonly height: number;
}

/** A graph and the status of its jobs, as a picture. The graph should have at most {@link drawnJobsMax} jobs. */
export function graphSvg({ id, jobs: byId }: GraphInfo): string {
  const jobs = Object.values(byId);
  const graph = new Graph().setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 46, marginx: margin, marginy: margin });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const job of jobs) graph.setNode(job.id, sizeOf(job));
  for (const job of jobs) for (const parent of job.parents) graph.setEdge(parent, job.id);
  layout(graph);
  const edges = graph
    .edges()
    .map((edge: { readonly v: string; readonly w: string }) => edgePath(graph.edge(edge).points ?? []));
  const nodes = jobs.map((job) => nodeOf(job, graph.node(job.id)));
  const { width = 0, height = 0 } = graph.graph();
  const frame = { width: Math.max(width, 2 * margin), height: Math.max(height, 2 * margin), title: `Graph ${id}` };
  return picture(frame, [arrowHead, ...edges, ...nodes]);
}

const arrowHead = element(
  'defs',
  {},
  element(
    'marker',
    { id: 'arrow', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto' },
    element('path', { d: 'M0 0 L8 4 L0 8 z', fill: '#8a9199' }),
  ),
);

function sizeOf({ id }: JobInfo): { width: number; height: number } {
  return { width: 40 + 7 * Math.min(Math.max(id.length, 11), labelMax), height: 44 };
}

function edgePath(points: readonly Point[]): string {
  const d = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y)}`).join(' ');
  const line = { d, fill: 'none', stroke: '#8a9199', 'stroke-linejoin': 'round', 'marker-end': 'url(#arrow)' };
  return element('path', line);
}

function nodeOf(job: JobInfo, { x, y, width, height }: Placed): string {
  const look = statusLooks[job.derivedStatus];
  const status = `${job.derivedStatus}${job.attempt > 1 ? `, attempt ${job.attempt}` : ''}`;
  const text = { x, fill: '#22262b', 'text-anchor': 'middle' };
  return element(
    'g',
    {},
    [
      `<title>${escaped(`${job.id} (${job.type}): ${status}`)}</title>`,
      outline(look, { x, y, width, height }),
      element('text', { ...text, y: y - 2 }, escaped(inShort(job.id, labelMax))),
      element('text', { ...text, y: y + 13, 'font-size': 10, fill: '#4a5058' }, escaped(status)),
    ].join(''),
  );
}

function outline({ shape, fill, stroke, isDashed }: StatusLook, { x, y, width, height }: Placed): string {
  const paint = { fill, stroke, 'stroke-width': 1.5, ...(isDashed ? { 'stroke-dasharray': '4 3' } : {}) };
  const [w, h] = [width / 2, height / 2];
  if (shape === 'box') return element('rect', { x: x - w, y: y - h, width, height, rx: 4, ...paint });
  if (shape === 'ellipse') return element('ellipse', { cx: x, cy: y, rx: w, ry: h, ...paint });
  const points = cornersOf(shape, w, h).map(([dx, dy]) => `${Math.round(x + dx)},${Math.round(y + dy)}`);
  return element('polygon', { points: points.join(' '), ...paint });
}

function cornersOf(shape: 'hexagon' | 'octagon' | 'diamond' | 'parallelogram', w: number, h: number) {
  const cut = Math.min(14, w / 2);
  const corners: Record<typeof shape, readonly (readonly [number, number])[]> = {
    hexagon: [
      [-w, 0],
      [cut - w, -h],
      [w - cut, -h],
      [w, 0],
      [w - cut, h],
      [cut - w, h],
    ],
    octagon: [
      [-w, -h / 2],
      [cut - w, -h],
      [w - cut, -h],
      [w, -h / 2],
      [w, h / 2],
      [w - cut, h],
      [cut - w, h],
      [-w, h / 2],
    ],
    // As wide as its text needs: the tips stick out.
    diamond: [
      [-w - 10, 0],
      [0, -h - 6],
      [w + 10, 0],
      [0, h + 6],
    ],
    parallelogram: [
      [cut - w, -h],
      [w, -h],
      [w - cut, h],
      [-w, h],
    ],
  };
  return corners[shape];
}
