import { defined } from '../prelude/defined.js';
import { isoTime } from '../prelude/iso-time.js';
import { frozen, jsonBytes, type JsonObject } from '../prelude/json.js';
import type {
  CarriedResult,
  EventOf,
  ForkedFrom,
  JobDefinition,
  Position,
  RecordedEvent,
  Spawned,
  UnreadableProblem,
} from './events.js';
import {
  carriedJob,
  evolveJob,
  initialJob,
  interruptJob,
  type JobState,
  type JobStatus,
  noJobs,
  noteLateEvent,
  passOver,
  type RecordedJobEvent,
  transitions,
  whyImpossible,
  withoutResult,
} from './job.js';
import {
  afterChange,
  openCounts,
  type DependencyRule,
  type JobOutcome,
  type ParentCounts,
  prospectOf,
  type Prospect,
} from './dependency-rules.js';
import { reached } from './graph-walk.js';
import { givesPriority } from './priorities.js';
import { attach, detach, type Growth, link } from './growth.js';
import type { JobSubject } from './job-decisions.js';
import {
  closesBy,
  deadlineOf,
  dueFrom,
  type Expiry,
  type GraphDeadline,
  isTimed,
  limitOf,
  type Readiness,
  startsBy,
} from './timing.js';

/** A graph's status: `failed` means that nothing in it can run any more, and something failed. */
export const graphStatuses = ['running', 'finished', 'failed', 'aborted'] as const;
export type GraphStatus = (typeof graphStatuses)[number];

/**
 * A job's status, more exactly, in the order in which counts are told: `unstarted` is divided into `ready`, `awaiting` (an
 * answer from outside), `backing-off`, `deferred` and `delayed` (it may start from its `notBefore` on, after an attempt that
 * failed or put it off, or as its graph asks), `waiting` (for parents) and `blocked` (by an ancestor that failed).
 */
export const derivedStatuses = [
  'finished',
  'skipped',
  'started',
  'ready',
  'awaiting',
  'backing-off',
  'deferred',
  'delayed',
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

/** What the jobs that a job depends on mean for it. Of a job that has been started, it says nothing. */
interface FromParents extends ParentCounts {
  readonly prospect: Prospect;
  /** Whether its parents ever let it start. An operator may have reset one of them since. */
  readonly wasReady: boolean;
  /** The event that last made it ready, or may have: the cause of its next start. */
  readonly readyCause: string | null;
}

/** All that events change in a job of a graph, as one immutable value: to keep a record is to keep that state of the job. */
export interface JobRecord {
  readonly state: JobState;
  /** Whether its result, its own or one that was carried over, was too large to keep (see {@link GraphStateOptions}). */
  readonly resultOmitted: boolean;
  readonly above: FromParents;
  /**
   * The records of its parents when its last attempt started, for what they mean to the handler; null while its rule says
   * that they cannot change any more.
   */
  readonly parentsAtStart: readonly JobRecord[] | null;
}

const nobody: readonly JobNode[] = Object.freeze([]);
const unconnected = fromParents(openCounts(0), 'waiting', false, null);

/** Field by field: spreading a frozen object takes twenty times as long, and this runs for every edge. */
function fromParents(
  { openParents, finishedParents, failedParents, abortedParents, skippedParents }: ParentCounts,
  prospect: Prospect,
  wasReady: boolean,
  readyCause: string | null,
): FromParents {
  return {
    openParents,
    finishedParents,
    failedParents,
    abortedParents,
    skippedParents,
    prospect,
    wasReady,
    readyCause,
  };
}

/** A job in a graph's state: its own state, and counters that make searching unnecessary. */
export class JobNode {
  record: JobRecord;
  readonly children: JobNode[] = [];
  /** Those that its definition names and that exist, and then those that were spawned since below some of them. */
  readonly parents: JobNode[] = [];
  /** The jobs that wait for all that is spawned below it, however deep. */
  awaiters: readonly JobNode[] = nobody;
  /** What it asks of its parents. */
  readonly rule: DependencyRule;
  /** Whether it, or its graph, says anything of when it starts or ends. */
  readonly isTimed: boolean;
  private readonly optional: readonly string[] | null;

  constructor(
    readonly graph: GraphState,
    readonly definition: JobDefinition,
    /** Its index among the graph's jobs: in the order of the submission, and then in that in which they were spawned. */
    readonly index: number,
    /** Its args, unless its definition has some. */
    private readonly sharedArgs: JsonObject,
    /** The job that spawned it, here or in the graph that this one is a fork of. */
    public spawner: JobNode | null = null,
    resultOmitted = false,
  ) {
    const { carried, carriedStatus, when, optional } = definition;
    this.rule = when ?? 'all-finished';
    this.isTimed = graph.startAfter !== null || isTimed(definition);
    this.optional = optional ?? null;
    const state = carried === undefined ? initialJob : carriedJob(carried, carriedStatus);
    this.record = { state, resultOmitted, above: unconnected, parentsAtStart: null };
  }

  /** Replaces the record by one with these changes, field by field: spreading takes half as long again for a whole fold. */
  change(changes: Partial<JobRecord>): void {
    const { record } = this;
    this.record = {
      state: changes.state ?? record.state,
      resultOmitted: changes.resultOmitted ?? record.resultOmitted,
      above: changes.above ?? record.above,
      parentsAtStart: changes.parentsAtStart ?? record.parentsAtStart,
    };
  }

  /** Notes that an event may have made it ready. */
  causedBy(readyCause: string): void {
    const { above } = this.record;
    this.setAbove(fromParents(above, above.prospect, above.wasReady, readyCause));
  }

  /** Notes that a parent has come out otherwise than before, by an event. */
  changeParent(before: JobOutcome, after: JobOutcome, isOptional: boolean, eventId: string): void {
    const { above } = this.record;
    const counts = afterChange(above, before, after, isOptional);
    const prospect = prospectOf(this.rule, counts);
    const isReady = prospect === 'ready';
    // Of those that could have made it ready, the first did.
    const readyCause = isReady && above.prospect === 'ready' ? above.readyCause : eventId;
    this.setAbove(fromParents(counts, prospect, isReady || above.wasReady, readyCause));
  }

  /** It waits for more jobs, which have just come to be, beside one that has not ended yet. So it was not to run before. */
  awaitMore(count: number): void {
    const { above } = this.record;
    const { prospect, wasReady, readyCause } = above;
    const counts = { ...above, openParents: above.openParents + count };
    this.setAbove(fromParents(counts, prospect, wasReady, readyCause));
  }

  /** Replaces what its parents mean for it. */
  setAbove(above: FromParents): void {
    const { state, resultOmitted, parentsAtStart } = this.record;
    this.record = { state, resultOmitted, above, parentsAtStart };
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

  /** Frozen: many jobs share theirs. */
  get args(): JsonObject {
    return frozen(this.definition.args ?? this.sharedArgs);
  }

  /** Jobs of a higher one start first. */
  get priority(): number {
    return this.definition.priority ?? this.graph.priority;
  }

  /** The ids of its parents: those that its definition names, whether they exist or not, and those spawned since. */
  get parentIds(): readonly string[] {
    const { parents, withSpawned } = this.definition;
    if (withSpawned === undefined) return parents;
    return [...new Set([...parents, ...this.parents.map(({ id }) => id)])];
  }

  /** Whether all its parents have finished, for good, once it has started. */
  get hasFixedInputs(): boolean {
    return this.rule === 'all-finished' && this.optional === null;
  }

  /** Whether a parent of it may be skipped without its being skipped too. */
  isOptional(parent: JobNode): boolean {
    const { optional } = this;
    if (optional === null || optional.includes(parent.id)) return optional !== null;
    const { withSpawned = [] } = this.definition;
    for (let at = parent.spawner; at !== null; at = at.spawner) {
      if (withSpawned.includes(at.id) && optional.includes(at.id)) return true;
    }
    return false;
  }

  /** How it has come out, for the jobs that depend on it. An abort of the graph as a whole is not counted. */
  get outcome(): JobOutcome {
    return outcomeOf(this.record);
  }

  /** The effective status. A job that has come to an end is never changed by the abort of another job or of its graph. */
  get status(): JobStatus {
    const own = this.state.status;
    if (own !== 'unstarted' && own !== 'started') return own;
    if (own === 'unstarted' && this.record.above.prospect === 'skipped') return 'skipped';
    if (this.graph.abort !== null) return 'aborted';
    return own === 'unstarted' && this.record.above.prospect === 'aborted' ? 'aborted' : own;
  }

  /**
   * Whether it may be claimed, as far as its graph knows, as soon as its `delayMs` is over if it has one. Its type or the
   * whole namespace may be paused: see `pausesOf`.
   */
  get isReady(): boolean {
    const { isOpen, pause } = this.graph;
    const mayStart = this.record.above.prospect === 'ready' && this.definition.external === undefined;
    return this.status === 'unstarted' && mayStart && isOpen && pause === null;
  }

  /** Whether it waits for nothing but an answer from outside. */
  get isAwaiting(): boolean {
    const mayBeAnswered = this.record.above.prospect === 'ready' && this.definition.external !== undefined;
    return mayBeAnswered && this.status === 'unstarted';
  }

  /** @param now milliseconds since the epoch */
  derivedStatus(now: number): DerivedStatus {
    const status = this.status;
    if (status !== 'unstarted') return status;
    const { prospect } = this.record.above;
    if (prospect !== 'ready') return prospect;
    if (this.isAwaiting) return 'awaiting';
    const { notBefore, deferReason } = this.state;
    if (notBefore !== null && Date.parse(notBefore) > now) return deferReason === null ? 'backing-off' : 'deferred';
    const { due } = this;
    return due !== null && due > now ? 'delayed' : 'ready';
  }

  /** From when on it may start, as far as its definition and its graph say; null if that is when it is ready. */
  private get due(): number | null {
    if (!this.isTimed) return null;
    const readiness = this.graph.readiness.get(this);
    if (readiness === undefined) return null;
    const due = dueFrom(this.definition, this.graph.startAfter, readiness);
    return due > readiness.at ? due : null;
  }

  /** From when on it may start, by the log's clock, in milliseconds since the epoch; null if it was never asked to wait. */
  get startsFrom(): number | null {
    const { notBefore } = this.state;
    const again = notBefore === null ? null : Date.parse(notBefore);
    const { due } = this;
    return due === null || again === null ? (due ?? again) : Math.max(due, again);
  }

  /** The same as text. */
  get notBefore(): string | null {
    const from = this.startsFrom;
    return from === null || from === Date.parse(this.state.notBefore ?? '') ? this.state.notBefore : isoTime(from);
  }

  /** When the next of its time limits runs out, if that is to be watched here; null if none will. */
  get expiry(): Expiry | null {
    return this.isTimed && this.graph.isOpen ? this.expiresBy : null;
  }

  /** The same, whoever watches: as long as it can be run or answered, or runs. */
  get expiresBy(): Expiry | null {
    const readiness = this.graph.readiness.get(this);
    const { status } = this;
    const mayRun = status === 'unstarted' && this.record.above.prospect === 'ready';
    if (readiness === undefined || (status !== 'started' && !mayRun)) return null;
    const due = dueFrom(this.definition, this.graph.startAfter, readiness);
    const closes = closesBy(this.definition, due, readiness);
    if (status === 'started') return closes;
    const { endedAt, notBefore } = this.state;
    const last = Date.parse(notBefore ?? endedAt ?? '') || 0;
    const starts = startsBy(this.definition, Math.max(due, readiness.reopenedAt, last));
    if (starts === null || closes === null) return starts ?? closes;
    return starts.at < closes.at ? starts : closes;
  }

  /** Whether it would be ready if this parent, which has not ended, finished. */
  isReadyOnceFinished(parent: JobNode): boolean {
    if (this.record.above.prospect === 'ready' || parent.outcome !== 'open') return false;
    return prospectOf(this.rule, afterChange(this.record.above, 'open', 'finished', false)) === 'ready';
  }

  /** The job in the form that `decideJob` needs. */
  subject(): JobSubject {
    return {
      graphId: this.graph.id,
      definition: this.definition,
      state: this.state,
      status: this.status,
      waitsFor: this.waitsFor().map((parent) => parent.id),
      abortedThrough: this.abortedThrough(),
      isPaused: this.graph.pause !== null,
      startsFrom: this.startsFrom,
    };
  }

  /** The parents that keep it from being ready: those that have not ended, or the others that block it. */
  waitsFor(): readonly JobNode[] {
    const { prospect } = this.record.above;
    if (prospect === 'ready') return [];
    return this.parents.filter(({ outcome }) => (prospect === 'waiting' ? outcome === 'open' : outcome !== 'finished'));
  }

  /** The jobs above it whose own aborts are why it is aborted. */
  abortedBy(): readonly JobNode[] {
    return this.reasons('aborted').filter((node) => node.state.abort !== null);
  }

  /** The jobs above it whose failures are why it is blocked. */
  blockedBy(): readonly JobNode[] {
    return this.reasons('blocked', 'failed').filter((node) => node.state.status === 'failed');
  }

  /** All above it that have come out as one of these, and through which it has too; in the order of the graph. */
  private reasons(...outcomes: readonly JobOutcome[]): readonly JobNode[] {
    const next = (node: JobNode) =>
      node !== this && node.state.status !== 'unstarted'
        ? []
        : node.parents.filter(({ outcome }) => outcomes.includes(outcome));
    return [...reached<JobNode>(this, next)].sort((a, b) => a.index - b.index);
  }

  private abortedThrough(): JobSubject['abortedThrough'] {
    if (this.status !== 'aborted' || this.state.abort !== null) return null;
    if (this.graph.abort !== null) return { graph: this.graph.id };
    const [ancestor] = this.abortedBy();
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
  readonly fields: Pick<
    GraphState,
    'abort' | 'pause' | 'deadlineAt' | 'revision' | 'lastEventId' | 'lastEventAt' | 'unreadable'
  >;
  readonly live: number;
  readonly counts: Readonly<Record<JobStatus, number>>;
  readonly anomalies: number;
  readonly growths: readonly Growth<JobNode>[];
  readonly spawning: ReadonlyMap<JobNode, readonly Spawned[]>;
  readonly readiness: ReadonlyMap<JobNode, Readiness>;
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
  /** Whether any of its jobs may come before or after those of other graphs because of a priority. */
  hasPriorities = false;
  submittedAt: string | null = null;
  /** None of its jobs starts before this instant. */
  startAfter: string | null = null;
  /** When it is aborted if it has not ended, in milliseconds since the epoch; null if never, or not any more. */
  deadlineAt: number | null = null;
  /** What was said of that. */
  deadline: GraphDeadline = {};
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
  /** What attempts that run have spawned, which exists when they finish. */
  private spawning = new Map<JobNode, readonly Spawned[]>();
  /** Of jobs that say something of time: when they became ready. A job that runs, or has ended, keeps what it had then. */
  readiness: Map<JobNode, Readiness> = new Map();
  /** What was spawned so far, in order. */
  private growths: Growth<JobNode>[] = [];
  /** How many jobs have each own status. */
  private readonly counts = noJobs();
  /** How many jobs can still run to an end. */
  private live = 0;

  constructor(
    readonly id: string,
    private readonly options: GraphStateOptions = {},
  ) {}

  /** Whether its jobs may be claimed here: it exists, this release can read all of it, and it is not left to others. */
  get isOpen(): boolean {
    return this.existsFrom !== null && this.unreadable === null && !this.isLeft;
  }

  /** Whether anything in it is said of time. */
  get isTimed(): boolean {
    return this.deadlineAt !== null || this.readiness.size > 0;
  }

  /** Whether nothing in it can run any more. */
  get isSettled(): boolean {
    return this.existsFrom !== null && (this.abort !== null || this.live === 0);
  }

  get status(): GraphStatus {
    if (this.abort !== null) return 'aborted';
    if (!this.isSettled) return 'running';
    if (this.counts.failed > 0) return 'failed';
    // What is aborted through others is so through a job with an abort of its own.
    return this.counts.aborted > 0 ? 'aborted' : 'finished';
  }

  /** Jobs by effective status. */
  countByStatus(): Record<JobStatus, number> {
    const counts = noJobs();
    for (const node of this.jobs.values()) counts[node.status] += 1;
    return counts;
  }

  /** All that events change in the graph, to go back to later. The graph must exist: from then on, jobs only come by growth. */
  capture(): GraphCapture {
    const { abort, pause, deadlineAt, revision, lastEventId, lastEventAt, unreadable, live } = this;
    return {
      fields: { abort, pause, deadlineAt, revision, lastEventId, lastEventAt, unreadable },
      live,
      counts: { ...this.counts },
      anomalies: this.anomalies.length,
      growths: [...this.growths],
      spawning: new Map(this.spawning),
      readiness: new Map(this.readiness),
      records: Array.from(this.jobs.values(), (node) => node.record),
    };
  }

  /** Goes back to a captured state of this graph. */
  restore({ fields, live, counts, anomalies, growths, spawning, readiness, records }: GraphCapture): void {
    this.regrow(growths);
    this.spawning = new Map(spawning);
    this.readiness = new Map(readiness);
    Object.assign(this, fields);
    Object.assign(this.counts, counts);
    this.live = live;
    this.anomalies.length = anomalies;
    let index = 0;
    for (const node of this.jobs.values()) node.record = records[index++]!;
  }

  private regrow(growths: readonly Growth<JobNode>[]): void {
    let same = 0;
    while (same < growths.length && growths[same] === this.growths[same]) same += 1;
    for (const growth of this.growths.slice(same).reverse()) detach(growth, this.jobs);
    for (const growth of growths.slice(same)) attach(growth, this.jobs);
    this.growths = [...growths];
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
        if (event.data.deadline !== undefined && !this.hasPassedDeadline(event)) return this.jobs.values();
        this.abort = interventionOf(event);
        for (const node of this.jobs.values()) this.setState(node, interruptJob(node.state), event);
        return this.jobs.values();
      case 'GraphReset':
        this.moveTo(event);
        if (this.abort === null) return this.impossible(event, 'the graph is not aborted');
        this.abort = null;
        // Whoever goes on with a graph after its deadline means to.
        this.deadlineAt = null;
        for (const node of this.readiness.keys()) this.reopen(node, event);
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

  /** What a wrong clock has written too early has no effect. */
  private hasPassedDeadline({ recordedAt }: RecordedEvent): boolean {
    return this.deadlineAt !== null && Date.parse(recordedAt) >= this.deadlineAt;
  }

  /** Any job may be ready now because of an event of the graph. */
  private readyThrough(event: RecordedEvent): Iterable<JobNode> {
    for (const node of this.jobs.values()) node.causedBy(event.id);
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
      this.startAfter = event.data.startAfter ?? null;
      const { deadline, deadlineMs } = event.data;
      this.deadline = defined({ deadline, deadlineMs });
    }
    for (const definition of jobs) {
      if (this.jobs.has(definition.id)) this.note(event, `job ${JSON.stringify(definition.id)} is submitted twice`);
      else this.jobs.set(definition.id, this.newNode(definition));
    }
    this.partsSeen = part;
    this.hasPriorities ||= givesPriority(event);
    if (part < parts) return [];
    this.connect(event);
    this.existsFrom = event.position;
    this.submittedAt = event.recordedAt;
    this.deadlineAt = deadlineOf(this.deadline, event);
    this.live = 0;
    for (const node of this.jobs.values()) {
      this.counts[node.state.status] += 1;
      if (node.outcome === 'open') this.live += 1;
    }
    return this.jobs.values();
  }

  private newNode(definition: JobDefinition): JobNode {
    const { resultBytesMax = Infinity } = this.options;
    const { carried } = definition;
    const isTooLarge = carried !== undefined && resultBytesMax < Infinity && jsonBytes(carried.result) > resultBytesMax;
    if (!isTooLarge) return new JobNode(this, definition, this.jobs.size, this.args);
    const kept = { ...definition, carried: { ...carried, result: null } };
    return new JobNode(this, kept, this.jobs.size, this.args, null, true);
  }

  private connect(event: RecordedEvent): void {
    for (const node of this.jobs.values()) {
      this.findParents(node, event);
      for (const parent of node.parents) parent.children.push(node);
    }
    findAwaited(this.jobs.values(), (id) => this.jobs.get(id));
    for (const node of this.jobs.values()) this.placeSpawned(node);
    const ended = [...this.jobs.values()].filter(({ outcome }) => outcome !== 'open');
    for (const node of ended) this.spread(node, 'open', event);
  }

  private findParents(node: JobNode, event: RecordedEvent, find = (id: string) => this.jobs.get(id)): void {
    for (const id of node.definition.parents) {
      const parent = find(id);
      if (parent !== undefined) node.parents.push(parent);
      else this.note(event, `job ${JSON.stringify(node.id)} depends on ${JSON.stringify(id)}, which does not exist`);
    }
    // One that does not exist never ends.
    const counts = openCounts(node.definition.parents.length);
    const prospect = prospectOf(node.rule, counts);
    node.setAbove(fromParents(counts, prospect, prospect === 'ready', event.id));
    if (node.isTimed) this.noteReadiness(node, event);
  }

  /** Notes when a job became ready that says something of time. It may have come out otherwise by an event. */
  private noteReadiness(node: JobNode, { recordedAt }: RecordedEvent): void {
    if (node.state.status !== 'unstarted') return;
    if (node.record.above.prospect !== 'ready') this.readiness.delete(node);
    else if (!this.readiness.has(node)) {
      const at = Date.parse(recordedAt);
      this.readiness.set(node, { at, reopenedAt: at });
    }
  }

  /** An operator has opened a job again, or its graph: its limits count from now. */
  private reopen(node: JobNode, { recordedAt }: RecordedEvent): void {
    const known = this.readiness.get(node);
    if (known !== undefined) this.readiness.set(node, { at: known.at, reopenedAt: Date.parse(recordedAt) });
  }

  /** Of a fork: a job that was spawned in the other graph is awaited as if it had been spawned in this one. */
  private placeSpawned(node: JobNode): void {
    const { spawnedBy } = node.definition;
    if (spawnedBy === undefined) return;
    const spawner = this.jobs.get(spawnedBy);
    // Only another program stores jobs that spawn each other, or before those that spawn them.
    if (spawner === undefined || spawner.index >= node.index) return;
    node.spawner = spawner;
    node.awaiters = node.awaiters === nobody ? spawner.awaiters : [...node.awaiters, ...spawner.awaiters];
    for (const awaiter of spawner.awaiters) {
      if (awaiter.definition.parents.includes(node.id)) continue;
      link(awaiter, node);
      awaiter.awaitMore(1);
    }
  }

  /** What an attempt had spawned that this event ends; null if it had spawned nothing, or goes on. */
  private takeSpawned(node: JobNode, event: RecordedJobEvent): readonly Spawned[] | null {
    const { spawning } = this;
    const before = spawning.size === 0 ? undefined : spawning.get(node);
    if (event.type === 'JobsSpawned') {
      spawning.set(node, [...(before ?? []), event.data]);
      return null;
    }
    if (before !== undefined) spawning.delete(node);
    return before ?? null;
  }

  /**
   * The jobs that an attempt spawned come to be when it finishes. It is still open here, as they are; so whoever waits for
   * all of them is not ready in between.
   */
  private grow(spawner: JobNode, spawned: readonly Spawned[], event: RecordedEvent): readonly JobNode[] {
    const added = new Map<string, JobNode>();
    for (const { jobs, args } of spawned) {
      for (const definition of jobs) {
        const { id } = definition;
        if (this.jobs.has(id) || added.has(id)) this.note(event, `job ${JSON.stringify(id)} is spawned a second time`);
        else added.set(id, new JobNode(this, definition, this.jobs.size + added.size, args, spawner));
      }
    }
    const nodes = [...added.values()];
    this.hasPriorities ||= nodes.some(({ definition }) => definition.priority !== undefined);
    // Only another program stores one that depends on any other job.
    const find = (id: string) => (id === spawner.id ? spawner : added.get(id));
    for (const node of nodes) {
      this.findParents(node, event, find);
      node.awaiters = spawner.awaiters;
    }
    findAwaited(nodes, (id) => added.get(id));
    const growth = { spawner, nodes };
    attach(growth, this.jobs);
    this.growths.push(growth);
    for (const awaiter of spawner.awaiters) awaiter.awaitMore(nodes.length);
    this.counts.unstarted += nodes.length;
    this.live += nodes.length;
    return nodes;
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
    const problem = whyImpossible(node.state, event) ?? whyNotBy(node, event) ?? this.whyNotYet(node, event);
    if (problem !== null) {
      node.change({ state: passOver(node.state, event) });
      return this.impossible(event, problem);
    }
    if (event.type === 'JobExpired' && isTooEarly(node, event)) {
      node.change({ state: passOver(node.state, event) });
      return [node];
    }
    const spawned = event.type === 'Heartbeat' ? null : this.takeSpawned(node, event);
    const added = event.type === 'JobFinished' && spawned !== null ? this.grow(node, spawned, event) : [];
    const changed = this.setState(node, evolveJob(node.state, event), event);
    if (
      (event.type === 'JobFinished' || event.type === 'JobAnswered') &&
      event.bytes > (this.options.resultBytesMax ?? Infinity)
    ) {
      node.change({ state: withoutResult(node.state), resultOmitted: true });
    }
    if (event.type === 'JobFaulted' || event.type === 'JobDeferred' || event.type === 'JobReset')
      node.causedBy(event.id);
    if (event.type === 'JobReset' && node.isTimed) this.reopen(node, event);
    if (event.type === 'JobStarted' && !node.hasFixedInputs)
      node.change({ parentsAtStart: node.parents.map(({ record }) => record) });
    return added.length === 0 ? changed : [...changed, ...added];
  }

  /**
   * An event that reaches the log after its graph's abort is no anomaly, since it is in another stream. Nor is an event
   * of the attempt that the abort interrupted, even if the abort was reset before the attempt's worker heard of it.
   */
  private isTooLate({ state }: JobNode, event: RecordedJobEvent): boolean {
    if (event.type === 'JobAborted' || event.type === 'JobReset') return false;
    const isOfAttempt = event.type !== 'JobStarted' && event.type !== 'JobAnswered';
    if (state.interrupted && isOfAttempt && event.data.attempt !== undefined)
      return event.data.attempt === state.attempt;
    return this.abort !== null && (state.status === 'unstarted' || state.status === 'started');
  }

  /** A claim or an answer may reach the log after the reset of a parent that it was made before: these are in other streams. */
  private whyNotYet(node: JobNode, event: RecordedJobEvent): string | null {
    const { prospect, wasReady } = node.record.above;
    const isAnswer = event.type === 'JobAnswered';
    if ((event.type !== 'JobStarted' && !isAnswer) || prospect === 'ready' || wasReady) return null;
    const did = isAnswer ? 'it was answered' : 'it started';
    if (prospect === 'aborted') return `${did} while an ancestor was aborted`;
    if (prospect === 'skipped') return `${did} though it is skipped because of its parents`;
    const waitsFor = node.waitsFor().length + node.definition.parents.filter((id) => !this.jobs.has(id)).length;
    if (node.rule === 'all-finished') return `${did} while ${waitsFor} of its parents were not finished`;
    return `${did} while its parents had not ended as its rule ${node.rule} asks for`;
  }

  /** Gives a job another state, and tells the jobs below it what that means for them. Returns those whose readiness may have changed. */
  private setState(node: JobNode, state: JobState, event: RecordedEvent): readonly JobNode[] {
    const before = node.outcome;
    this.counts[node.state.status] -= 1;
    this.counts[state.status] += 1;
    node.change({ state });
    if (node.isTimed) this.noteReadiness(node, event);
    const after = node.outcome;
    if (after === before) return [node];
    this.countLive(before, after);
    return [node, ...this.spread(node, before, event)];
  }

  private countLive(before: JobOutcome, after: JobOutcome): void {
    this.live += (after === 'open' ? 1 : 0) - (before === 'open' ? 1 : 0);
  }

  /** What it means for the jobs below a job that it comes out otherwise than before. An event costs the edges below what changes by it. */
  private spread(node: JobNode, before: JobOutcome, event: RecordedEvent): readonly JobNode[] {
    const touched: JobNode[] = [];
    // Jobs that have come out otherwise, and as what those below them know them.
    const open = new Map([[node, before]]);
    for (const [parent, was] of open) {
      open.delete(parent);
      const is = parent.outcome;
      if (is === was) continue;
      for (const child of parent.children) {
        const childWas = child.outcome;
        child.changeParent(was, is, child.isOptional(parent), event.id);
        if (child.isTimed) this.noteReadiness(child, event);
        touched.push(child);
        const childIs = child.outcome;
        if (childIs === childWas) continue;
        this.countLive(childWas, childIs);
        if (!open.has(child)) open.set(child, childWas);
      }
    }
    return touched;
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

/** Notes those of some jobs that wait for all that is spawned below others. Many may wait for the same. */
function findAwaited(nodes: Iterable<JobNode>, find: (id: string) => JobNode | undefined): void {
  const lists = new Map<JobNode, JobNode[]>();
  for (const node of nodes) {
    for (const id of node.definition.withSpawned ?? []) {
      const awaited = find(id);
      if (awaited === undefined) continue;
      let list = lists.get(awaited);
      if (list === undefined) {
        list = [...awaited.awaiters];
        lists.set(awaited, list);
        awaited.awaiters = list;
      }
      list.push(node);
    }
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

/** No worker starts a job that is answered from outside, and nobody outside answers one that workers run. */
function whyNotBy({ definition }: JobNode, event: RecordedJobEvent): string | null {
  const isExternal = definition.external !== undefined;
  if (event.type === 'JobExpired' && limitOf(definition, event.data.limit) === undefined) {
    return `it ran out of its ${event.data.limit}Ms, and has none`;
  }
  if (event.type === 'JobStarted' && isExternal) return 'it started, though it is answered from outside';
  return event.type === 'JobAnswered' && !isExternal ? 'it was answered from outside, though workers run it' : null;
}

/**
 * Whether a job was said to have run out of time before it had, which only a wrong clock does, or when it was not ready any
 * more: what was reset is in another stream. Of the attempt that runs, its worker knows.
 */
function isTooEarly(node: JobNode, { data, recordedAt }: RecordedEvent & EventOf<'JobExpired'>): boolean {
  if (data.attempt !== undefined) return false;
  const { expiresBy } = node;
  return expiresBy === null || Date.parse(recordedAt) < expiresBy.at;
}

/** How a job with this record has come out. */
export function outcomeOf({ state: { status }, above: { prospect } }: JobRecord): JobOutcome {
  if (status === 'started') return 'open';
  if (status !== 'unstarted') return status;
  return prospect === 'ready' || prospect === 'waiting' ? 'open' : prospect;
}

function isJobEvent(event: RecordedEvent): event is RecordedEvent & RecordedJobEvent {
  return event.type in transitions;
}
