import type { JobNode } from '../../../domain/graph.js';
import { criticalPathOf } from '../../../history/timeline/spans.js';
import { grouped } from '../../../prelude/grouped.js';
import { plural } from '../../../prelude/phrases.js';
import type { GraphModel } from './graph-model.js';

/** Up to this many jobs, each is a box. */
const singleMost = 60;
/** Larger graphs also have a heat strip, and fewer groups. */
const largeAbove = 1000;
/** More groups by type and level than this are too many; the first for large graphs. */
const groupsMost = { large: 40, medium: 150 } as const;
/** Of so many jobs of an unfolded group each is a box. */
export const unfoldedMost = 150;
/** So many jobs that went wrong are drawn as boxes; the first where groups are coarse. */
const troubledMost = { coarse: 20, groups: 60 } as const;

/** What is drawn: every job; groups of jobs of one type and level; or, if these are too many, of one type or of layers. */
type Regime = 'jobs' | 'groups' | 'coarse';

/**
 * A box, or a frame around boxes. Jobs are named by their index in the order of the graph, so that whatever an id is made
 * of, it is only ever text.
 */
export interface Unit {
  /** The same whatever is unfolded. */
  readonly key: string;
  /** `more` stands for jobs that are too many to be drawn, and cannot be unfolded. */
  readonly kind: 'job' | 'group' | 'more';
  /** Of the job, or of what the jobs have in common. */
  readonly name: string;
  readonly jobs: readonly number[];
  /** Those of the jobs that have a box of their own within this one. */
  readonly shown: readonly number[];
  readonly isUnfolded: boolean;
  /** How many dependencies there are among the jobs. */
  readonly inner: number;
}

/** Dependencies between the jobs of two units. */
interface UnitEdge {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Which boxes and edges there are. Depends on no moment, so that boxes stay where they are while the moment changes. */
export interface DrawnGraph {
  readonly regime: Regime;
  readonly nodes: readonly JobNode[];
  readonly units: readonly Unit[];
  /** The unit of each job; -1 for a job that is not drawn. */
  readonly unitOf: Int32Array;
  readonly edges: readonly UnitEdge[];
  /** The jobs that decided when the graph ended, from the first to the last; none while it has not ended. */
  readonly critical: readonly number[];
  readonly hasStrip: boolean;
}

type Drawable = Pick<GraphModel, 'latest' | 'levels' | 'troubled'>;

/** @param unfolded the keys of groups whose jobs are drawn */
export function drawnGraphOf(model: Drawable, unfolded: ReadonlySet<string>): DrawnGraph {
  const nodes = [...model.latest.jobs.values()];
  const critical = criticalOf(model, nodes);
  const { regime, groups } = groupsOf(model, nodes);
  const picked = new Set(pickedOf(model, nodes, regime));
  if (regime === 'groups') for (const index of critical) picked.add(index);
  const units = groups.map(({ key, name, jobs }): Omit<Unit, 'inner'> => {
    if (regime === 'jobs' || (jobs.length === 1 && regime === 'groups')) return jobUnit(nodes[jobs[0]!]!);
    const isUnfolded = unfolded.has(key);
    const shown = isUnfolded ? unfoldedOf(jobs, picked) : jobs.filter((index) => picked.has(index));
    return { key, kind: 'group', name, jobs, shown, isUnfolded };
  });
  const hasStrip = regime === 'coarse' || nodes.length > largeAbove;
  return { regime, nodes, ...connected(nodes, units), critical, hasStrip };
}

export function jobUnit(node: JobNode): Omit<Unit, 'inner'> {
  const { id, index } = node;
  return { key: `job ${id}`, kind: 'job', name: id, jobs: [index], shown: [], isUnfolded: false };
}

/** Units with the edges between them. Dependencies on jobs that are in no unit are left out. */
export function connected(
  nodes: readonly JobNode[],
  units: readonly Omit<Unit, 'inner'>[],
): Pick<DrawnGraph, 'units' | 'unitOf' | 'edges'> {
  const unitOf = new Int32Array(nodes.length).fill(-1);
  units.forEach(({ jobs }, unit) => jobs.forEach((index) => (unitOf[index] = unit)));
  const counts = new Map<number, number>();
  const inner = new Int32Array(units.length);
  for (const { jobs } of units) {
    for (const index of jobs) {
      const to = unitOf[index]!;
      for (const parent of nodes[index]!.parents) {
        const from = unitOf[parent.index]!;
        if (from === to) inner[to]! += 1;
        else if (from >= 0) counts.set(from * units.length + to, (counts.get(from * units.length + to) ?? 0) + 1);
      }
    }
  }
  const edges = [...counts].map(([key, count]) => {
    return { from: Math.floor(key / units.length), to: key % units.length, count };
  });
  return { unitOf, edges, units: units.map((unit, at) => ({ ...unit, inner: inner[at]! })) };
}

interface Group {
  readonly key: string;
  readonly name: string;
  readonly jobs: readonly number[];
}

function groupsOf({ levels }: Drawable, nodes: readonly JobNode[]): { regime: Regime; groups: readonly Group[] } {
  if (nodes.length <= singleMost) {
    return { regime: 'jobs', groups: nodes.map(({ id, index }) => ({ key: id, name: id, jobs: [index] })) };
  }
  const most = nodes.length > largeAbove ? groupsMost.large : groupsMost.medium;
  const fine = groupedBy(nodes, ({ id, definition }) => `level ${levels.get(id)!} ${definition.type}`);
  if (fine.length <= most) return { regime: 'groups', groups: fine };
  const types = groupedBy(nodes, ({ definition }) => `type ${definition.type}`);
  return { regime: 'coarse', groups: types.length <= groupsMost.large ? types : layersOf(levels, nodes) };
}

/** Groups of a layer, or of a few that follow each other: for graphs in which nearly every job has a type of its own. */
function layersOf(levels: Drawable['levels'], nodes: readonly JobNode[]): readonly Group[] {
  const count = nodes.reduce((most, { id }) => Math.max(most, levels.get(id)! + 1), 1);
  const band = Math.ceil(count / groupsMost.large);
  const bandOf = ({ id }: JobNode) => Math.floor(levels.get(id)! / band);
  return [...grouped(nodes, bandOf)].map(([at, members]) => {
    const [from, to] = [at * band + 1, Math.min(count, (at + 1) * band)];
    const types = new Set(members.map(({ definition }) => definition.type)).size;
    const name = `${from === to ? `layer ${from}` : `layers ${from} to ${to}`} (${plural(types, 'type')})`;
    return { key: `layers ${at}`, name, jobs: members.map(({ index }) => index) };
  });
}

function groupedBy(nodes: readonly JobNode[], keyOf: (node: JobNode) => string): readonly Group[] {
  return [...grouped(nodes, keyOf)].map(([key, members]) => ({
    key,
    name: members[0]!.definition.type,
    jobs: members.map(({ index }) => index),
  }));
}

/** The jobs that went wrong, those that have failed for good first; not more than can be looked at. */
function pickedOf({ troubled }: Drawable, nodes: readonly JobNode[], regime: Regime): readonly number[] {
  if (regime === 'jobs') return [];
  const failed = nodes.filter(({ status }) => status === 'failed').map(({ index }) => index);
  if (regime === 'coarse') return failed.slice(0, troubledMost.coarse);
  const others = nodes.filter(({ id, status }) => troubled.has(id) && status !== 'failed').map(({ index }) => index);
  return [...failed, ...others].slice(0, troubledMost.groups);
}

/** Those that are picked are among them, however many there are. */
function unfoldedOf(jobs: readonly number[], picked: ReadonlySet<number>): readonly number[] {
  if (jobs.length <= unfoldedMost) return jobs;
  const first = jobs.filter((index) => picked.has(index)).slice(0, unfoldedMost);
  const chosen = new Set(first);
  for (const index of jobs) {
    if (chosen.size >= unfoldedMost) break;
    chosen.add(index);
  }
  return jobs.filter((index) => chosen.has(index));
}

/** In a graph whose jobs wait for each other in a circle, which only another program stores, no path decides anything. */
function criticalOf({ latest, levels }: Drawable, nodes: readonly JobNode[]): readonly number[] {
  if (!latest.isSettled) return [];
  const isCircular = nodes.some(({ id, parents }) =>
    parents.some((parent) => levels.get(parent.id)! >= levels.get(id)!),
  );
  if (isCircular) return [];
  return criticalPathOf(nodes).map((id) => latest.jobs.get(id)!.index);
}
