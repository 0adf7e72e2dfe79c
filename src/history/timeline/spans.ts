import type { FaultCause, RecordedEvent } from '../../domain/events.js';
import type { JobAnswer } from '../../domain/external.js';
import type { MemoizedFrom } from '../../domain/memoize.js';
import { GraphState, type GraphStatus, type JobNode } from '../../domain/graph.js';
import type { JobStatus } from '../../domain/job.js';

/**
 * What a job did during a span of time: `blocked` until its parents have finished, `ready` until a worker claims
 * it, `awaiting` until somebody outside answers it, `backing-off` until it may be tried again, `deferred` until the time to
 * which its handler put it off, `delayed` until it may start as its graph asks, `running`. Time after it ended or was aborted
 * belongs to none.
 */
export const spanKinds = ['blocked', 'delayed', 'ready', 'awaiting', 'backing-off', 'deferred', 'running'] as const;
export type SpanKind = (typeof spanKinds)[number];

/** No time in any kind. */
export function noTime(): Record<SpanKind, number> {
  return { blocked: 0, delayed: 0, ready: 0, awaiting: 0, 'backing-off': 0, deferred: 0, running: 0 };
}

/** How an attempt ended. */
export type AttemptEnding = 'finished' | 'skipped' | 'deferred' | 'aborted' | 'expired' | FaultCause;

export interface Span {
  readonly kind: SpanKind;
  /** Milliseconds since the epoch, by the log's clock. */
  readonly from: number;
  readonly to: number;
  /** Of a running span. */
  readonly attempt: number | null;
  /** How the attempt ended; null for one that still runs, and for every other kind of span. */
  readonly ending: AttemptEnding | null;
}

/** The kinds that a picture of a timeline explains, in the order of {@link spanKinds}: few graphs have the rare ones. */
export function kindsShown({ totals }: Pick<GraphTimeline, 'totals'>): readonly SpanKind[] {
  const rare: readonly SpanKind[] = ['awaiting', 'deferred', 'delayed'];
  return spanKinds.filter((kind) => !rare.includes(kind) || totals[kind] > 0);
}

/** Whether a span is an attempt that ended otherwise than by finishing, skipping or deferring the job. */
export function isWrong({ ending }: Span): boolean {
  return ending !== null && ending !== 'finished' && ending !== 'skipped' && ending !== 'deferred';
}

export interface JobTimeline {
  readonly jobId: string;
  readonly type: string;
  readonly status: JobStatus;
  readonly attempts: number;
  readonly spans: readonly Span[];
  /** How long it spent in each kind, in milliseconds. */
  readonly totals: Readonly<Record<SpanKind, number>>;
  /** When it ended, in milliseconds since the epoch; null while it has not. */
  readonly endedAt: number | null;
  readonly isCritical: boolean;
  /** Which job's run its result comes from, if it was remembered: then no handler ran in its last attempt. */
  readonly memoizedFrom: MemoizedFrom | null;
  /** Who answered it from outside, while that answer stands. */
  readonly answer: JobAnswer | null;
}

export interface GraphTimeline {
  readonly graphId: string;
  readonly status: GraphStatus;
  /** Milliseconds since the epoch: from the submission to the end of the last job, or to the moment looked at. */
  readonly from: number;
  readonly to: number;
  /** In the order in which they started, or waited for an answer; then those that never did, in the order of the graph. */
  readonly jobs: readonly JobTimeline[];
  /**
   * The chain of jobs that decided when the graph ended: the one that ended last, that of its parents that ended last,
   * and so on up. Ids from the first to the last.
   */
  readonly criticalPath: readonly string[];
  /** How long the jobs spent in each kind, all together, and those of the critical path. */
  readonly totals: Readonly<Record<SpanKind, number>>;
  readonly criticalTotals: Readonly<Record<SpanKind, number>>;
}

/**
 * What a graph's jobs did with their time.
 *
 * @param now until when, in milliseconds since the epoch, for jobs that have not ended
 */
export function timelineOf(graphId: string, events: readonly RecordedEvent[], now: number): GraphTimeline {
  const graph = new GraphState(graphId);
  const timelines = new Timelines();
  for (const event of events) timelines.add(event, graph.apply(event));
  return timelines.at(graph, events.length, now);
}

/** What a graph's jobs had done with their time after any number of its events. Grows event by event. */
export class Timelines {
  private readonly clocks = new Map<string, JobClock>();
  private events = 0;

  /**
   * Takes the graph's next event.
   *
   * @param changed what the graph said may have changed by it, as {@link GraphState.apply} gives it
   */
  add(event: RecordedEvent, changed: Iterable<JobNode>): void {
    this.events += 1;
    const at = Date.parse(event.recordedAt);
    for (const node of changed) {
      const clock = this.clocks.get(node.id);
      if (clock === undefined) this.clocks.set(node.id, new JobClock(node, this.events, at));
      else clock.look(node, this.events, at, event);
    }
  }

  /**
   * The timeline after a number of events.
   *
   * @param graph as it was then
   * @param now until when, in milliseconds since the epoch, for jobs that had not ended
   */
  at(graph: GraphState, number: number, now: number): GraphTimeline {
    const [from, to] = boundsOf(graph, now);
    const criticalPath = criticalPathOf([...graph.jobs.values()]);
    const critical = new Set(criticalPath);
    const jobs: JobTimeline[] = [];
    for (const [jobId, clock] of this.clocks) {
      const node = graph.jobs.get(jobId);
      if (node !== undefined && clock.opened <= number)
        jobs.push(jobTimeline(node, clock.spans(number, to), critical.has(jobId)));
    }
    jobs.sort((a, b) => startOf(a) - startOf(b));
    return {
      graphId: graph.id,
      status: graph.status,
      from,
      to,
      jobs,
      criticalPath,
      totals: summed(jobs),
      criticalTotals: summed(jobs.filter((job) => job.isCritical)),
    };
  }

  /** What one job had done after a number of events, until a moment in milliseconds since the epoch. */
  spansOf(jobId: string, number: number, to: number): readonly Span[] {
    return this.clocks.get(jobId)?.spans(number, to) ?? [];
  }
}

/** From when to when a timeline goes, in milliseconds since the epoch. */
export function boundsOf(graph: GraphState, now: number): readonly [from: number, to: number] {
  const from = graph.submittedAt === null ? now : Date.parse(graph.submittedAt);
  const lastAt = graph.lastEventAt === null ? from : Date.parse(graph.lastEventAt);
  return [from, graph.isSettled ? lastAt : Math.max(now, lastAt)];
}

/** What a job did from one event on until the next that changed it. */
interface Phase {
  /** The number of the event it began with, from 1. */
  readonly opened: number;
  readonly at: number;
  /** Null once the job has ended. */
  readonly kind: SpanKind | null;
  readonly attempt: number | null;
  /** Milliseconds since the epoch. */
  readonly waitsUntil: number;
  /** How the attempt ended that ran before. */
  readonly ended: AttemptEnding;
}

/** Watches one job go through its phases. */
class JobClock {
  private readonly phases: Phase[] = [];

  constructor(
    node: JobNode,
    /** The number of the event from which on the job was there. */
    readonly opened: number,
    at: number,
  ) {
    this.phases.push({ ...phaseOf(node), opened, at, ended: 'finished' });
  }

  /** Notes the job's status after an event. */
  look(node: JobNode, number: number, at: number, event: RecordedEvent): void {
    const last = this.phases.at(-1)!;
    const phase = phaseOf(node);
    const isNewAttempt = phase.kind === 'running' && last.attempt !== phase.attempt;
    if (phase.kind === last.kind && !isNewAttempt && !isTimed(phase.kind)) return;
    this.phases.push({ ...phase, opened: number, at, ended: endingBy(event) });
  }

  /** The spans by the events up to one; the last of them goes on until `to`. */
  spans(number: number, to: number): Span[] {
    const spans: Span[] = [];
    for (const [index, phase] of this.phases.entries()) {
      if (phase.opened > number) break;
      const next = this.phases[index + 1];
      if (next === undefined || next.opened > number) addSpans(spans, phase, to, null);
      else addSpans(spans, phase, next.at, next.ended);
    }
    return spans;
  }
}

function phaseOf(node: JobNode): Pick<Phase, 'kind' | 'attempt' | 'waitsUntil'> {
  const kind = kindOf(node);
  return {
    kind,
    attempt: kind === 'running' ? node.state.attempt : null,
    waitsUntil: isTimed(kind) ? Date.parse(kind === 'delayed' ? node.notBefore! : node.state.notBefore!) : 0,
  };
}

/** Whether the job becomes ready again by the time alone. */
function isTimed(kind: SpanKind | null): boolean {
  return kind === 'backing-off' || kind === 'deferred' || kind === 'delayed';
}

function addSpans(spans: Span[], { kind, at, attempt, waitsUntil }: Phase, to: number, ended: AttemptEnding | null) {
  if (kind === null) return;
  const span = { kind, from: at, to, attempt, ending: null };
  if (kind === 'running') spans.push({ ...span, ending: ended });
  else if (isTimed(kind)) {
    // After that, a job that was not claimed yet was ready.
    const until = Math.min(Math.max(waitsUntil, at), to);
    if (until > at) spans.push({ ...span, to: until });
    if (to > until) spans.push({ ...span, kind: 'ready', from: until });
  } else if (to > at) spans.push(span);
}

function jobTimeline(node: JobNode, spans: readonly Span[], isCritical: boolean): JobTimeline {
  const totals = noTime();
  for (const { kind, from, to } of spans) totals[kind] += to - from;
  return {
    jobId: node.id,
    type: node.definition.type,
    status: node.status,
    attempts: node.state.attempt,
    spans,
    totals,
    endedAt: endedAtOf(node),
    isCritical,
    memoizedFrom: node.state.memoizedFrom,
    answer: node.state.answer,
  };
}

function endedAtOf({ status, state, definition }: JobNode): number | null {
  // What was carried over from another graph took no time in this one.
  if (definition.carried !== undefined) return null;
  const own = state.status;
  const hasEnded = status === 'finished' || status === 'failed' || own === 'aborted' || own === 'skipped';
  return hasEnded && state.endedAt !== null ? Date.parse(state.endedAt) : null;
}

function kindOf(node: JobNode): SpanKind | null {
  switch (node.status) {
    case 'started':
      return 'running';
    case 'unstarted':
      if (node.record.above.prospect !== 'ready') return 'blocked';
      if (node.isAwaiting) return 'awaiting';
      if (node.state.notBefore === null) return node.startsFrom === null ? 'ready' : 'delayed';
      return node.state.deferReason === null ? 'backing-off' : 'deferred';
    case 'finished':
    case 'failed':
    case 'aborted':
    case 'skipped':
      return null;
  }
}

/** How an attempt ended that this event ended. */
export function endingBy(event: RecordedEvent): AttemptEnding {
  if (event.type === 'JobFinished') return 'finished';
  if (event.type === 'JobSkipped') return 'skipped';
  if (event.type === 'JobDeferred') return 'deferred';
  if (event.type === 'JobExpired') return 'expired';
  return event.type === 'JobFaulted' ? event.data.cause : 'aborted';
}

/** A job that runs, or waits for an answer, counts as the last to end. */
export function criticalPathOf(nodes: readonly JobNode[]): readonly string[] {
  const endOf = (node: JobNode) =>
    node.status === 'started' || node.isAwaiting ? Infinity : (endedAtOf(node) ?? -Infinity);
  const last = (among: readonly JobNode[]) =>
    among.reduce<JobNode | null>((best, node) => {
      const end = endOf(node);
      return end > -Infinity && (best === null || end > endOf(best)) ? node : best;
    }, null);
  const path: string[] = [];
  // A graph that another program stored may have circles.
  const seen = new Set<JobNode>();
  for (let node = last(nodes); node !== null && !seen.has(node); node = last(node.parents)) {
    seen.add(node);
    path.push(node.id);
  }
  return path.reverse();
}

function summed(jobs: readonly JobTimeline[]): Record<SpanKind, number> {
  const totals = noTime();
  for (const job of jobs) for (const kind of spanKinds) totals[kind] += job.totals[kind];
  return totals;
}

function startOf({ spans }: JobTimeline): number {
  return spans.find(({ kind }) => kind === 'running' || kind === 'awaiting')?.from ?? Infinity;
}
