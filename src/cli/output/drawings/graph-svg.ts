import type { GraphInfo, JobInfo } from '../../../domain/graph-info.js';
import { inShort } from '../../../prelude/phrases.js';
import type { Point } from '../../../prelude/dagre.js';
import { layOut, type Placed } from './layout.js';
import { statusLooks, type StatusLook } from './status-looks.js';
import { element, escaped, picture } from './svg.js';

/** More jobs than this take minutes to lay out, and nobody can look at them. */
export const drawnJobsMax = 2000;
const labelMax = 28;

/**
 * A graph and the status of each of its jobs, as a picture. The graph should have at most {@link drawnJobsMax} jobs; one
 * that lacks some of its jobs is drawn without what led to them.
 */
export function graphSvg({ id, jobs: byId }: GraphInfo): string {
  const jobs = Object.values(byId);
  const sizes = new Map(jobs.map((job) => [job.id, sizeOf(job)]));
  const edges = jobs.flatMap((job) =>
    job.parents.filter((parent) => sizes.has(parent)).map((parent) => [parent, job.id] as const),
  );
  const { placed, paths, width, height } = layOut({ sizes, edges });
  const nodes = jobs.map((job) => nodeOf(job, placed.get(job.id)!));
  return picture({ width, height, title: `Graph ${id}` }, [
    arrowHead,
    ...paths.map((points) => edgePath(points)),
    ...nodes,
  ]);
}

/** What lines between boxes end in. */
export const arrowHead = element(
  'defs',
  {},
  element(
    'marker',
    {
      id: 'arrow',
      viewBox: '0 0 8 8',
      refX: 7,
      refY: 4,
      markerWidth: 7,
      markerHeight: 7,
      orient: 'auto',
      markerUnits: 'userSpaceOnUse',
    },
    element('path', { d: 'M0 0 L8 4 L0 8 z', fill: '#8a9199' }),
  ),
);

function sizeOf({ id }: JobInfo): { width: number; height: number } {
  return { width: 40 + 7 * Math.min(Math.max(id.length, 11), labelMax), height: 44 };
}

/** A line from box to box. */
export function edgePath(points: readonly Point[], width = 1, title = ''): string {
  const d = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${Math.round(x)} ${Math.round(y)}`).join(' ');
  const line = { d, fill: 'none', stroke: '#8a9199', 'stroke-width': width, 'stroke-linejoin': 'round' };
  const told = title === '' ? '' : element('title', {}, escaped(title));
  return element('path', { ...line, 'marker-end': 'url(#arrow)' }, told);
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
