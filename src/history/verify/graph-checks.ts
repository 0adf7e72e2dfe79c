import type { RecordedEvent } from '../../domain/events.js';
import { isOfNamespace } from '../../domain/namespace-stream.js';
import { GraphCheck, NamespaceCheck } from './invariants.js';
import type { EventLog, LogError } from '../../log/event-log.js';
import { comparePositions } from '../../domain/positions.js';
import { E, type TaskEither } from '../../prelude/fp.js';
import { LimitChecks } from './limit-checks.js';
import { ScheduleChecks } from './schedule-checks.js';
import type { Tally } from './tally.js';

/**
 * How many jobs of settled graphs are kept in memory, since late events may come for them. Keeping them is costly for the
 * garbage collector, so there are few at first; each graph that must be read again raises the number.
 */
const settledJobsKept = { atFirst: 1000, atMost: 20_000 };

/**
 * The checks of all graphs that have not settled, and of those that settled last. A graph that was dropped, or began before
 * the first event that is checked, is read again when an event concerns it: an operator's retry, or a late event. The
 * namespace's own stream is checked as a graph is.
 */
export class GraphChecks {
  /** Of the streams of schedules. */
  readonly schedules: ScheduleChecks;
  /** Of the streams of limits. */
  readonly limits: LimitChecks;
  /** Of the namespace's own stream. */
  private ofNamespace: NamespaceCheck | null = null;
  private readonly checks = new Map<string, GraphCheck>();
  /** Those that have settled, the earliest first. */
  private readonly settled = new Set<GraphCheck>();
  private settledJobs = 0;
  private settledJobsMax = settledJobsKept.atFirst;

  constructor(private readonly log: EventLog) {
    this.schedules = new ScheduleChecks(log);
    this.limits = new LimitChecks(log);
  }

  /** Whether the check of an event's graph is in memory. */
  has(event: RecordedEvent): boolean {
    return isOfNamespace(event) ? this.ofNamespace !== null : this.checks.has(event.graphId);
  }

  /** Begins the check of an event's graph, or of the namespace's own stream. */
  async open(event: RecordedEvent, tally: Tally): Promise<void> {
    if (isOfNamespace(event)) {
      const check = (this.ofNamespace = new NamespaceCheck());
      const earlier = event.revision === 0 ? [] : await this.readAgain(event, tally, this.log.readStream(event));
      for (const past of earlier) check.check(past);
      return;
    }
    const check = new GraphCheck(event.graphId);
    this.checks.set(event.graphId, check);
    const isNew = event.jobId === null && event.revision === 0;
    const { graphId, position } = event;
    const earlier = isNew ? [] : await this.readAgain(event, tally, this.log.readGraph(graphId, position));
    for (const past of earlier) check.check(past); // Its problems were reported the first time.
    if (earlier.length === 0) tally.graphs += 1;
    else this.settledJobsMax = Math.min(settledJobsKept.atMost, this.settledJobsMax + check.state.jobs.size);
  }

  /** Checks an event of a graph whose check is in memory. */
  check(event: RecordedEvent, tally: Tally): void {
    if (isOfNamespace(event)) return tally.found(this.ofNamespace!.check(event));
    const check = this.checks.get(event.graphId)!;
    const { state } = check;
    const before = state.existsFrom === null ? 0 : state.jobs.size;
    tally.found(check.check(event));
    if (state.existsFrom !== null) tally.jobs += state.jobs.size - before;
    if (this.settled.has(check) !== state.isSettled) this.reindex(check);
  }

  private async readAgain(
    { id: eventId, graphId, jobId, position }: RecordedEvent,
    tally: Tally,
    history: TaskEither<LogError, readonly RecordedEvent[]>,
  ): Promise<readonly RecordedEvent[]> {
    const read = await history();
    if (E.isRight(read)) return read.right.filter((past) => comparePositions(past.position, position) < 0);
    if (read.left.code !== 'store-history-missing') throw read.left;
    tally.found([{ position, eventId, graphId, jobId, problem: read.left.message }]);
    return [];
  }

  private reindex(check: GraphCheck): void {
    const { state } = check;
    if (!state.isSettled) {
      this.settled.delete(check);
      this.settledJobs -= state.jobs.size;
      return;
    }
    this.settled.add(check);
    this.settledJobs += state.jobs.size;
    for (const oldest of this.settled) {
      if (this.settledJobs <= this.settledJobsMax || oldest === check) break;
      this.settled.delete(oldest);
      this.settledJobs -= oldest.state.jobs.size;
      this.checks.delete(oldest.state.id);
    }
  }
}
