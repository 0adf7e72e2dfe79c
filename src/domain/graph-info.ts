/** How a graph and its jobs are shown to people and programs: plain values, computed from the state. */
import type { CarriedResult, Failure, ForkedFrom, RetryPolicy, WorkerIdentity } from './events.js';
import {
  carriedFrom,
  type DerivedStatus,
  type GraphState,
  type GraphStatus,
  type Intervention,
  type JobNode,
} from './graph.js';
import type { DependencyRule } from './dependency-rules.js';
import type { External, JobAnswer } from './external.js';
import type { JobLimit } from './job-limit.js';
import type { Memoize, MemoizedFrom } from './memoize.js';
import type { JobStatus } from './job.js';
import { type Pause, pausesOf, type WorkState } from './pauses.js';
import { isoTime } from '../prelude/iso-time.js';
import type { Json, JsonObject } from '../prelude/json.js';

/** When a time limit of a job runs out: then it fails. */
export interface JobExpiry {
  readonly limit: 'scheduleToStart' | 'scheduleToClose';
  readonly at: string;
}

/** The state of a job. What does not apply is null. */
export interface JobInfo {
  readonly graphId: string;
  readonly id: string;
  readonly type: string;
  /** One of the five statuses of Overseer, or `skipped`. */
  readonly status: JobStatus;
  /** The same, with `unstarted` divided into ready, awaiting, backing-off, deferred, delayed, waiting and blocked. */
  readonly derivedStatus: DerivedStatus;
  /**
   * The pauses that hold it back, of all work, of its type or of its graph; empty if none does. A job that is ready but for
   * a pause has the derived status ready all the same: it tells what the job waits for besides.
   */
  readonly pauses: readonly Pause[];
  readonly args: JsonObject;
  readonly parents: readonly string[];
  /** What it asks of its parents before it may start. */
  readonly when: DependencyRule;
  /** Those of its parents that may be skipped without its being skipped too. */
  readonly optional: readonly string[];
  /** Those of its parents for whose spawned jobs it waits as well. These are among its parents once they exist. */
  readonly withSpawned: readonly string[];
  /** The job that spawned it; null for one that was submitted with its graph. */
  readonly spawnedBy: string | null;
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  /** Its own; null if that of its graph counts. */
  readonly priority: number | null;
  /** It does not start before this instant. */
  readonly startAfter: string | null;
  /** It does not start before it has been ready for so long. */
  readonly delayMs: number | null;
  /** Its limits on waiting for a worker, and on all attempts together. */
  readonly scheduleToStartMs: number | null;
  readonly scheduleToCloseMs: number | null;
  /** Which of these runs out next, and when, while one is running. */
  readonly expiry: JobExpiry | null;
  /** Under which key its result is remembered, if it is. */
  readonly memoize: Memoize | null;
  /** Of a job that no worker runs: somebody outside answers it. Null for all others. */
  readonly external: External | null;
  /** What it counts under; empty for most. Whether a limit is set for a key is said elsewhere. */
  readonly limits: readonly JobLimit[];
  /** Attempts begun so far. */
  readonly attempt: number;
  readonly result: Json;
  /** Where the job finished, if not in this graph: a fork carries results over, without an attempt of its own. */
  readonly carriedFrom: Omit<CarriedResult, 'result'> | null;
  /** Which job's run the result comes from, if this one was not run since its result was remembered. */
  readonly memoizedFrom: MemoizedFrom | null;
  /** Why the last attempt failed. */
  readonly failure: Failure | null;
  readonly abort: { readonly by: string; readonly message: string; readonly silent: boolean } | null;
  /** Why it skipped itself, if it did. A job that is skipped because of its parents has no reason of its own. */
  readonly skipReason: string | null;
  /** Why its handler put it off, while it waits for that. */
  readonly deferReason: string | null;
  /** Who answered it from outside, and why, while that answer stands. */
  readonly answer: JobAnswer | null;
  /** Who runs it, while it is started. */
  readonly worker: WorkerIdentity | null;
  readonly progress: number | null;
  /** Of the last heartbeat that had details. */
  readonly details: Json;
  /** From when on it may start, or could, if it was asked to wait. */
  readonly notBefore: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly heartbeatAt: string | null;
  readonly leaseMs: number | null;
  readonly lostLeases: number;
}

/** The state of one job, with what is too large for a list. */
export interface JobDetails extends JobInfo {
  /** Of the failure, if one was recorded: lines as the handler's process wrote them. */
  readonly stack: string | null;
}

/** A graph without its jobs. */
export interface GraphSummary {
  readonly id: string;
  readonly status: GraphStatus;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** The graph that this one is a fork of, if it is one, and at which position in the log. */
  readonly forkedFrom: ForkedFrom | null;
  readonly submittedAt: string;
  /** Of the last event of the graph or its jobs. */
  readonly lastEventAt: string;
  /** None of its jobs starts before this instant. */
  readonly startAfter: string | null;
  /** When it is aborted if it has not ended; null if never, or not any more, since somebody took that abort back. */
  readonly deadline: string | null;
  /** Who paused the graph, while it is paused itself. Its jobs may be held back by other pauses too. */
  readonly pause: Intervention | null;
  /** Jobs by status. */
  readonly counts: Readonly<Record<JobStatus, number>>;
}

/** A graph and all its jobs. */
export interface GraphInfo extends GraphSummary {
  /** Why this release leaves the graph alone: it cannot read one of its events. Null if it can read all. */
  readonly unreadable: string | null;
  /** Who aborted it, while it is aborted as a whole. */
  readonly abort: Intervention | null;
  readonly jobs: Readonly<Record<string, JobInfo>>;
}

/** @internal What is true of a moment whatever the graph: its time, and which work is paused in all graphs. */
export interface MomentShown {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly work: WorkState;
}

/** @internal */
export function toGraphInfo(graph: GraphState, moment: MomentShown): GraphInfo {
  const jobs = [...graph.jobs.values()].map((job): [string, JobInfo] => [job.id, toJobInfo(job, moment)]);
  const unreadable = graph.unreadable?.problem ?? null;
  return { ...toSummary(graph), unreadable, abort: graph.abort, jobs: Object.fromEntries(jobs) };
}

/** @internal */
export function toSummary(graph: GraphState): GraphSummary {
  return {
    id: graph.id,
    status: graph.status,
    labels: graph.labels,
    priority: graph.priority,
    forkedFrom: graph.forkedFrom,
    submittedAt: graph.submittedAt!,
    lastEventAt: graph.lastEventAt!,
    startAfter: graph.startAfter,
    deadline: shownDeadline(graph),
    pause: graph.pause,
    counts: graph.countByStatus(),
  };
}

/** @internal */
export function shownDeadline({ deadlineAt }: GraphState): string | null {
  return deadlineAt === null ? null : isoTime(deadlineAt);
}

/** @internal */
export function shownExpiry({ expiry }: JobNode): JobExpiry | null {
  return expiry === null ? null : { limit: expiry.limit, at: isoTime(expiry.at) };
}

/** @internal */
export function toJobInfo(job: JobNode, { now, work }: MomentShown): JobInfo {
  const { definition, state } = job;
  return {
    graphId: job.graph.id,
    id: job.id,
    type: definition.type,
    status: job.status,
    derivedStatus: job.derivedStatus(now),
    pauses: pausesOf(job, work),
    args: job.args,
    parents: job.parentIds,
    when: job.rule,
    optional: definition.optional ?? [],
    withSpawned: definition.withSpawned ?? [],
    spawnedBy: job.spawner?.id ?? null,
    retry: definition.retry ?? null,
    timeoutMs: definition.timeoutMs ?? null,
    priority: definition.priority ?? null,
    startAfter: definition.startAfter ?? null,
    delayMs: definition.delayMs ?? null,
    scheduleToStartMs: definition.scheduleToStartMs ?? null,
    scheduleToCloseMs: definition.scheduleToCloseMs ?? null,
    expiry: shownExpiry(job),
    memoize: definition.memoize ?? null,
    external: definition.external ?? null,
    limits: definition.limits ?? [],
    attempt: state.attempt,
    result: state.result,
    carriedFrom: carriedFrom(job),
    memoizedFrom: state.memoizedFrom,
    failure: state.failure,
    abort: state.abort,
    skipReason: state.skipReason,
    deferReason: state.deferReason,
    answer: state.answer,
    worker: state.worker,
    progress: state.progress,
    details: state.details,
    notBefore: job.notBefore,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    heartbeatAt: state.heartbeatAt,
    leaseMs: state.leaseMs,
    lostLeases: state.lostLeases,
  };
}
