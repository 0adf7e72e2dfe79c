import type { Position } from '../../domain/events.js';
import type { GraphInfo, JobInfo } from '../../domain/graph-info.js';
import { isSame, type Patch, patchBetween } from '../../prelude/json-patch.js';
import type { Json } from '../../prelude/json.js';

/** What is compared of a job, before and after. */
export interface JobChange<Value> {
  readonly before: Value;
  readonly after: Value;
}

/** A job that differs. What is the same is left out. */
export interface ChangedJob {
  readonly jobId: string;
  readonly status?: JobChange<JobInfo['derivedStatus']>;
  readonly attempt?: JobChange<number>;
  readonly result?: JobChange<Json>;
  readonly failure?: JobChange<JobInfo['failure']>;
  /** Who answered it from outside; null if nobody did. */
  readonly answeredBy?: JobChange<string | null>;
  /** How long its last attempt took, in milliseconds; null for one that has not ended. */
  readonly durationMs?: JobChange<number | null>;
  /** Type, args, parents, rule, retry policy, timeout and whether it is external: they differ between graphs only. */
  readonly definition?: JobChange<Json>;
}

/** How two graphs, or one graph at two moments, differ. Jobs are in the order of the second, then of the first. */
export interface GraphDiff {
  readonly before: GraphSide;
  readonly after: GraphSide;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly ChangedJob[];
  /** Everything that differs, as operations of RFC 6902 that turn the first {@link GraphInfo} into the second. */
  readonly patch: Patch;
}

/** One of the two that are compared. */
export interface GraphSide {
  readonly graphId: string;
  readonly status: GraphInfo['status'];
  /** Whether the graph itself was paused. */
  readonly isPaused: boolean;
  /** Null for a graph as it stands now. */
  readonly asOf: Position | null;
  readonly lastEventAt: string;
}

/** One of the two that are compared. */
export interface Compared {
  readonly info: GraphInfo;
  readonly asOf?: Position | undefined;
}

/** Compares two graphs, or a graph at two moments. */
export function compareGraphs(before: Compared, after: Compared): GraphDiff {
  const [first, second] = [before.info.jobs, after.info.jobs];
  const common = Object.keys(second).filter((jobId) => Object.hasOwn(first, jobId));
  return {
    before: sideOf(before),
    after: sideOf(after),
    added: Object.keys(second).filter((jobId) => !Object.hasOwn(first, jobId)),
    removed: Object.keys(first).filter((jobId) => !Object.hasOwn(second, jobId)),
    changed: common.flatMap((jobId) => changeOf(first[jobId]!, second[jobId]!, [before.info, after.info])),
    patch: patchBetween(asJson(before.info), asJson(after.info)),
  };
}

function sideOf({ info, asOf }: Compared): GraphSide {
  return {
    graphId: info.id,
    status: info.status,
    isPaused: info.pause !== null,
    asOf: asOf ?? null,
    lastEventAt: info.lastEventAt,
  };
}

function changeOf(
  before: JobInfo,
  after: JobInfo,
  [first, second]: readonly [GraphInfo, GraphInfo],
): readonly ChangedJob[] {
  const compared: Record<string, readonly [unknown, unknown]> = {
    status: [before.derivedStatus, after.derivedStatus],
    attempt: [before.attempt, after.attempt],
    result: [before.result, after.result],
    failure: [before.failure, after.failure],
    answeredBy: [before.answer?.by ?? null, after.answer?.by ?? null],
    durationMs: [durationOf(before), durationOf(after)],
    definition: [definitionOf(before, first), definitionOf(after, second)],
  };
  const changes = Object.entries(compared).filter(([, [first, second]]) => !isSame(asJson(first), asJson(second)));
  if (changes.length === 0) return [];
  const told = changes.map(([name, [first, second]]) => [name, { before: first, after: second }]);
  return [{ jobId: after.id, ...(Object.fromEntries(told) as Omit<ChangedJob, 'jobId'>) }];
}

function durationOf({ startedAt, endedAt, status }: JobInfo): number | null {
  if (startedAt === null || endedAt === null || status === 'started') return null;
  return Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}

/** Of a job that waits for all that is spawned below another, the spawned ones are not part of what it was defined to be. */
function definitionOf(job: JobInfo, { jobs }: GraphInfo) {
  const { type, args, when, optional, withSpawned, spawnedBy, retry, timeoutMs, external } = job;
  const isNamed = (id: string) => [null, spawnedBy].includes(jobs[id]?.spawnedBy ?? null);
  const parents = withSpawned.length === 0 ? job.parents : job.parents.filter(isNamed);
  const { priority, startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs } = job;
  const limits = job.limits.length === 0 ? null : job.limits;
  const rare = { external, limits, priority, startAfter, delayMs, scheduleToStartMs, scheduleToCloseMs };
  const asked = Object.fromEntries(Object.entries(rare).filter(([, value]) => value !== null));
  return { type, args, parents, when, optional, withSpawned, spawnedBy, retry, timeoutMs, ...asked };
}

/** What is shown of graphs and jobs is plain data throughout. */
function asJson(value: unknown): Json {
  return value as Json;
}
