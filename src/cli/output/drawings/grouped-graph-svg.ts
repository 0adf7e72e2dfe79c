import { type DerivedStatus, derivedStatuses } from '../../../domain/graph.js';
import { levelsOf } from '../../../domain/graph-walk.js';
import type { GraphInfo, JobInfo } from '../../../domain/graph-info.js';
import { plural, thousands } from '../../../prelude/phrases.js';
import { arrowHead, edgePath } from './graph-svg.js';
import { layOut, margin, type Placed } from './layout.js';
import { statusLooks } from './status-looks.js';
import { cutToPixels, element, escaped, picture } from './svg.js';

/** Graphs of more jobs than this are drawn in groups. */
export const groupedAbove = 100;
/** More groups than this cannot be looked at: those with fewest jobs are then drawn together, level by level. */
const groupsMost = 40;

const box = { width: 250, height: 58, padding: 10 };
const bar = { height: 9 };

/** Jobs that are drawn as one box: of one type, and as many steps away from the beginning. */
interface Group {
  readonly id: string;
  readonly name: string;
  readonly jobs: JobInfo[];
}

/** A large graph as a picture: a box for the jobs of each type and level, with how many have which status. */
export function groupedGraphSvg({ id, jobs: byId }: GraphInfo): string {
  const levels = levelsOf(Object.keys(byId), (jobId) => byId[jobId]?.parents ?? []);
  const groupOf = drawnGroups(byId, levels);
  const groups = byGroupId(groupOf);
  const dependencies = dependenciesOf(byId, groupOf);
  const { placed, paths, width, height } = layOut({
    sizes: new Map([...groups.keys()].map((key) => [key, { width: box.width, height: box.height }])),
    edges: dependencies.map(({ from, to }) => [from, to] as const),
  });
  const edges = dependencies.map(({ count }, index) =>
    edgePath(paths[index]!, Math.min(4, 1 + Math.log10(count)), plural(count, 'dependency', 'dependencies')),
  );
  const boxes = [...groups.values()].map((group) => boxOf(group, placed.get(group.id)!));
  const legend = legendOf(Object.values(byId), height);
  const frame = { width: Math.max(width, legend.width), height: height + legend.height, title: `Graph ${id}` };
  return picture(frame, [arrowHead, ...edges, ...boxes, ...legend.drawn]);
}

/** Groups by type and level; of too many, the small ones of each level together. */
function drawnGroups(jobs: GraphInfo['jobs'], levels: ReadonlyMap<string, number>): ReadonlyMap<string, Group> {
  const keyOf = ({ id, type }: JobInfo) => `${levels.get(id)!} ${type}`;
  const fine = groupsOf(jobs, keyOf);
  const all = [...byGroupId(fine).values()];
  if (all.length <= groupsMost) return fine;
  const large = new Set(
    all
      .toSorted((a, b) => b.jobs.length - a.jobs.length)
      .slice(0, groupsMost)
      .map(({ id }) => id),
  );
  return groupsOf(jobs, (job) => (large.has(keyOf(job)) ? keyOf(job) : String(levels.get(job.id)!)));
}

function byGroupId(groupOf: ReadonlyMap<string, Group>): ReadonlyMap<string, Group> {
  return new Map([...groupOf.values()].map((group) => [group.id, group]));
}

/** The group of each job, by the job's id. */
function groupsOf(jobs: GraphInfo['jobs'], keyOf: (job: JobInfo) => string): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  const groupOf = new Map<string, Group>();
  for (const job of Object.values(jobs)) {
    const key = keyOf(job);
    const group = groups.get(key) ?? { id: key, name: '', jobs: [] };
    groups.set(key, group);
    group.jobs.push(job);
    groupOf.set(job.id, group);
  }
  const named = new Map([...groups].map(([key, group]) => [key, { ...group, name: nameOf(group) }]));
  return new Map([...groupOf].map(([id, group]) => [id, named.get(group.id)!]));
}

function nameOf({ jobs }: Group): string {
  const types = new Set(jobs.map(({ type }) => type));
  return types.size === 1 ? jobs[0]!.type : plural(types.size, 'type');
}

interface Dependencies {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}

function dependenciesOf(jobs: GraphInfo['jobs'], groupOf: ReadonlyMap<string, Group>): readonly Dependencies[] {
  const found = new Map<string, Dependencies>();
  for (const job of Object.values(jobs)) {
    for (const parent of job.parents) {
      const [from, to] = [groupOf.get(parent)?.id, groupOf.get(job.id)!.id];
      if (from === undefined) continue;
      const key = JSON.stringify([from, to]);
      found.set(key, { from, to, count: (found.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...found.values()];
}

function countsOf(jobs: readonly JobInfo[]): readonly (readonly [DerivedStatus, number])[] {
  const counted = derivedStatuses.map(
    (status) => [status, jobs.filter(({ derivedStatus }) => derivedStatus === status).length] as const,
  );
  return counted.filter(([, count]) => count > 0);
}

function boxOf({ name, jobs }: Group, { x, y }: Placed): string {
  const [left, top] = [x - box.width / 2, y - box.height / 2];
  const counts = countsOf(jobs);
  const told = counts.map(([status, count]) => `${thousands(count)} ${status}`).join(', ');
  const worst = counts.some(([status]) => status === 'failed') ? statusLooks.failed.stroke : '#767d85';
  const frame = { x: left, y: top, width: box.width, height: box.height, rx: 4, fill: '#ffffff', stroke: worst };
  const many = jobs.length === 1 ? '' : ` × ${thousands(jobs.length)}`;
  const room = box.width - 2 * box.padding;
  const title = cutToPixels(name, room - 8 * many.length) + many;
  return element(
    'g',
    {},
    [
      element('title', {}, escaped(`${name}: ${plural(jobs.length, 'job')}, ${told}`)),
      element('rect', { ...frame, 'stroke-width': 1.5 }),
      element('text', { x: left + box.padding, y: top + 19, fill: '#22262b' }, escaped(title)),
      ...shares(counts, jobs.length, { x: left + box.padding, y: top + 27 }),
      element(
        'text',
        { x: left + box.padding, y: top + 50, 'font-size': 10, fill: '#4a5058' },
        escaped(cutToPixels(told, room, { fontSize: 10, at: 'end' })),
      ),
    ].join(''),
  );
}

/** A bar in the colours of the statuses, each as long as its share. */
function shares(
  counts: readonly (readonly [DerivedStatus, number])[],
  total: number,
  at: { readonly x: number; readonly y: number },
): string[] {
  let x = at.x;
  return counts.map(([status, count]) => {
    const width = ((box.width - 2 * box.padding) * count) / total;
    const { fill, stroke } = statusLooks[status];
    const drawn = element('rect', { x, y: at.y, width, height: bar.height, fill, stroke, 'stroke-width': 0.75 });
    x += width;
    return drawn;
  });
}

/** What the colours mean, below the boxes. */
function legendOf(jobs: readonly JobInfo[], y: number) {
  let x = margin;
  const drawn = countsOf(jobs).map(([status, count]) => {
    const { fill, stroke } = statusLooks[status];
    const text = `${thousands(count)} ${status}`;
    const entry =
      element('rect', { x, y: y + 2, width: 12, height: 10, fill, stroke, 'stroke-width': 0.75 }) +
      element('text', { x: x + 17, y: y + 11, fill: '#22262b' }, text);
    x += 40 + 7 * text.length;
    return entry;
  });
  return { drawn, width: x, height: 28 };
}
