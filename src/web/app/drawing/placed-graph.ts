import type { DrawnGraph, Unit } from '../model/drawn-graph.js';
import { sharedPrefix } from './fit-text.js';
import type { Point } from '../../../prelude/dagre.js';
import type { Layout, LayoutRequest } from './lay-out.js';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A box on the picture that can be pointed at. */
export interface Target {
  readonly unit: number;
  /** The job whose box it is; null for a group. */
  readonly job: number | null;
  readonly rect: Rect;
}

/** A graph whose boxes have their places. */
export interface PlacedGraph {
  readonly drawn: DrawnGraph;
  readonly width: number;
  readonly height: number;
  /** Of each unit. */
  readonly rects: readonly Rect[];
  /** In the order of the edges. */
  readonly paths: readonly (readonly Point[])[];
  /** Where a pointer is looked for: boxes before the frames around them. */
  readonly targets: readonly Target[];
  /** The boxes of jobs, by the job. */
  readonly boxOf: ReadonlyMap<number, Rect>;
  /** How many characters the names have in common. */
  readonly prefix: number;
}

const compact = { width: 164, height: 26, gap: 6 } as const;
export const groupHead = { width: 236, height: 62, padding: 10 } as const;
const jobBox = { widthMost: 236, height: 60 } as const;
/** In a small graph there is room to read the results. */
const widthLeastFor = (boxes: number) => (boxes <= 12 ? 210 : boxes <= 30 ? 170 : 140);

/** What has to be known to lay a graph out. Equal for graphs that look the same. */
export function layoutRequestOf({ units, edges }: DrawnGraph): LayoutRequest {
  const longest = units.reduce((most, { kind, name }) => (kind === 'job' ? Math.max(most, name.length) : most), 0);
  const width = Math.min(jobBox.widthMost, Math.max(widthLeastFor(units.length), 60 + 8.5 * longest));
  return {
    sizes: units.map((unit) => (unit.kind === 'group' ? groupSize(unit) : [width, sizeOfSingle(unit)])),
    edges: edges.map(({ from, to }) => [from, to]),
  };
}

function sizeOfSingle({ kind }: Unit): number {
  return kind === 'more' ? 44 : jobBox.height;
}

function groupSize({ shown, jobs, isUnfolded }: Unit): readonly [number, number] {
  if (shown.length === 0) return [groupHead.width, groupHead.height];
  const { columns, rows } = gridOf(shown.length);
  const rest = isUnfolded && jobs.length > shown.length ? 20 : 0;
  return [
    Math.max(groupHead.width, columns * (compact.width + compact.gap) - compact.gap + 2 * groupHead.padding),
    groupHead.height + rows * (compact.height + compact.gap) + 4 + rest,
  ];
}

function gridOf(count: number) {
  const columns = count <= 10 ? 1 : Math.ceil(Math.sqrt(count / 3));
  return { columns, rows: Math.ceil(count / columns) };
}

export function placedGraphOf(drawn: DrawnGraph, { sizes }: LayoutRequest, layout: Layout): PlacedGraph {
  const rects = layout.middles.map(({ x, y }, unit): Rect => {
    const [width, height] = sizes[unit]!;
    return { x: x - width / 2, y: y - height / 2, width, height };
  });
  const inner: Target[] = [];
  const outer: Target[] = [];
  const boxOf = new Map<number, Rect>();
  drawn.units.forEach(({ kind, jobs, shown }, unit) => {
    const rect = rects[unit]!;
    shown.forEach((job, order) => inner.push({ unit, job, rect: memberRect(rect, shown.length, order) }));
    outer.push({ unit, job: kind === 'job' ? jobs[0]! : null, rect });
  });
  const targets = [...inner, ...outer];
  for (const { job, rect } of targets) if (job !== null) boxOf.set(job, rect);
  const prefix = sharedPrefix(drawn.units.filter(({ kind }) => kind !== 'more').map(({ name }) => name));
  return { drawn, width: layout.width, height: layout.height, rects, paths: layout.paths, targets, boxOf, prefix };
}

function memberRect(frame: Rect, count: number, order: number): Rect {
  const { columns, rows } = gridOf(count);
  const all = columns * (compact.width + compact.gap) - compact.gap;
  // Few boxes fill the frame's width.
  const width = columns === 1 ? frame.width - 2 * groupHead.padding : compact.width;
  const left = columns === 1 ? groupHead.padding : (frame.width - all) / 2;
  return {
    x: frame.x + left + Math.floor(order / rows) * (compact.width + compact.gap),
    y: frame.y + groupHead.height + (order % rows) * (compact.height + compact.gap),
    width,
    height: compact.height,
  };
}

/** Where a job is to be seen: its own box, or that of its group; null if it is not drawn. */
export function rectOfJob({ boxOf, rects, drawn }: PlacedGraph, job: number): Rect | null {
  return boxOf.get(job) ?? rects[drawn.unitOf[job]!] ?? null;
}

export function targetAt({ targets }: PlacedGraph, { x, y }: Point): Target | null {
  return targets.find(({ rect }) => isWithin(rect, x, y)) ?? null;
}

function isWithin(rect: Rect, x: number, y: number): boolean {
  return x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
}

export function middleOf({ x, y, width, height }: Rect): Point {
  return { x: x + width / 2, y: y + height / 2 };
}
