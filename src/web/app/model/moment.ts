import { type DerivedStatus, derivedStatuses, type JobRecord } from '../../../domain/graph.js';
import { thousands } from '../../../prelude/phrases.js';
import type { DrawnGraph } from './drawn-graph.js';
import type { GraphModel } from './graph-model.js';

const codes = Object.fromEntries(derivedStatuses.map((status, code) => [status, code])) as Readonly<
  Record<DerivedStatus, number>
>;
export const statusCount = derivedStatuses.length;
/** In place of a status: the job has not been spawned yet. */
export const notThere = 255;

/** A graph at a moment, as pictures need it. The state itself goes on to the next moment; this stays. */
export interface Moment {
  /** How many events had happened. */
  readonly number: number;
  /** The status of each job, as its index in `derivedStatuses`; {@link notThere} for jobs that were spawned later. */
  readonly codes: Uint8Array;
  /** Of each job that was there. */
  readonly records: readonly JobRecord[];
  /** The job that the last event was about, and those that became ready by it. */
  readonly changed: number | null;
  readonly madeReady: readonly number[];
}

/** The last one of each graph: several parts of the page ask for the same. */
const lastMoments = new WeakMap<GraphModel, Moment>();

/** The graph at a moment. What happened after it does not change it. */
export function momentOf(model: GraphModel, number: number): Moment {
  const last = lastMoments.get(model);
  if (last?.number === number) return last;
  const moment = readMoment(model, number);
  lastMoments.set(model, moment);
  return moment;
}

/** Reads the state in one pass over the jobs. */
function readMoment(model: GraphModel, number: number): Moment {
  const { jobId, madeReady } = model.changeBy(number);
  const { jobs } = model.stateAt(number);
  const now = model.times[number - 1]!;
  const found = new Uint8Array(model.latest.jobs.size).fill(notThere, jobs.size);
  const records: JobRecord[] = [];
  for (const node of jobs.values()) {
    found[records.length] = codes[node.derivedStatus(now)];
    records.push(node.record);
  }
  const indexOf = (id: string) => jobs.get(id)!.index;
  const changed = jobId === null ? null : (jobs.get(jobId)?.index ?? null);
  return { number, codes: found, records, changed, madeReady: madeReady.map(indexOf) };
}

/** The moment as far as it is about the first jobs of a graph, for a picture that was laid out before others were spawned. */
export function momentOfFirst(moment: Moment, jobs: number): Moment {
  const { codes: all, records, changed, madeReady } = moment;
  if (all.length <= jobs) return moment;
  return {
    ...moment,
    codes: all.subarray(0, jobs),
    records: records.slice(0, jobs),
    changed: changed === null || changed >= jobs ? null : changed,
    madeReady: madeReady.filter((job) => job < jobs),
  };
}

/** Null for a job that was spawned later. */
export function statusOf({ codes: all }: Pick<Moment, 'codes'>, index: number): DerivedStatus | null {
  return derivedStatuses[all[index]!] ?? null;
}

/** How a job stood, in words. */
export function statusText(moment: Pick<Moment, 'codes'>, index: number): string {
  return statusOf(moment, index) ?? 'not there yet';
}

/** How many jobs have which status, by unit: those of unit `u` with status `s` at `u * statusCount + s`. */
export function countsByUnit({ units, unitOf }: DrawnGraph, { codes: all }: Pick<Moment, 'codes'>): Uint32Array {
  const counts = new Uint32Array(units.length * statusCount);
  for (let index = 0; index < all.length; index++) {
    const unit = unitOf[index]!;
    if (unit >= 0 && all[index]! < statusCount) counts[unit * statusCount + all[index]!]! += 1;
  }
  return counts;
}

/** Whether a job of a unit was there, by the counts of all units. */
export function isUnitThere(counts: Uint32Array, unit: number): boolean {
  for (let code = 0; code < statusCount; code++) if (counts[unit * statusCount + code]! > 0) return true;
  return false;
}

/** How many jobs have which status, all together. */
export function countsOf({ codes: all }: Pick<Moment, 'codes'>): Uint32Array {
  const counts = new Uint32Array(statusCount);
  for (const code of all) if (code < statusCount) counts[code]! += 1;
  return counts;
}

/** Counts as people read them: `3 finished, 1 failed`. */
export function countsInWords(counts: Uint32Array): string {
  const told = derivedStatuses.flatMap((status, code) =>
    counts[code]! > 0 ? [`${thousands(counts[code]!)} ${status}`] : [],
  );
  return told.join(', ');
}
