import type { FaultCause, RecordedEvent } from '../../domain/events.js';
import type { MemoizedFrom } from '../../domain/memoize.js';
import { GraphState, type GraphStatus, type JobNode } from '../../domain/graph.js';
import type { JobStatus } from '../../domain/job.js';

/**
 * What a job did during a span of time: `blocked` until its parents have finished, `ready` until a worker claims
 * it, `backing-off` until it may be tried again, `running`. Time after it ended or was aborted belongs to none.
 */
export const spanKinds = ['blocked', 'ready', 'backing-off', 'running'] as const;
export type SpanKind = (typeof spanKinds)[number];

/** How an attempt ended. */
export type AttemptEnding = 'finished' | 'aborted' | FaultCause;

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

/** Whether a span is an attempt that ended without finishing the job. */
export function isWrong({ ending }: Span): boolean {
  return ending !== null && ending !== 'finished';
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
}

export interface GraphTimeline {
  readonly graphId: string;
  readonly status: GraphStatus;
  /** Milliseconds since the epoch: from the submission to the end of the last job, or to the moment looked at. */
  readonly from: number;
  readonly to: number;
  /** In the order in which they started; then those that never did, in the order of the graph. */
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
  const clocks = new Map<JobNode, JobClock>();
  for (const event of events) {
    const changed = graph.apply(event);
    const at = Date.parse(event.recordedAt);
    for (const node of changed) {
      const clock = clocks.get(node);
      if (clock !== undefined) clock.look(at, event);
      else clocks.set(node, new JobClock(node, at));
    }
  }
  const isOver = graph.isSettled;
  const from = graph.submittedAt === null ? now : Date.parse(graph.submittedAt);
  const lastAt = graph.lastEventAt === null ? from : Date.parse(graph.lastEventAt);
  const to = isOver ? lastAt : Math.max(now, lastAt);
  for (const clock of clocks.values()) clock.stop(to);
  const criticalPath = criticalPathOf([...graph.jobs.values()], clocks);
  const critical = new Set(criticalPath);
  const jobs = [...clocks.values()].map((clock) => clock.timeline(critical.has(clock.node.id)));
  jobs.sort((a, b) => startOf(a) - startOf(b));
  return {
    graphId,
    status: graph.status,
    from,
    to,
    jobs,
    criticalPath,
    totals: summed(jobs),
    criticalTotals: summed(jobs.filter((job) => job.isCritical)),
  };
}

/** Watches one job go through its spans. */
class JobClock {
  private readonly spans: Span[] = [];
  private kind: SpanKind | null;
  private attempt: number | null = null;
  /** Milliseconds since the epoch. */
  private backsOffUntil = 0;

  constructor(
    readonly node: JobNode,
    private since: number,
  ) {
    this.kind = kindOf(node);
  }

  /** Notes the job's status after an event. */
  look(at: number, event: RecordedEvent): void {
    const kind = kindOf(this.node);
    const isNewAttempt = kind === 'running' && this.attempt !== this.node.state.attempt;
    if (kind === this.kind && !isNewAttempt && kind !== 'backing-off') return;
    this.close(at, event);
    this.kind = kind;
    this.attempt = kind === 'running' ? this.node.state.attempt : null;
    if (kind === 'backing-off') this.backsOffUntil = Date.parse(this.node.state.notBefore!);
  }

  stop(at: number): void {
    this.close(at, null);
    this.kind = null;
  }

  timeline(isCritical: boolean): JobTimeline {
    const { id, definition, status, state } = this.node;
    const totals = { blocked: 0, ready: 0, 'backing-off': 0, running: 0 };
    for (const { kind, from, to } of this.spans) totals[kind] += to - from;
    return {
      jobId: id,
      type: definition.type,
      status,
      attempts: state.attempt,
      spans: this.spans,
      totals,
      endedAt: this.endedAt,
      isCritical,
      memoizedFrom: state.memoizedFrom,
    };
  }

  get endedAt(): number | null {
    const { status, state, definition } = this.node;
    // What was carried over from another graph took no time in this one.
    if (definition.carried !== undefined) return null;
    const hasEnded = status === 'finished' || status === 'failed' || state.status === 'aborted';
    return hasEnded && state.endedAt !== null ? Date.parse(state.endedAt) : null;
  }

  private close(at: number, event: RecordedEvent | null): void {
    const { kind, since, attempt } = this;
    this.since = at;
    if (kind === null) return;
    const span = { kind, from: since, to: at, attempt, ending: null };
    if (kind === 'running') this.spans.push({ ...span, ending: event === null ? null : endingBy(event) });
    else if (kind === 'backing-off') this.closeBackOff(since, at);
    else if (at > since) this.spans.push(span);
  }

  /** After its back-off, a job that was not claimed yet was ready. */
  private closeBackOff(from: number, to: number): void {
    const until = Math.min(Math.max(this.backsOffUntil, from), to);
    const common = { attempt: null, ending: null };
    if (until > from) this.spans.push({ kind: 'backing-off', from, to: until, ...common });
    if (to > until) this.spans.push({ kind: 'ready', from: until, to, ...common });
  }
}

function kindOf(node: JobNode): SpanKind | null {
  switch (node.status) {
    case 'started':
      return 'running';
    case 'unstarted':
      if (node.record.pendingParents > 0) return 'blocked';
      return node.state.notBefore === null ? 'ready' : 'backing-off';
    case 'finished':
    case 'failed':
    case 'aborted':
      return null;
  }
}

function endingBy(event: RecordedEvent): AttemptEnding {
  if (event.type === 'JobFinished') return 'finished';
  return event.type === 'JobFaulted' ? event.data.cause : 'aborted';
}

/** A job that runs counts as the last to end. */
function criticalPathOf(nodes: readonly JobNode[], clocks: ReadonlyMap<JobNode, JobClock>): readonly string[] {
  const endOf = (node: JobNode) => (node.status === 'started' ? Infinity : (clocks.get(node)?.endedAt ?? -Infinity));
  const last = (among: readonly JobNode[]) =>
    among.reduce<JobNode | null>((best, node) => {
      const end = endOf(node);
      return end > -Infinity && (best === null || end > endOf(best)) ? node : best;
    }, null);
  const path: string[] = [];
  for (let node = last(nodes); node !== null; node = last(node.parents)) path.unshift(node.id);
  return path;
}

function summed(jobs: readonly JobTimeline[]): Record<SpanKind, number> {
  const totals = { blocked: 0, ready: 0, 'backing-off': 0, running: 0 };
  for (const job of jobs) for (const kind of spanKinds) totals[kind] += job.totals[kind];
  return totals;
}

function startOf({ spans }: JobTimeline): number {
  return spans.find(({ kind }) => kind === 'running')?.from ?? Infinity;
}
