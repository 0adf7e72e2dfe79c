import { scheduledRunOf } from '../../domain/schedules.js';
import { grouped } from '../../prelude/grouped.js';
import type { CarriedResult, Failure, Position, RecordedEvent, WorkerIdentity } from '../../domain/events.js';
import { askedOf } from '../../domain/answer-phrases.js';
import type { JobAnswer } from '../../domain/external.js';
import { jobsUnderLimits, type JobsUnderLimit, type LimitWait, limitWaits } from './limit-waits.js';
import { briefs, isPutOff, type JobBrief } from './job-briefs.js';
import { failureStack } from '../../domain/failure-stack.js';
import { type JobExpiry, shownDeadline, shownExpiry } from '../../domain/graph-info.js';
import type { MemoizedFrom } from '../../domain/memoize.js';
import { defaultMaximumLostLeases } from '../../domain/retry-policy.js';
import {
  carriedFrom,
  type DerivedStatus,
  type GraphState,
  type GraphStatus,
  type JobNode,
} from '../../domain/graph.js';
import type { DependencyRule } from '../../domain/dependency-rules.js';
import { descendants, reached } from '../../domain/graph-walk.js';
import type { JobStatus } from '../../domain/job.js';
import type { Places } from '../../domain/limit-places.js';
import { type Pause, pauseOfGraph, pausesOf, pausesOfWork, type WorkState } from '../../domain/pauses.js';

/** A worker whose last event is older than this does not count as seen lately. */
export const recentMs = 15 * 60_000;

/** A worker that wrote to the log lately. An idle worker writes nothing. */
export interface WorkerSeen extends WorkerIdentity {
  /** Of its last event. */
  readonly lastSeenAt: string;
  /** Types it claimed jobs of. */
  readonly types: readonly string[];
}

/** What explaining needs to know beyond the graph. */
export interface ExplainContext {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Which work is paused in all graphs. */
  readonly work: WorkState;
  readonly workersSeen: readonly WorkerSeen[];
  /** The graph's history up to the moment, for the chain of causes and for stacks; without it, there are none. */
  readonly past?: PastEvents;
  /** The places under its keys; without them, only limits are known, and not who has what. */
  readonly places?: readonly Places[];
}

/** The events of a graph up to a moment, as explaining looks them up. */
export interface PastEvents {
  /** By its number, from 1. */
  event(number: number): RecordedEvent;
  /** Null for an event that is not among them. */
  numberOf(eventId: string): number | null;
  /** The events of one job, in their order. */
  ofJob(jobId: string): readonly RecordedEvent[];
}

/** @param events of the graph, in log order, from the first */
export function pastEvents(events: readonly RecordedEvent[]): PastEvents {
  const numbers = new Map(events.map((event, index) => [event.id, index + 1]));
  return {
    event: (number) => events[number - 1]!,
    numberOf: (eventId) => numbers.get(eventId) ?? null,
    ofJob: (jobId) => events.filter((event) => event.jobId === jobId),
  };
}

const noEvents = pastEvents([]);

/** An event in a line. */
export interface EventBrief {
  /** Among the graph's events, from 1. */
  readonly number: number;
  readonly position: Position;
  readonly recordedAt: string;
  readonly type: RecordedEvent['type'];
  /** Null for an event of the graph itself. */
  readonly jobId: string | null;
  readonly actor: string;
}

/** Something that aborted a job: an abort of its own, of a job it depends on, or of the graph (then `jobId` is null). */
export interface AbortCause {
  readonly jobId: string | null;
  readonly by: string;
  readonly message: string;
}

/** The attempt that runs. */
interface RunningAttempt {
  readonly worker: WorkerIdentity;
  readonly startedAt: string;
  /** The owner's last sign of life. */
  readonly heartbeatAt: string;
  /** When the lease ends unless another sign of life comes; from then on any other worker takes the job back. */
  readonly leaseEndsAt: string;
  readonly isLeaseOver: boolean;
  /** From 0 to 1, if the handler told. */
  readonly progress: number | null;
}

/** Why a job is where it is, and what would make it run. Fields that do not apply are null or empty. */
export interface JobExplanation {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
  readonly status: DerivedStatus;
  readonly graphStatus: GraphStatus;
  /** Attempts begun so far. */
  readonly attempt: number;
  readonly endedAt: string | null;
  /** Where it finished, if its result was carried over from another graph. */
  readonly carriedFrom: Omit<CarriedResult, 'result'> | null;
  /** Which job's run its result comes from, if it was remembered. */
  readonly memoizedFrom: MemoizedFrom | null;
  /** Of the last attempt that went wrong. */
  readonly failure: Failure | null;
  /** Of that failure, if one was recorded: lines as the handler's process wrote them. */
  readonly stack: string | null;
  readonly running: RunningAttempt | null;
  /** Pauses that hold it back: each must be resumed before it starts. */
  readonly pauses: readonly Pause[];
  /** Limits that are set for it, while it is ready. */
  readonly limits: readonly LimitWait[];
  /** Until when it has to wait, if that is still to come. */
  readonly notBefore: string | null;
  /** Which of its time limits runs out next, and when, while one is running. */
  readonly expiry: JobExpiry | null;
  /** What it asks of its parents before it may start. */
  readonly when: DependencyRule;
  /** The job that spawned it; null for one that was submitted with its graph. */
  readonly spawnedBy: string | null;
  /** Jobs that may still spawn others, for all of which it waits: those of its parents of which it says so, and what they have spawned. */
  readonly waitsBelow: readonly JobBrief[];
  /** Parents that keep it from starting. */
  readonly unfinishedParents: readonly JobBrief[];
  /** Where the waiting ends: jobs it depends on, directly or not, that wait for no other job. */
  readonly heldUpBy: readonly JobBrief[];
  /** Jobs it depends on, directly or not, that have failed. */
  readonly blockedBy: readonly JobBrief[];
  readonly abortedBy: readonly AbortCause[];
  /** Why it skipped itself, if it did. */
  readonly skipReason: string | null;
  /** Why its handler put it off, while it waits for that. */
  readonly deferReason: string | null;
  /** Whose answer it waits for, and since when as far as the history looked at tells; null if it waits for none. */
  readonly awaits: { readonly from: string; readonly since: string | null } | null;
  /** Who answered it from outside, why, and when, while that answer stands. */
  readonly answer: JobAnswer | null;
  /** Parents because of which it is skipped, or will be once the others have ended: what it asks for did not come about. */
  readonly skippedBy: readonly JobBrief[];
  /** Workers seen lately that claimed jobs of its type. */
  readonly candidates: readonly WorkerSeen[];
  /** How many workers were seen lately, of whatever type. */
  readonly workersSeen: number;
  /** How many jobs that depend on it have not ended. */
  readonly dependents: number;
  /** What this release cannot read of its graph: no job of such a graph is claimed. */
  readonly unreadable: string | null;
  /** Leases its attempts have lost since it was last reset, and how many it may lose before it fails for good. */
  readonly lostLeases: number;
  readonly maximumLostLeases: number;
  /** What led to its state: its last event, or the one that made it ready, then the event that led to that, and so on. */
  readonly causes: readonly EventBrief[];
}

/** Ready jobs of one type, and who could take them. */
interface ReadyType {
  readonly type: string;
  readonly jobs: readonly string[];
  readonly candidates: readonly WorkerSeen[];
}

/** What a graph waits for. */
export interface GraphExplanation {
  readonly graphId: string;
  /** The schedule that it is a run of, and for which instant; null if it is none. */
  readonly scheduled: { readonly schedule: string; readonly instant: string } | null;
  readonly status: GraphStatus;
  readonly counts: Readonly<Partial<Record<DerivedStatus, number>>>;
  readonly started: readonly JobBrief[];
  readonly backingOff: readonly JobBrief[];
  /** Jobs that their handlers have put off. */
  readonly deferred: readonly JobBrief[];
  /** Jobs whose time to start has not come. */
  readonly delayed: readonly JobBrief[];
  /** When the graph is aborted if it has not ended; null if never. */
  readonly deadline: string | null;
  /** Jobs that wait for an answer from outside. */
  readonly awaiting: readonly JobBrief[];
  /** Jobs that may be claimed. */
  readonly ready: readonly ReadyType[];
  /** Jobs that may be claimed once there are places for them under their limits. */
  readonly limited: readonly JobsUnderLimit[];
  /** Jobs that may be claimed once the pauses that hold them back are over. */
  readonly paused: readonly string[];
  /** Pauses of the graph, and those that hold back any of its jobs. */
  readonly pauses: readonly Pause[];
  readonly failed: readonly JobBrief[];
  readonly abortedBy: readonly AbortCause[];
  readonly workersSeen: number;
  readonly unreadable: string | null;
}

/** Explains one job of a graph. */
export function explainJob(node: JobNode, context: ExplainContext): JobExplanation {
  const { now, work, workersSeen, past = noEvents, places } = context;
  const { graph, definition, state } = node;
  const moment = { now, work };
  const status = node.derivedStatus(now);
  const isWaiting = status === 'waiting' || status === 'blocked';
  const briefsIf = (holds: boolean, nodes: () => readonly JobNode[]) => (holds ? briefs(nodes(), moment) : []);
  return {
    graphId: graph.id,
    jobId: node.id,
    type: definition.type,
    status,
    graphStatus: graph.status,
    attempt: state.attempt,
    endedAt: state.endedAt,
    carriedFrom: carriedFrom(node),
    memoizedFrom: state.memoizedFrom,
    failure: state.failure,
    stack: failureStack(node, past.ofJob(node.id)),
    running: runningAttempt(node, now),
    pauses: pausesOf(node, work),
    limits: limitWaits(node, work, now, places),
    notBefore: isPutOff(status) ? node.notBefore : null,
    expiry: shownExpiry(node),
    when: node.rule,
    spawnedBy: node.spawner?.id ?? null,
    waitsBelow: briefsIf(isWaiting, () =>
      node.parents.filter((parent) => parent.awaiters.includes(node) && parent.outcome === 'open'),
    ),
    unfinishedParents: briefsIf(isWaiting, () => node.waitsFor()),
    heldUpBy: briefsIf(isWaiting, () => heldUpBy(node)),
    blockedBy: briefsIf(isWaiting, () => node.blockedBy()),
    abortedBy: status === 'aborted' ? abortsOf(graph, [node, ...node.abortedBy()]) : [],
    skipReason: state.skipReason,
    deferReason: isPutOff(status) ? state.deferReason : null,
    awaits: status === 'awaiting' ? { from: askedOf(definition), since: readySince(node, past) } : null,
    answer: state.answer,
    skippedBy: briefsIf(isWaiting || status === 'skipped', () => skippedBy(node)),
    candidates: workersSeen.filter((worker) => worker.types.includes(definition.type)),
    workersSeen: workersSeen.length,
    dependents: [...descendants(node)].filter(({ status: their }) => !ends.includes(their)).length,
    unreadable: graph.unreadable?.problem ?? null,
    lostLeases: state.lostLeases,
    maximumLostLeases: definition.maximumLostLeases ?? defaultMaximumLostLeases,
    causes: causesOf(node, past),
  };
}

/** Explains what a graph as a whole waits for. */
export function explainGraph(graph: GraphState, context: ExplainContext): GraphExplanation {
  const { now, work, workersSeen } = context;
  const byStatus = grouped(graph.jobs.values(), (node) => node.derivedStatus(now));
  const isHeld = (node: JobNode) => pausesOf(node, work).length > 0;
  const ready = byStatus.get('ready') ?? [];
  const claimable = ready.filter((node) => !isHeld(node));
  const limited = jobsUnderLimits(claimable, context);
  const isLimited = new Set(limited.flatMap(({ jobs }) => jobs));
  const readyByType = grouped(
    claimable.filter(({ id }) => !isLimited.has(id)),
    (node) => node.definition.type,
  );
  const briefsOf = (status: DerivedStatus) => briefs(byStatus.get(status) ?? [], { now, work });
  return {
    graphId: graph.id,
    scheduled: scheduledRunOf(graph),
    status: graph.status,
    counts: Object.fromEntries([...byStatus].map(([status, nodes]) => [status, nodes.length])),
    started: briefsOf('started'),
    backingOff: briefsOf('backing-off'),
    deferred: briefsOf('deferred'),
    delayed: briefsOf('delayed'),
    deadline: shownDeadline(graph),
    awaiting: briefsOf('awaiting'),
    ready: [...readyByType].map(([type, nodes]) => ({
      type,
      jobs: nodes.map((node) => node.id),
      candidates: workersSeen.filter((worker) => worker.types.includes(type)),
    })),
    limited,
    paused: ready.filter(isHeld).map((node) => node.id),
    pauses: pausesIn(graph, work),
    failed: briefsOf('failed'),
    abortedBy: abortsOf(graph, [...graph.jobs.values()]),
    workersSeen: workersSeen.length,
    unreadable: graph.unreadable?.problem ?? null,
  };
}

/** The graph's own pause, even if it has ended, since it would hold back what is retried; and others that hold its jobs back. */
function pausesIn(graph: GraphState, work: WorkState): readonly Pause[] {
  const jobs = [...graph.jobs.values()].filter((node) => pausesOf(node, work).length > 0);
  const types = new Set(jobs.map((node) => node.definition.type));
  const ofWork = pausesOfWork(work).filter(({ type }) => (type === null ? jobs.length > 0 : types.has(type)));
  const own = pauseOfGraph(graph);
  return own === null ? ofWork : [...ofWork, own];
}

/** When the log recorded what made it ready. */
function readySince(node: JobNode, past: PastEvents): string | null {
  const { readyCause } = node.record.above;
  const number = readyCause === null ? null : past.numberOf(readyCause);
  return number === null ? null : past.event(number).recordedAt;
}

function causesOf(node: JobNode, past: PastEvents): readonly EventBrief[] {
  const causes: EventBrief[] = [];
  for (let id = lastCauseOf(node); id !== null;) {
    const number = past.numberOf(id);
    // A cause comes before its effect; anything else would lead round in circles.
    if (number === null || number >= (causes.at(-1)?.number ?? Infinity)) break;
    const { position, recordedAt, type, jobId, actor, causationId } = past.event(number);
    causes.push({ number, position, recordedAt, type, jobId, actor });
    id = causationId;
  }
  return causes;
}

/** The event a job's state comes from. */
function lastCauseOf(node: JobNode): string | null {
  const { graph, state, status } = node;
  const { readyCause, prospect } = node.record.above;
  const lastOf = ([first]: readonly JobNode[]) => first?.state.lastEventId ?? null;
  if (status === 'unstarted' && prospect === 'blocked') return lastOf(node.blockedBy());
  if (status === 'aborted' && state.abort === null)
    return graph.abort === null ? lastOf(node.abortedBy()) : graph.lastEventId;
  // What its parents came to, the last of them.
  if (status === 'skipped' && state.status === 'unstarted') return readyCause;
  return state.lastEventId ?? readyCause;
}

function runningAttempt({ status, state }: JobNode, now: number): RunningAttempt | null {
  const { worker, startedAt, heartbeatAt, leaseMs, progress } = state;
  if (status !== 'started' || worker === null || startedAt === null || heartbeatAt === null || leaseMs === null)
    return null;
  const leaseEndsAt = Date.parse(heartbeatAt) + leaseMs;
  return {
    worker,
    startedAt,
    heartbeatAt,
    leaseEndsAt: new Date(leaseEndsAt).toISOString(),
    isLeaseOver: leaseEndsAt < now,
    progress,
  };
}

const ends: readonly JobStatus[] = ['finished', 'failed', 'skipped'];

/** Where the waiting for a job ends: jobs above it that are started, ready or backing off, in the order of the graph. */
function heldUpBy(node: JobNode): readonly JobNode[] {
  const next = ({ parents }: JobNode) => parents.filter(({ outcome }) => outcome === 'open' || outcome === 'blocked');
  return [...reached(node, next)].filter(waitsForNoJob).sort((a, b) => a.index - b.index);
}

function waitsForNoJob({ status, record }: JobNode): boolean {
  return status === 'started' || (status === 'unstarted' && record.above.prospect === 'ready');
}

/** Parents that were skipped and had to finish; or all, if one of them had to finish or to fail, and none can any more. */
function skippedBy(node: JobNode): readonly JobNode[] {
  if (node.state.status === 'skipped') return [];
  if (node.rule === 'all-finished')
    return node.parents.filter((parent) => parent.outcome === 'skipped' && !node.isOptional(parent));
  return node.record.above.prospect === 'skipped' ? node.parents : [];
}

function abortsOf(graph: GraphState, nodes: readonly JobNode[]): readonly AbortCause[] {
  const ofGraph = graph.abort === null ? [] : [{ jobId: null, by: graph.abort.by, message: graph.abort.reason }];
  const ofJobs = nodes.flatMap(({ id, state: { abort } }) =>
    abort === null ? [] : [{ jobId: id, by: abort.by, message: abort.message }],
  );
  return [...ofGraph, ...ofJobs];
}
