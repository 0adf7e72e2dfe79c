import type { Position, RecordedEvent } from '../../domain/events.js';
import { redactedInstant } from '../../evidence/redaction-mark.js';
import { GraphState, type JobNode } from '../../domain/graph.js';
import { isTooOld } from '../../domain/memoized-results.js';
import type { JobState } from '../../domain/job.js';
import { evolveWork, initialWork, whyNoWork } from '../../domain/pauses.js';

/** Something in a log that is wrong: where, as far as that is known, and what. */
export interface Problem {
  readonly position: Position | null;
  readonly eventId: string | null;
  readonly graphId: string | null;
  readonly jobId: string | null;
  readonly problem: string;
}

/** Which event it is, and where and when it was recorded. */
export type PlacedEvent = Pick<RecordedEvent, 'position' | 'recordedAt' | 'id' | 'graphId' | 'jobId'>;

/** Checks what holds along the whole log, whatever graph an event belongs to. Give it every event, in log order. */
export class LogCheck {
  /**
   * @param compare how positions of this log are ordered
   * @param last the event before the first one it is given
   */
  constructor(
    private readonly compare: (a: Position, b: Position) => number,
    private last: { readonly position: Position | null; readonly recordedAt: string | null } = nothing,
  ) {}

  check(event: PlacedEvent): readonly Problem[] {
    const { position, recordedAt } = this.last;
    this.last = event;
    if (position === null || recordedAt === null) return noProblems;
    const isAfter = this.compare(position, event.position) < 0;
    // Instants all have the same form (ISO 8601, UTC, milliseconds), so they sort as text.
    const isLater = recordedAt <= event.recordedAt;
    if (isAfter && isLater) return noProblems;
    const problems: Problem[] = [];
    if (!isAfter) problems.push(problemOf(event, `position ${event.position} does not come after ${position}`));
    if (!isLater) {
      const before = `before the previous event (${recordedAt})`;
      problems.push(problemOf(event, `it was recorded at ${event.recordedAt}, ${before}`));
    }
    return problems;
  }
}

/**
 * Checks everything that holds within one graph: its events are readable, each follows from the history before it,
 * has the next revision in its stream and names an earlier event as its cause, and every attempt ends at most
 * once, before the next one starts. Give it every event of the graph, in log order.
 *
 * Some of this follows from the rules in `domain/`. It is checked here a second time, from the outside, because an auditor
 * who trusts the books has checked nothing.
 */
export class GraphCheck {
  readonly state: GraphState;
  private readonly events = new EventIds();
  /** By job; the graph's own stream under the empty id, which no job can have. */
  private readonly streams = new Map<string, StreamCheck>();

  constructor(graphId: string) {
    this.state = new GraphState(graphId, { resultBytesMax: 0 });
  }

  check(event: RecordedEvent): readonly Problem[] {
    const found: string[] = [];
    const stream = this.streamOf(event.jobId ?? '');
    checkRevision(stream, event, found);
    const node = event.jobId === null ? undefined : this.state.jobs.get(event.jobId);
    this.checkCause(event, node, found);
    const known = this.state.anomalies.length;
    const started = event.type === 'GraphAborted' ? this.startedJobs() : [];
    const before = node?.state;
    this.state.apply(event);
    const { anomalies } = this.state;
    if (node !== undefined && anomalies.length === known) {
      checkAttempt(stream, { node, before: before!, event }, found);
      checkMemoized({ node, before: before!, event }, found);
    }
    for (const { id, state } of started) {
      if (state.status !== 'started') endAttempt(this.streamOf(id), id, state.attempt, found);
    }
    if (found.length === 0 && anomalies.length === known) return noProblems;
    return [...found, ...anomalies.slice(known).map(({ problem }) => problem)].map((each) => problemOf(event, each));
  }

  private streamOf(jobId: string): StreamCheck {
    const known = this.streams.get(jobId);
    if (known !== undefined) return known;
    const stream = { revision: -1, endedAttempt: 0 };
    this.streams.set(jobId, stream);
    return stream;
  }

  private checkCause({ id, causationId }: RecordedEvent, node: JobNode | undefined, found: string[]): void {
    // The cause of an event is nearly always one of these, so no search is needed.
    const isNear =
      causationId === null || causationId === node?.state.lastEventId || causationId === this.state.lastEventId;
    if (!isNear && !this.events.has(causationId)) {
      found.push(`its cause ${causationId} is not an earlier event of this graph`);
    }
    this.events.add(id);
  }

  private startedJobs(): readonly JobNode[] {
    return [...this.state.jobs.values()].filter((node) => node.state.status === 'started');
  }
}

/**
 * Checks what holds within the namespace's own stream: its revisions, and that each event follows from those before it:
 * nothing is paused twice, or resumed that is not paused.
 */
export class NamespaceCheck {
  private work = initialWork;
  private readonly stream: StreamCheck = { revision: -1, endedAttempt: 0 };
  private readonly events = new EventIds();

  check(event: RecordedEvent): readonly Problem[] {
    const found: string[] = [];
    checkRevision(this.stream, event, found);
    this.checkWork(event, found);
    return found.length === 0 ? noProblems : found.map((each) => problemOf(event, each));
  }

  private checkWork(event: RecordedEvent, found: string[]): void {
    const { id, causationId } = event;
    if (causationId !== null && !this.events.has(causationId)) {
      found.push(`its cause ${causationId} is not an earlier event of this stream`);
    }
    this.events.add(id);
    const problem = whyNoWork(this.work, event);
    if (problem !== null) found.push(problem);
    this.work = evolveWork(this.work, event);
  }
}

interface StreamCheck {
  /** Of its last event. */
  revision: number;
  /** The last attempt that has ended; 0 before the first one has. */
  endedAttempt: number;
}

function checkRevision(stream: StreamCheck, { revision }: RecordedEvent, found: string[]): void {
  const expected = stream.revision + 1;
  stream.revision = revision;
  if (revision !== expected) {
    found.push(`it has revision ${revision} in its stream, where ${expected} was expected`);
  }
}

/** A job, its state before an event, and the event. */
interface JobStep {
  readonly node: JobNode;
  readonly before: JobState;
  readonly event: RecordedEvent;
}

function checkAttempt(
  stream: StreamCheck,
  { node: { id, state: after }, before, event }: JobStep,
  found: string[],
): void {
  const wasStarted = before.status === 'started';
  const isStarted = after.status === 'started';
  if (wasStarted && !isStarted) endAttempt(stream, id, before.attempt, found);
  if (event.type !== 'JobStarted') return;
  if (!isStarted) {
    // A claim that reached the log after the abort of its graph: it was over before it began.
    stream.endedAttempt = after.attempt;
  } else if (after.attempt > 1 && stream.endedAttempt !== after.attempt - 1) {
    found.push(`attempt ${after.attempt} starts though attempt ${after.attempt - 1} has not ended`);
  }
}

/** A remembered result is taken only where the job asked for it, and by a job that started soon enough after it. */
function checkMemoized({ node: { id, definition }, before, event }: JobStep, found: string[]): void {
  if (event.type !== 'JobFinished' || event.data.memoized === undefined) return;
  const { finishedAt } = event.data.memoized;
  const { memoize } = definition;
  const job = `job ${JSON.stringify(id)}`;
  if (memoize === undefined || memoize.fresh === true) {
    found.push(`${job} finished with a remembered result, which it did not ask for`);
  } else if (
    finishedAt !== redactedInstant &&
    before.startedAt !== null &&
    isTooOld(memoize, finishedAt, before.startedAt)
  ) {
    found.push(`${job} finished with a remembered result, of ${finishedAt}, that is too old for it`);
  }
}

function endAttempt(stream: StreamCheck, jobId: string, attempt: number, found: string[]): void {
  if (stream.endedAttempt === attempt) {
    found.push(`attempt ${attempt} of job ${JSON.stringify(jobId)} ends a second time`);
  }
  stream.endedAttempt = attempt;
}

/** Ids of events, indexed only when one is asked for: most never are, and indexing is costly. */
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

const nothing = { position: null, recordedAt: null };
const noProblems: readonly Problem[] = [];

function problemOf({ position, id, graphId, jobId }: PlacedEvent, problem: string): Problem {
  return { position, eventId: id, graphId, jobId, problem };
}
