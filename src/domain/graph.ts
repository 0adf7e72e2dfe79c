import { frozen, jsonBytes, type JsonObject } from '../prelude/json.js';
import type {
  CarriedResult,
  EventOf,
  ForkedFrom,
  JobDefinition,
  Position,
  RecordedEvent,
  UnreadableProblem,
} from './events.js';
import {
  carriedJob,
  evolveJob,
  initialJob,
  interruptJob,
  type JobState,
  type JobStatus,
  noteLateEvent,
  passOver,
  type RecordedJobEvent,
  transitions,
  whyImpossible,
  withoutResult,
} from './job.js';
import { ancestors, descendants } from './graph-walk.js';
import type { JobSubject } from './job-decisions.js';

/** A graph's status: `failed` means that nothing in it can run any more, and something failed. */
export const graphStatuses = ['running', 'finished', 'failed', 'aborted'] as const;
export type GraphStatus = (typeof graphStatuses)[number];

/**
 * A job's status, more exactly, in the order in which counts are told: `unstarted` is divided into `ready`, `waiting` (for parents), `backing-off` (it may start
 * from its `notBefore` on) and `blocked` (an ancestor failed).
 */
export const derivedStatuses = [
  'finished',
  'started',
  'ready',
  'backing-off',
  'waiting',
  'blocked',
  'failed',
  'aborted',
] as const;
export type DerivedStatus = (typeof derivedStatuses)[number];

/** What an operator did: who, why, and when the log recorded it. */
export interface Intervention {
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

/** An event that cannot follow from the history before it. Only a bug or a foreign program writes one. */
export interface Anomaly {
  readonly position: Position;
  readonly eventId: string;
  readonly graphId: string;
  readonly jobId: string | null;
  readonly problem: string;
}

/** An event that this release cannot read, and why. */
export interface UnreadableAnomaly extends Anomaly {
  readonly why: UnreadableProblem;
}

/** All that events change in a job of a graph, as one immutable value: to keep a record is to keep that state of the job. */
export interface JobRecord {
  readonly state: JobState;
  /** Whether its result, its own or one that was carried over, was too large to keep (see {@link GraphStateOptions}). */
  readonly resultOmitted: boolean;
  /** Parents not finished. */
  readonly pendingParents: number;
  /** Ancestors that carry an abort of their own. */
  readonly abortedAncestors: number;
  /** Ancestors that have failed. */
  readonly failedAncestors: number;
  /** The event that last made it ready, or may have: the cause of its next start. */
  readonly readyCause: string | null;
}

/** A job in a graph's state: its own state, and counters that make searching unnecessary. */
export class JobNode {
  record: JobRecord;
  readonly children: JobNode[] = [];
  parents: readonly JobNode[] = [];

  constructor(
    readonly graph: GraphState,
    readonly definition: JobDefinition,
    /** Its index among the graph's jobs, in the order of the submission. */
    readonly index: number,
    resultOmitted = false,
  ) {
    const { carried } = definition;
    const state = carried === undefined ? initialJob : carriedJob(carried.result);
    this.record = {
      state,
      resultOmitted,
      pendingParents: 0,
      abortedAncestors: 0,
      failedAncestors: 0,
      readyCause: null,
    };
  }

  /** Replaces the record by one with these changes, field by field: spreading takes half as long again for a whole fold. */
  change(changes: Partial<JobRecord>): void {
    const {
      state = this.record.state,
      resultOmitted = this.record.resultOmitted,
      pendingParents = this.record.pendingParents,
      abortedAncestors = this.record.abortedAncestors,
      failedAncestors = this.record.failedAncestors,
      readyCause = this.record.readyCause,
    } = changes;
    this.record = { state, resultOmitted, pendingParents, abortedAncestors, failedAncestors, readyCause };
  }

  get state(): JobState {
    return this.record.state;
  }

  get id(): string {
    return this.definition.id;
  }

  /** The result of another graph's job that stands in for running this one; null if the job runs here. */
  get carried(): CarriedResult | null {
    return this.definition.carried ?? null;
  }

  /** Frozen: the graph's args are shared by all its jobs. */
  get args(): JsonObject {
    return frozen(this.definition.args ?? this.graph.args);
  }

  /** The effective status. A finished or failed job is never changed by the abort of another job or of its graph. */
  get status(): JobStatus {
    const own = this.state.status;
    if (own === 'finished' || own === 'failed') return own;
    return this.record.abortedAncestors > 0 || this.graph.abort !== null ? 'aborted' : own;
  }

  /**
   * Whether it may be claimed, as far as its graph knows, as soon as its `delayMs` is over if it has one. Its type or the
   * whole namespace may be paused: see `pausesOf`.
   */
  get isReady(): boolean {
    const { isOpen, pause } = this.graph;
    return this.status === 'unstarted' && this.record.pendingParents === 0 && isOpen && pause === null;
  }

  /** @param now milliseconds since the epoch */
  derivedStatus(now: number): DerivedStatus {
    const status = this.status;
    if (status !== 'unstarted') return status;
    if (this.record.failedAncestors > 0) return 'blocked';
    if (this.record.pendingParents > 0) return 'waiting';
    const { notBefore } = this.state;
    return notBefore !== null && Date.parse(notBefore) > now ? 'backing-off' : 'ready';
  }

  /** The job in the form that `decideJob` needs. */
  subject(): JobSubject {
    return {
      graphId: this.graph.id,
      definition: this.definition,
      state: this.state,
      status: this.status,
      unfinishedParents: this.parents.filter((parent) => parent.state.status !== 'finished').map((parent) => parent.id),
      abortedThrough: this.abortedThrough(),
      isPaused: this.graph.pause !== null,
    };
  }

  private abortedThrough(): JobSubject['abortedThrough'] {
    if (this.status !== 'aborted' || this.state.abort !== null) return null;
    if (this.graph.abort !== null) return { graph: this.graph.id };
    const ancestor = [...ancestors<JobNode>(this)].find((node) => node.state.abort !== null);
    return ancestor === undefined ? null : { job: ancestor.id };
  }
}

export interface GraphStateOptions {
  /**
   * Larger results are left out of the state, which then only says that they exist. The size is that of the result's event
   * or, for a carried result, of its JSON. Default: no limit.
   */
  readonly resultBytesMax?: number;
}

/** A state that a graph was in. Only that graph can go back to it. */
export interface GraphCapture {
  readonly fields: Pick<GraphState, 'abort' | 'pause' | 'revision' | 'lastEventId' | 'lastEventAt' | 'unreadable'>;
  readonly live: number;
  readonly counts: Readonly<Record<JobStatus, number>>;
  readonly anomalies: number;
  /** In the order of the graph's jobs. */
  readonly records: readonly JobRecord[];
}

/**
 * The state of one graph, folded from its events in log order. It changes in place, so that an event costs no more than
 * the job's children; the record of each job is immutable. Nothing here throws on a stored event.
 */
export class GraphState {
  readonly jobs = new Map<string, JobNode>();
  args: JsonObject = {};
  labels: Readonly<Record<string, string>> = {};
  priority = 0;
  submittedAt: string | null = null;
  /** The graph it is a fork of, if it is one. */
  forkedFrom: ForkedFrom | null = null;
  /** Position of the part that completed the submission; null while the graph does not exist yet. */
  existsFrom: Position | null = null;
  abort: Intervention | null = null;
  /** Its own pause. It holds the jobs back that have not been started, and outlasts the graph's end, should it be retried. */
  pause: Intervention | null = null;
  /** Of the last event in the graph's own stream. */
  revision = -1;
  lastEventId: string | null = null;
  lastEventAt: string | null = null;
  readonly anomalies: Anomaly[] = [];
  /** An event that this release cannot read. The state may be wrong after it, so no job of the graph may be claimed. */
  unreadable: UnreadableAnomaly | null = null;
  /** Whether whoever folds it leaves its jobs to others: it is folded on, but none of its jobs is ready here. */
  isLeft = false;
  private partsSeen = 0;
  /** How many jobs have each own status. */
  private readonly counts: Record<JobStatus, number> = { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0 };
  private live = 0;

  constructor(
    readonly id: string,
    private readonly options: GraphStateOptions = {},
  ) {}

  /** Whether its jobs may be claimed here: it exists, this release can read all of it, and it is not left to others. */
  get isOpen(): boolean {
    return this.existsFrom !== null && this.unreadable === null && !this.isLeft;
  }

  /** Whether nothing in it can run any more. */
  get isSettled(): boolean {
    return this.existsFrom !== null && (this.abort !== null || this.live === 0);
  }

  get status(): GraphStatus {
    if (this.abort !== null) return 'aborted';
    if (!this.isSettled) return 'running';
    if (this.counts.failed > 0) return 'failed';
    return this.counts.finished === this.jobs.size ? 'finished' : 'aborted';
  }

  /** Jobs by effective status. */
  countByStatus(): Record<JobStatus, number> {
    const counts: Record<JobStatus, number> = { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0 };
    for (const node of this.jobs.values()) counts[node.status] += 1;
    return counts;
  }

  /** All that events change in the graph, to go back to later. The graph must exist: from then on its set of jobs is fixed. */
  capture(): GraphCapture {
    const { abort, pause, revision, lastEventId, lastEventAt, unreadable, live } = this;
    return {
      fields: { abort, pause, revision, lastEventId, lastEventAt, unreadable },
      live,
      counts: { ...this.counts },
      anomalies: this.anomalies.length,
      records: Array.from(this.jobs.values(), (node) => node.record),
    };
  }

  /** Goes back to a captured state of this graph. */
  restore({ fields, live, counts, anomalies, records }: GraphCapture): void {
    Object.assign(this, fields);
    Object.assign(this.counts, counts);
    this.live = live;
    this.anomalies.length = anomalies;
    let index = 0;
    for (const node of this.jobs.values()) node.record = records[index++]!;
  }

  /** Applies the next event of this graph. Returns the jobs whose readiness may have changed. */
  apply(event: RecordedEvent): Iterable<JobNode> {
    this.lastEventAt = event.recordedAt;
    if (event.type === 'Unreadable') {
      const anomaly = this.note(event, event.data.explanation);
      this.unreadable ??= { ...anomaly, why: event.data.problem };
      const job = event.jobId === null ? undefined : this.jobs.get(event.jobId);
      if (job !== undefined) job.change({ state: passOver(job.state, event) });
      else if (event.jobId === null) this.moveTo(event);
      return this.jobs.values();
    }
    if (event.jobId === null) return this.applyToGraph(event);
    return this.applyToJob(event, event.jobId);
  }

  private applyToGraph(event: RecordedEvent): Iterable<JobNode> {
    switch (event.type) {
      case 'GraphSubmitted':
        return this.submit(event);
      case 'GraphAborted':
        this.moveTo(event);
        if (this.existsFrom === null) return this.impossible(event, 'a graph that does not exist cannot be aborted');
        if (this.abort !== null) return this.impossible(event, 'the graph is aborted already');
        this.abort = interventionOf(event);
        for (const node of this.jobs.values()) this.setState(node, interruptJob(node.state));
        return this.jobs.values();
      case 'GraphReset':
        this.moveTo(event);
        if (this.abort === null) return this.impossible(event, 'the graph is not aborted');
        this.abort = null;
        return this.readyThrough(event);
      case 'GraphPaused':
        this.moveTo(event);
        if (this.existsFrom === null) return this.impossible(event, 'a graph that does not exist cannot be paused');
        if (this.pause !== null) return this.impossible(event, 'the graph is paused already');
        this.pause = interventionOf(event);
        return this.jobs.values();
      case 'GraphResumed':
        this.moveTo(event);
        if (this.pause === null) return this.impossible(event, 'the graph is not paused');
        this.pause = null;
        return this.readyThrough(event);
      default:
        return this.impossible(event, `${event.type} does not belong in a graph's stream`);
    }
  }

  /** Any job may be ready now because of an event of the graph. */
  private readyThrough(event: RecordedEvent): Iterable<JobNode> {
    for (const node of this.jobs.values()) node.change({ readyCause: event.id });
    return this.jobs.values();
  }

  private submit(event: RecordedEvent & EventOf<'GraphSubmitted'>): Iterable<JobNode> {
    this.moveTo(event);
    const { part, parts, jobs } = event.data;
    if (this.existsFrom !== null || part !== this.partsSeen + 1) {
      return this.impossible(event, `part ${part} of ${parts} cannot follow part ${this.partsSeen}`);
    }
    if (part === 1) {
      this.args = event.data.args;
      this.labels = Object.freeze(event.data.labels);
      this.priority = event.data.priority;
      this.forkedFrom = event.data.forkedFrom ?? null;
    }
    for (const definition of jobs) {
      if (this.jobs.has(definition.id)) this.note(event, `job ${JSON.stringify(definition.id)} is submitted twice`);
      else this.jobs.set(definition.id, this.newNode(definition));
    }
    this.partsSeen = part;
    if (part < parts) return [];
    this.connect(event);
    this.existsFrom = event.position;
    this.submittedAt = event.recordedAt;
    for (const node of this.jobs.values()) {
      this.counts[node.state.status] += 1;
      this.live += livelihood(node);
    }
    return this.jobs.values();
  }

  private newNode(definition: JobDefinition): JobNode {
    const { resultBytesMax = Infinity } = this.options;
    const { carried } = definition;
    const isTooLarge = carried !== undefined && resultBytesMax < Infinity && jsonBytes(carried.result) > resultBytesMax;
    if (!isTooLarge) return new JobNode(this, definition, this.jobs.size);
    return new JobNode(this, { ...definition, carried: { ...carried, result: null } }, this.jobs.size, true);
  }

  private connect(event: RecordedEvent): void {
    for (const node of this.jobs.values()) {
      const parents: JobNode[] = [];
      let carried = 0;
      for (const id of node.definition.parents) {
        const parent = this.jobs.get(id);
        if (parent === undefined) {
          this.note(event, `job ${JSON.stringify(node.id)} depends on ${JSON.stringify(id)}, which does not exist`);
          continue;
        }
        parents.push(parent);
        parent.children.push(node);
        if (parent.carried !== null) carried += 1;
      }
      node.parents = parents;
      node.change({ pendingParents: node.definition.parents.length - carried, readyCause: event.id });
    }
  }

  private applyToJob(event: RecordedEvent, jobId: string): Iterable<JobNode> {
    const node = this.jobs.get(jobId);
    if (node === undefined || this.existsFrom === null) {
      return this.impossible(event, `job ${JSON.stringify(jobId)} is not a job of this graph`);
    }
    if (!isJobEvent(event)) return this.impossible(event, `${event.type} does not belong in a job's stream`);
    if (this.isTooLate(node, event)) {
      node.change({ state: noteLateEvent(node.state, event) });
      return [];
    }
    const problem = whyImpossible(node.state, event) ?? this.whyNotYet(node, event);
    if (problem !== null) {
      node.change({ state: passOver(node.state, event) });
      return this.impossible(event, problem);
    }
    const { bytes } = event;
    const before = node.state.status;
    this.setState(node, evolveJob(node.state, event));
    if (event.type === 'JobFinished' && bytes > (this.options.resultBytesMax ?? Infinity)) {
      node.change({ state: withoutResult(node.state), resultOmitted: true });
    }
    return this.spread(node, before, event);
  }

  /**
   * An event that reaches the log after its graph's abort is no anomaly, since it is in another stream. Nor is an event
   * of the attempt that the abort interrupted, even if the abort was reset before the attempt's worker heard of it.
   */
  private isTooLate({ state }: JobNode, event: RecordedJobEvent): boolean {
    if (event.type === 'JobAborted' || event.type === 'JobReset') return false;
    if (state.interrupted && event.type !== 'JobStarted') return event.data.attempt === state.attempt;
    return this.abort !== null && (state.status === 'unstarted' || state.status === 'started');
  }

  private whyNotYet(node: JobNode, event: RecordedJobEvent): string | null {
    if (event.type !== 'JobStarted') return null;
    const { pendingParents, abortedAncestors } = node.record;
    if (pendingParents > 0) return `it started while ${pendingParents} of its parents were not finished`;
    return abortedAncestors > 0 ? 'it started while an ancestor was aborted' : null;
  }

  /** What a job's new status means for the jobs below it. */
  private spread(node: JobNode, before: JobStatus, event: RecordedEvent): Iterable<JobNode> {
    const after = node.state.status;
    if (event.type === 'JobFaulted' || event.type === 'JobReset') node.change({ readyCause: event.id });
    if (after === before) return [node];
    if (after === 'finished') {
      for (const child of node.children) {
        child.change({ pendingParents: child.record.pendingParents - 1, readyCause: event.id });
      }
      return [node, ...node.children];
    }
    if (after === 'aborted' || before === 'aborted')
      return this.shiftBelow(node, 'abortedAncestors', after === 'aborted' ? 1 : -1);
    if (after === 'failed' || before === 'failed')
      return this.shiftBelow(node, 'failedAncestors', after === 'failed' ? 1 : -1);
    return [node];
  }

  private shiftBelow(node: JobNode, counter: 'abortedAncestors' | 'failedAncestors', by: 1 | -1): Iterable<JobNode> {
    const below = descendants(node);
    const cause = by < 0 ? node.record.readyCause : null;
    for (const descendant of below) {
      this.live -= livelihood(descendant);
      const readyCause = cause ?? descendant.record.readyCause;
      descendant.change({ [counter]: descendant.record[counter] + by, readyCause });
      this.live += livelihood(descendant);
    }
    return [node, ...below];
  }

  private setState(node: JobNode, state: JobState): void {
    this.live -= livelihood(node);
    this.counts[node.state.status] -= 1;
    node.change({ state });
    this.counts[state.status] += 1;
    this.live += livelihood(node);
  }

  private moveTo(event: RecordedEvent): void {
    this.revision = event.revision;
    this.lastEventId = event.id;
  }

  private impossible(event: RecordedEvent, problem: string): readonly JobNode[] {
    this.note(event, problem);
    return [];
  }

  private note(event: RecordedEvent, problem: string): Anomaly {
    const { position, id, graphId, jobId } = event;
    const anomaly: Anomaly = { position, eventId: id, graphId, jobId, problem };
    this.anomalies.push(anomaly);
    return anomaly;
  }
}

/** Where the result of a job was carried over from; null for a job that runs in its graph. */
export function carriedFrom({ carried }: JobNode): Omit<CarriedResult, 'result'> | null {
  if (carried === null) return null;
  const { result: _, ...from } = carried;
  return from;
}

/** What the event of an operator says. */
export function interventionOf({
  data: { by, reason },
  recordedAt,
}: Pick<RecordedEvent, 'recordedAt'> & { readonly data: Omit<Intervention, 'at'> }): Intervention {
  return Object.freeze({ by, reason, at: recordedAt });
}

/** 1 for a job that can still run to its end, else 0. */
function livelihood(node: JobNode): 0 | 1 {
  const { status } = node.state;
  const canRun = status === 'started' || (status === 'unstarted' && node.record.failedAncestors === 0);
  return canRun && node.record.abortedAncestors === 0 ? 1 : 0;
}

function isJobEvent(event: RecordedEvent): event is RecordedEvent & RecordedJobEvent {
  return event.type in transitions;
}
