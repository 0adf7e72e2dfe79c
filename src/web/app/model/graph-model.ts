import type { Position, RecordedEvent } from '../../../domain/events.js';
import { failureStack } from '../../../domain/failure-stack.js';
import { GraphState, type JobNode } from '../../../domain/graph.js';
import { type GraphInfo, type JobDetails, toJobInfo } from '../../../domain/graph-info.js';
import type { Places } from '../../../domain/limit-places.js';
import { levelsOf } from '../../../domain/graph-walk.js';
import { completesSubmission } from '../../../domain/submission.js';
import {
  explainGraph,
  explainJob,
  recentMs,
  type GraphExplanation,
  type JobExplanation,
  type PastEvents,
  type WorkerSeen,
} from '../../../history/explain/explanation.js';
import { GraphHistory } from '../../../history/moments/graph-history.js';
import { type GraphTimeline, Timelines } from '../../../history/timeline/spans.js';
import { listIn } from '../../../prelude/grouped.js';
import { ClaimsSeen } from './claims-seen.js';
import { countUpTo } from './rising.js';

/** Kinds of events that are marked on the scrubber. */
export type Trouble = 'fault' | 'failed' | 'abort' | 'reset';

/** An event that is marked. */
export interface Mark {
  /** Among the graph's events, from 1. */
  readonly number: number;
  readonly trouble: Trouble;
}

/** What is known of a moment beside the graph's own events. */
export interface SeenElsewhere {
  readonly workersSeen?: readonly WorkerSeen[];
  /** The places under the keys of a job. */
  readonly places?: readonly Places[];
}

/** What an event set in motion, for drawing. */
export interface Change {
  /** The job that the event is about; null for the graph itself. */
  readonly jobId: string | null;
  /** Jobs that became ready by it. */
  readonly madeReady: readonly string[];
}

/**
 * One graph as the page knows it: its events, and everything computed from them. Grows while the graph is followed. All
 * numbers of events count from 1, and 0 is never asked for: a graph is shown from its first whole state on.
 */
export class GraphModel {
  readonly history: GraphHistory;
  readonly timelines = new Timelines();
  /** The graph after all of its events. */
  readonly latest: GraphState;
  /** When each event was recorded, in milliseconds since the epoch. */
  readonly times: number[] = [];
  readonly marks: Mark[] = [];
  private knownLevels: ReadonlyMap<string, number> = new Map();
  /** Jobs that ever went wrong: an attempt of theirs faulted, or they were aborted. */
  readonly troubled = new Set<string>();
  private readonly ofJob = new Map<string, number[]>();
  private readonly claims = new ClaimsSeen();
  private readonly numbersById = new Map<string, number>();

  /**
   * @param events of the graph, the first of its history first; they must hold its whole submission
   * @param workEvents of the namespace's own stream
   */
  constructor(
    readonly graphId: string,
    events: readonly RecordedEvent[],
    workEvents: readonly RecordedEvent[],
  ) {
    const existsFrom = events.findIndex(completesSubmission) + 1;
    if (existsFrom === 0) throw new RangeError(`graph ${graphId} is not there as a whole yet`);
    this.latest = new GraphState(graphId);
    this.history = new GraphHistory(graphId, [], existsFrom, workEvents);
    for (const event of events) this.take(event);
  }

  /** How many steps away from the beginning each job is. */
  get levels(): ReadonlyMap<string, number> {
    const { jobs } = this.latest;
    // Of a graph that grows, they change with it.
    if (this.knownLevels.size !== jobs.size) this.knownLevels = levelsOf(jobs.keys(), (id) => jobs.get(id)!.parentIds);
    return this.knownLevels;
  }

  /** How many events there are. */
  get length(): number {
    return this.times.length;
  }

  /** The number of the event that the graph exists from. */
  get first(): number {
    return this.history.existsFrom;
  }

  get events(): readonly RecordedEvent[] {
    return this.history.events;
  }

  /** The position of the last event. */
  get position(): Position {
    return this.events.at(-1)!.position;
  }

  /** Takes events that were recorded since; those it has already are passed over. */
  add(events: readonly RecordedEvent[]): void {
    for (const event of events) if (!this.numbersById.has(event.id)) this.take(event);
  }

  event(number: number): RecordedEvent {
    return this.events[number - 1]!;
  }

  /** The number of an event, by its id; null for one of another graph. */
  numberOf(eventId: string): number | null {
    return this.numbersById.get(eventId) ?? null;
  }

  /** The numbers of a job's events, rising. */
  eventsOf(jobId: string): readonly number[] {
    return this.ofJob.get(jobId) ?? [];
  }

  /** How many events had been recorded at a moment; at least as many as it takes for the graph to exist. */
  numberAt(time: number): number {
    return Math.max(this.first, countUpTo(this.times, time));
  }

  /** The state after a number of events. The next call changes it. */
  stateAt(number: number): GraphState {
    // Most look at the end first, which is folded already.
    return number === this.length ? this.latest : this.history.stateAt(number);
  }

  infoAt(number: number): GraphInfo {
    return this.history.at(number);
  }

  jobAt(number: number, jobId: string): JobDetails | null {
    const job = this.stateAt(number).jobs.get(jobId);
    if (job === undefined) return null;
    const stack = failureStack(job, this.pastOf(number).ofJob(jobId));
    return { ...toJobInfo(job, this.history.momentAt(number)), stack };
  }

  explainJob(number: number, jobId: string, seen: SeenElsewhere = {}): JobExplanation | null {
    const job = this.stateAt(number).jobs.get(jobId);
    if (job === undefined) return null;
    const workersSeen = seen.workersSeen ?? this.workersSeen(number);
    return explainJob(job, { ...this.history.momentAt(number), ...seen, workersSeen, past: this.pastOf(number) });
  }

  explainGraph(number: number, workersSeen = this.workersSeen(number)): GraphExplanation {
    return explainGraph(this.stateAt(number), { ...this.history.momentAt(number), workersSeen });
  }

  timelineAt(number: number): GraphTimeline {
    return this.timelines.at(this.stateAt(number), number, this.times[number - 1]!);
  }

  /** The workers that claimed jobs of this graph lately, as of an event. A server knows those of other graphs too. */
  workersSeen(number: number): readonly WorkerSeen[] {
    const first = countUpTo(this.times, this.times[number - 1]! - recentMs - 1) + 1;
    return this.claims.between(first, number, (each) => this.event(each));
  }

  /** What an event set in motion. */
  changeBy(number: number): Change {
    const { id, jobId } = this.event(number);
    const job = jobId === null ? undefined : this.stateAt(number).jobs.get(jobId);
    const woken = (job?.children ?? []).filter((child) => child.record.above.readyCause === id && isReady(child));
    return { jobId, madeReady: woken.map((child) => child.id) };
  }

  private pastOf(last: number): PastEvents {
    return {
      event: (number) => this.event(number),
      numberOf: (eventId) => {
        const number = this.numberOf(eventId);
        return number === null || number > last ? null : number;
      },
      ofJob: (jobId) =>
        this.eventsOf(jobId)
          .filter((number) => number <= last)
          .map((number) => this.event(number)),
    };
  }

  private take(event: RecordedEvent): void {
    this.history.add(event);
    this.timelines.add(event, this.latest.apply(event));
    this.times.push(Date.parse(event.recordedAt));
    const number = this.times.length;
    this.numbersById.set(event.id, number);
    if (event.jobId !== null) listIn(this.ofJob, event.jobId).push(number);
    const type = event.jobId === null ? undefined : this.latest.jobs.get(event.jobId)?.definition.type;
    if (event.type === 'JobStarted' && type !== undefined) this.claims.add(number, event, type);
    const trouble = troubleOf(event);
    if (trouble === null) return;
    this.marks.push({ number, trouble });
    if (event.jobId !== null && trouble !== 'reset') this.troubled.add(event.jobId);
  }
}

function isReady({ status, record }: JobNode): boolean {
  return status === 'unstarted' && record.above.prospect === 'ready';
}

function troubleOf(event: RecordedEvent): Trouble | null {
  switch (event.type) {
    case 'JobFaulted':
      // What a worker handed back when it stopped did not go wrong.
      if (event.data.cause === 'released') return null;
      return event.data.next.kind === 'failed' ? 'failed' : 'fault';
    case 'JobExpired':
      return 'failed';
    case 'JobAnswered':
      return event.data.failure === undefined ? null : 'failed';
    case 'JobAborted':
    case 'GraphAborted':
      return 'abort';
    case 'JobReset':
    case 'GraphReset':
      return 'reset';
    default:
      return null;
  }
}
