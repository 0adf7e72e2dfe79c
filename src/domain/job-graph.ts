import { listIn } from '../prelude/grouped.js';
import { isPlainObject, type JsonObject } from '../prelude/json.js';
import type { CarriedResult, ForkedFrom, RetryPolicy } from './events.js';
import type { External } from './external.js';
import type { GivenLimit, JobLimit } from './job-limit.js';
import type { Memoize } from './memoize.js';
import type { DependencyRule } from './dependency-rules.js';
import { reached } from './graph-walk.js';
import type { JobStatus } from './job.js';

/** One job of a graph that is not yet submitted. */
export interface Job {
  /** Unique within its graph. */
  readonly id: string;
  /** Names the handler that runs it. */
  readonly type: string;
  readonly status: JobStatus;
  readonly args: JsonObject;
  /** Ids of the jobs that must be finished before this one may start, unless `when` says otherwise. */
  readonly parents: readonly string[];
  /** What it asks of its parents; `all-finished` unless given. */
  readonly when?: DependencyRule;
  /** Those of its parents that may be skipped without its being skipped too. */
  readonly optional?: readonly string[];
  /** Those of its parents for whose spawned jobs it waits as well, however deep below them. */
  readonly withSpawned?: readonly string[];
  readonly retry?: RetryPolicy;
  readonly timeoutMs?: number;
  readonly maximumLostLeases?: number;
  readonly memoize?: Memoize;
  /** No worker runs it: somebody outside answers it. */
  readonly external?: External;
  /** What it counts under, in the order of the keys. */
  readonly limits?: readonly JobLimit[];
  /** In place of its graph's. */
  readonly priority?: number;
  /** It does not start before this instant, ISO 8601 in UTC. */
  readonly startAfter?: string;
  /** It does not start before it has been ready for so long. */
  readonly delayMs?: number;
  /** It fails if no worker has started it so long after it could be. */
  readonly scheduleToStartMs?: number;
  /** It fails if it has not ended so long after it could first be started. */
  readonly scheduleToCloseMs?: number;
  /** Set by a fork: the job does not run again, since its result is known. */
  readonly carried?: CarriedResult;
  /** Set by a fork: the job skipped itself there, and is skipped here too. */
  readonly carriedStatus?: 'skipped';
  /** Set by a fork: the job that spawned it there, and whose result is carried over. */
  readonly spawnedBy?: string;
}

/** When a graph may start, and by when it must have ended. */
export interface GraphTimes {
  /** None of its jobs starts before this instant, ISO 8601 in UTC. */
  readonly startAfter?: string;
  /** It is aborted if it has not ended at this instant, ISO 8601 in UTC. */
  readonly deadline?: string;
  /** In place of a deadline: it is aborted if it has not ended so many milliseconds after its submission. */
  readonly deadlineMs?: number;
}

/** A graph of jobs, ready to be submitted. Plain data: it may be written to a file and read back. */
export interface JobGraph extends GraphTimes {
  readonly id: string;
  /** By id. */
  readonly jobs: Readonly<Record<string, Job>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Jobs of a higher priority start first; 0 unless given. A job may have its own. */
  readonly priority: number;
  /** Set by a fork: the graph it was made from. */
  readonly forkedFrom?: ForkedFrom;
}

/**
 * Args as a program gives them: an object by a literal, a type alias or an interface, whose values JSON can hold. The
 * values are checked when the graph is built. (An interface fits no index signature, so it fits the second half only.)
 */
export type JobArgs = Readonly<Record<string, unknown>> | (object & { readonly [Symbol.iterator]?: never });

/** Several names. A single text would be read as its letters, so it is none. */
type Names = Iterable<string> & object;

/**
 * A job that another depends on: its id, or its id and that it may be skipped without the other's being skipped too.
 * `list/*` stands for the job `list` and all jobs that are spawned below it, however deep.
 */
export type Dependency = string | { readonly job: string; readonly optional?: boolean };

/** Several dependencies. A single text would be read as its letters, so it is none. */
type Dependencies = Iterable<Dependency> & object;

/** Type → the types it depends on: one job per type, whose id is its type. `list/*` as in a {@link Dependency}. */
export type TypeGraph = Readonly<Record<string, Names | null | undefined>>;

/** One job in the full form of a graph. */
export interface JobSpecification {
  readonly type: string;
  /** The jobs it depends on, by their ids. */
  readonly after?: Dependencies | null;
  /**
   * What it asks of them before it may start: that all have finished (`all-finished`, unless given), that all have finished
   * or were skipped (`none-failed`), that all have ended in whatever way (`all-ended`, for clean-ups), that one has finished
   * (`any-finished`), or that one has failed, was aborted or can never run (`any-failed`, for alerts and compensation).
   */
  readonly when?: DependencyRule;
  /** Merged over the args of the whole graph. */
  readonly args?: JobArgs | null;
  readonly retry?: RetryPolicy;
  /** How long one attempt may take, in milliseconds. Without it there is no limit. */
  readonly timeoutMs?: number;
  /** Another name of `timeoutMs`. */
  readonly startToCloseMs?: number;
  /** It does not start before this instant: ISO 8601 with a zone, such as `2026-12-01T06:00:00Z`, or a Date. */
  readonly startAfter?: string | Date;
  /** It does not start before it has been ready for so many milliseconds. */
  readonly delayMs?: number;
  /** It fails if no worker has started it so many milliseconds after it could be: for the first time, or once more. */
  readonly scheduleToStartMs?: number;
  /**
   * It fails if it has not ended so many milliseconds after it could first be started, whatever the attempts, the pauses between
   * them, and who is to answer it.
   */
  readonly scheduleToCloseMs?: number;
  readonly maximumLostLeases?: number;
  /** In place of the graph's: jobs of a higher priority start first. */
  readonly priority?: number;
  /** Remember its result under a key, and take the one that is remembered there in place of running it. */
  readonly memoize?: Memoize;
  /**
   * No worker runs it: somebody outside answers it, by `finishJob`, `failJob`, `overseer answer` or the web UI. `for` says
   * whose answer it waits for, for people to read. Such a job has no retry, memoize, maximumLostLeases, delay and time limit,
   * except `scheduleToCloseMs`, which bounds the wait.
   */
  readonly external?: boolean | External;
  /**
   * The keys that it counts under: `['tenant-7', { key: 'github-api', units: 2 }]`. Of those for which a limit is set (see
   * `setLimit`), it starts only when there is room under each. `{name}` in a key stands for this job's arg of that name.
   */
  readonly limits?: readonly GivenLimit[] | null;
}

/** Jobs by their names that a handler spawns. A job's id is `<id of its spawner>/<name>`. */
export type SpawnedJobs = Readonly<Record<string, JobSpecification>>;

/** One job of a graph without edges. */
export interface SimpleJob extends Partial<Omit<Job, 'id' | 'type' | 'args' | 'external' | 'limits' | 'startAfter'>> {
  readonly id: string;
  readonly type: string;
  readonly args?: JobArgs;
  readonly external?: boolean | External;
  readonly limits?: readonly GivenLimit[] | null;
  readonly startAfter?: string | Date;
  /** Another name of `timeoutMs`. */
  readonly startToCloseMs?: number;
}

/** The full form of a graph: several jobs of one type, each with args and a retry policy of its own. */
export interface FullGraph {
  readonly jobs: Readonly<Record<string, JobSpecification>>;
}

export interface GraphOptions {
  /** Your own id. Submitting the same graph under it again changes nothing. */
  readonly id?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly priority?: number;
  /** None of its jobs starts before this instant: ISO 8601 with a zone, such as `2026-12-01T06:00:00Z`, or a Date. */
  readonly startAfter?: string | Date;
  /** The graph is aborted if it has not ended at this instant: ISO 8601 with a zone, or a Date. */
  readonly deadline?: string | Date;
  /** In place of a deadline: it is aborted if it has not ended so many milliseconds after its submission. */
  readonly deadlineMs?: number;
}

/** What is wrong with a graph: one sentence that names what and where. */
export type GraphProblem = string;

/** Whether a graph is built already: its jobs then have `parents`, where those of a definition have `after`. */
export function isBuiltGraph(value: unknown): value is JobGraph {
  if (!isPlainObject(value) || typeof value['id'] !== 'string' || !isPlainObject(value['jobs'])) return false;
  return Object.values(value['jobs']).some((job) => isPlainObject(job) && ('parents' in job || 'status' in job));
}

/** All jobs that depend on the given one, directly or through others. */
export function dependentsOf(graph: JobGraph, jobId: string): ReadonlySet<string> {
  const children = new Map<string, string[]>();
  for (const job of Object.values(graph.jobs)) {
    for (const parent of job.parents) listIn(children, parent).push(job.id);
  }
  return reached(jobId, (id) => children.get(id) ?? []);
}
