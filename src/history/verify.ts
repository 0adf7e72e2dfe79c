import type { Position, RecordedEvent } from '../domain/events.js';
import { GraphState, type JobNode } from '../domain/graph.js';
import type { JobState } from '../domain/job.js';

/** Something in a log that cannot be: where it stands, as far as that is known, and what is wrong with it. */
export interface Problem {
  readonly position: Position | null;
  readonly eventId: string | null;
  readonly graphId: string | null;
  readonly jobId: string | null;
  readonly problem: string;
}

/** Checks what holds along the whole log, whatever graph an event belongs to. Give it every event, in log order. */
export class LogAudit {
  private last: RecordedEvent | null = null;

  /** @param compare how positions of this log are ordered, which only the log knows */
  constructor(private readonly compare: (a: Position, b: Position) => number) {}

  check(event: RecordedEvent): readonly Problem[] {
    const { last } = this;
    this.last = event;
    if (last === null) return [];
    const problems: Problem[] = [];
    if (this.compare(last.position, event.position) >= 0) {
      problems.push(problemOf(event, `position ${event.position} does not stand behind ${last.position}`));
    }
    // Instants are all written alike (ISO 8601, UTC, milliseconds), so that their text is in the order of time.
    if (event.recordedAt < last.recordedAt) {
      problems.push(
        problemOf(
          event,
          `it was recorded at ${event.recordedAt}, before the event in front of it (${last.recordedAt})`,
        ),
      );
    }
    return problems;
  }
}

/**
 * Checks everything that holds within one graph: its events are readable, each follows from the history before it,
 * stands at the next revision of its stream and names an earlier event as its cause, and every attempt ends at most
 * once, before the next one starts. Give it every event of the graph, in log order.
 *
 * Some of this follows from the rules in `domain/`. It is worked out here a second time, from the outside, because an
 * auditor that believes the books has checked nothing.
 */
export class GraphAudit {
  readonly state: GraphState;
  private readonly events = new EventIds();
  /** The last revision of each stream, by job; that of the graph's own under the empty id, which no job can have. */
  private readonly revisions = new Map<string, number>();
  /** The last attempt of each job that has ended. */
  private readonly endedAttempts = new Map<string, number>();

  constructor(graphId: string) {
    this.state = new GraphState(graphId, { resultBytesMax: 0 });
  }

  check(event: RecordedEvent): readonly Problem[] {
    const found: string[] = [];
    this.checkRevision(event, found);
    this.checkCause(event, found);
    const known = this.state.anomalies.length;
    const started = event.type === 'GraphAborted' ? this.startedJobs() : [];
    const node = event.jobId === null ? undefined : this.state.jobs.get(event.jobId);
    const before = node?.state;
    this.state.apply(event);
    const { anomalies } = this.state;
    if (node !== undefined && anomalies.length === known) this.checkAttempt(node, before!, event, found);
    for (const job of started) if (job.state.status !== 'started') this.endAttempt(job, job.state.attempt, found);
    if (found.length === 0 && anomalies.length === known) return noProblems;
    return [...found, ...anomalies.slice(known).map(({ problem }) => problem)].map((each) => problemOf(event, each));
  }

  private checkRevision(event: RecordedEvent, found: string[]): void {
    const stream = event.jobId ?? '';
    const expected = (this.revisions.get(stream) ?? -1) + 1;
    this.revisions.set(stream, event.revision);
    if (event.revision !== expected) {
      found.push(`it stands at revision ${event.revision} of its stream, where ${expected} was to come`);
    }
  }

  private checkCause({ id, jobId, causationId }: RecordedEvent, found: string[]): void {
    const node = jobId === null ? undefined : this.state.jobs.get(jobId);
    // What led to an event is nearly always one of these: no search is needed for them.
    const isNear =
      causationId === null || causationId === node?.state.lastEventId || causationId === this.state.lastEventId;
    if (!isNear && !this.events.has(causationId)) {
      found.push(`its cause ${causationId} is no earlier event of this graph`);
    }
    this.events.add(id);
  }

  private checkAttempt(node: JobNode, before: JobState, event: RecordedEvent, found: string[]): void {
    const after = node.state;
    const wasStarted = before.status === 'started';
    const isStarted = after.status === 'started';
    if (wasStarted && !isStarted) this.endAttempt(node, before.attempt, found);
    if (event.type !== 'JobStarted') return;
    if (!isStarted) {
      // A claim that reached the log behind the abort of its graph: it was over before it began.
      this.endedAttempts.set(node.id, after.attempt);
    } else if (after.attempt > 1 && this.endedAttempts.get(node.id) !== after.attempt - 1) {
      found.push(`attempt ${after.attempt} starts though attempt ${after.attempt - 1} has not ended`);
    }
  }

  private endAttempt(node: JobNode, attempt: number, found: string[]): void {
    if (this.endedAttempts.get(node.id) === attempt) {
      found.push(`attempt ${attempt} of job ${JSON.stringify(node.id)} ends a second time`);
    }
    this.endedAttempts.set(node.id, attempt);
  }

  private startedJobs(): readonly JobNode[] {
    return [...this.state.jobs.values()].filter((node) => node.state.status === 'started');
  }
}

/** Ids of events, put in an index only when somebody asks: most are never asked for, and indexing is what costs. */
class EventIds {
  private readonly indexed = new Set<string>();
  private fresh: string[] = [];

  add(id: string): void {
    this.fresh.push(id);
  }

  has(id: string): boolean {
    if (this.fresh.at(-1) === id || this.indexed.has(id)) return true;
    for (const each of this.fresh) this.indexed.add(each);
    this.fresh = [];
    return this.indexed.has(id);
  }
}

const noProblems: readonly Problem[] = [];

function problemOf({ position, id, graphId, jobId }: RecordedEvent, problem: string): Problem {
  return { position, eventId: id, graphId, jobId, problem };
}
