import { listIn } from '../../prelude/grouped.js';
import { type AttemptInput, endingsOf, inputsFrom, parentsNow } from '../../domain/attempt-input.js';
import type { EventOf, Failure, FaultCause, RecordedEvent, WorkerIdentity } from '../../domain/events.js';
import { GraphState, type JobNode } from '../../domain/graph.js';
import type { Spawned } from '../../domain/events.js';
import type { Rejection } from '../../domain/rejection.js';
import { E, type Either } from '../../prelude/fp.js';
import type { Json } from '../../prelude/json.js';
import { graphNotFound, jobNotFound } from '../../domain/not-found.js';
import { spawnedIn, type SpawnedDefinitions } from '../../domain/spawn.js';

/**
 * How an attempt ended, as it is recorded. Of the causes of `faulted`, `fault` and `exception` come from the handler, and
 * `timeout` (also of a limit on all attempts), `lease-expired` and `released` from elsewhere. `aborted` may come from the handler or from somebody else.
 */
export type RecordedOutcome =
  | { readonly kind: 'finished'; readonly result: Json; readonly spawned?: SpawnedDefinitions }
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Its handler put the job off. */
  | { readonly kind: 'deferred'; readonly reason: string; readonly delayMs: number }
  | { readonly kind: 'faulted'; readonly cause: FaultCause; readonly failure: Failure; readonly hasFailed: boolean }
  | {
      readonly kind: 'aborted';
      readonly byHandler: boolean;
      readonly by: string;
      readonly message: string;
      readonly silent: boolean;
    };

/** An attempt that has ended: what its handler was given, and its outcome. Plain data. */
export interface RecordedAttempt extends AttemptInput {
  readonly worker: WorkerIdentity;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: RecordedOutcome;
}

type Started = RecordedEvent & EventOf<'JobStarted'>;

/**
 * Gathers an attempt from the history of its graph.
 *
 * @param events of the graph and its jobs, in log order
 * @param attempt the last one that has ended, unless given
 */
export function recordedAttempt(
  graphId: string,
  events: readonly RecordedEvent[],
  jobId: string,
  attempt?: number,
): Either<Rejection, RecordedAttempt> {
  const attempts = attemptsOf(ownEvents(events, jobId));
  const wanted =
    attempt === undefined
      ? attempts.findLast(({ end }) => end !== null)
      : attempts.find(({ start }) => start.data.attempt === attempt);
  const graph = new GraphState(graphId);
  const startAt = wanted === undefined ? events.length : events.indexOf(wanted.start);
  for (const event of events.slice(0, startAt)) graph.apply(event);
  const refusal = whyNot(graph, jobId, { attempts, asked: attempt, wanted });
  if (refusal !== null) return E.left(refusal);
  return E.right(recordOf(graph.jobs.get(jobId)!, { ...wanted!, end: wanted!.end! }));
}

/**
 * Every attempt in the history of a graph that has ended, in the order in which they started; without those whose result
 * was remembered, since no handler ran.
 *
 * @param events of the graph and its jobs, in log order
 */
export function recordedAttempts(graphId: string, events: readonly RecordedEvent[]): readonly RecordedAttempt[] {
  const ended = new Map<RecordedEvent, EndedAttempt>();
  for (const own of ownEventsByJob(events)) {
    for (const attempt of attemptsOf(own)) {
      const { start, end } = attempt;
      if (end !== null && !isMemoized(end)) ended.set(start, { ...attempt, end });
    }
  }
  const graph = new GraphState(graphId);
  const attempts: RecordedAttempt[] = [];
  for (const event of events) {
    const attempt = ended.get(event);
    const node = attempt === undefined ? undefined : graph.jobs.get(event.jobId!);
    if (node !== undefined) attempts.push(recordOf(node, attempt!));
    graph.apply(event);
  }
  return attempts;
}

/** Whether a job finished without a run of its handler, with a result that was remembered from another job. */
export function isMemoized(event: RecordedEvent): boolean {
  return event.type === 'JobFinished' && 'memoized' in event.data;
}

/** What a handler was given when an attempt started, and how it ended. The job is as it was just before. */
function recordOf(node: JobNode, { start, spawned, end }: EndedAttempt): RecordedAttempt {
  const { id, definition, state, args, graph } = node;
  const parents = parentsNow(node);
  return {
    graphId: graph.id,
    id,
    type: definition.type,
    attempt: start.data.attempt,
    args,
    inputs: inputsFrom(parents),
    parents: endingsOf(parents),
    labels: graph.labels,
    details: state.details,
    worker: start.data.worker,
    startedAt: start.recordedAt,
    endedAt: end.recordedAt,
    outcome: outcomeOf(end, spawned),
  };
}

type End = RecordedEvent &
  EventOf<'JobFinished' | 'JobFaulted' | 'JobAborted' | 'JobSkipped' | 'JobDeferred' | 'JobExpired' | 'GraphAborted'>;

interface Attempt {
  readonly start: Started;
  readonly spawned: readonly Spawned[];
  /** Null while it runs. */
  readonly end: End | null;
}

type EndedAttempt = Attempt & { readonly end: End };

/**
 * The attempts of a job, in order. What the owner writes after the abort of its graph comes too late for the job, but it
 * tells how the handler ended; so it takes precedence over the abort.
 */
function attemptsOf(own: readonly RecordedEvent[]): readonly Attempt[] {
  const starts = own.filter((event): event is Started => event.type === 'JobStarted');
  return starts.map((start) => {
    const from = own.indexOf(start) + 1;
    const next = own.findIndex((event, at) => at >= from && event.type === 'JobStarted');
    const during = own.slice(from, next < 0 ? own.length : next);
    const ending = during.find((event): event is End => isEndOf(event, start.data.attempt));
    const abort = during.find((event): event is End => event.type === 'GraphAborted');
    const spawned = during.flatMap((event) => (event.type === 'JobsSpawned' ? [event.data] : []));
    return { start, spawned, end: ending ?? abort ?? null };
  });
}

function ownEvents(events: readonly RecordedEvent[], jobId: string): readonly RecordedEvent[] {
  return events.filter((event) => event.jobId === jobId || event.type === 'GraphAborted');
}

/** The same for every job that was started, in one pass. */
function ownEventsByJob(events: readonly RecordedEvent[]): Iterable<readonly RecordedEvent[]> {
  const own = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    if (event.type === 'GraphAborted') for (const list of own.values()) list.push(event);
    if (event.jobId === null) continue;
    listIn(own, event.jobId).push(event);
  }
  return own.values();
}

function isEndOf(event: RecordedEvent, attempt: number): boolean {
  switch (event.type) {
    case 'JobFinished':
    case 'JobFaulted':
    case 'JobSkipped':
    case 'JobDeferred':
    case 'JobExpired':
      return event.data.attempt === attempt;
    default:
      return event.type === 'JobAborted';
  }
}

function outcomeOf(end: End, spawned: readonly Spawned[]): RecordedOutcome {
  switch (end.type) {
    case 'JobFinished':
      return { kind: 'finished', result: end.data.result, ...spawnedIn(spawned) };
    case 'JobSkipped':
      return { kind: 'skipped', reason: end.data.reason };
    case 'JobDeferred':
      return { kind: 'deferred', reason: end.data.reason, delayMs: end.data.delayMs };
    case 'JobFaulted': {
      const { cause, failure, next } = end.data;
      return { kind: 'faulted', cause, failure, hasFailed: next.kind === 'failed' };
    }
    case 'JobExpired':
      return { kind: 'faulted', cause: 'timeout', failure: end.data.failure, hasFailed: true };
    case 'JobAborted': {
      const { by, message, silent, attempt } = end.data;
      return { kind: 'aborted', byHandler: attempt !== undefined, by, message, silent };
    }
    case 'GraphAborted':
      return { kind: 'aborted', byHandler: false, by: end.data.by, message: end.data.reason, silent: true };
  }
}

/** An attempt whose result was remembered ran no handler. */
function whyNotRun(attempt: number, end: End, named: string): Rejection | null {
  if (end.type !== 'JobFinished' || end.data.memoized === undefined) return null;
  const { graphId, jobId, attempt: there } = end.data.memoized;
  const message = `attempt ${attempt} of ${named} ran no handler: its result was remembered from attempt ${there} of ${graphId}/${jobId}; name that one`;
  return { code: 'attempt-not-found', message };
}

/** Which attempt was asked for, and what was found. */
interface Search {
  readonly attempts: readonly Attempt[];
  readonly asked: number | undefined;
  readonly wanted: Attempt | undefined;
}

function whyNot(graph: GraphState, jobId: string, { attempts, asked, wanted }: Search): Rejection | null {
  const node = graph.jobs.get(jobId);
  if (graph.existsFrom === null) {
    return graphNotFound(graph.id);
  }
  if (node === undefined) {
    return jobNotFound(graph.id, jobId, graph.jobs.keys());
  }
  const named = `job ${JSON.stringify(jobId)} of graph ${graph.id}`;
  if (wanted !== undefined && wanted.end !== null) return whyNotRun(wanted.start.data.attempt, wanted.end, named);
  if (wanted !== undefined) {
    return {
      code: 'attempt-not-ended',
      message: `attempt ${asked} of ${named} has not ended, so there is no outcome of it yet`,
    };
  }
  if (node.carried !== null) {
    const { graphId, attempt } = node.carried;
    const there = attempt === 0 ? 'graph' : `attempt ${attempt} in graph`;
    const instead = attempt === 0 ? 'where somebody answered it, so no handler ran' : 'name that one';
    const message = `${named} did not run there: its result was carried over from ${there} ${graphId}; ${instead}`;
    return { code: 'attempt-not-found', message };
  }
  if (node.definition.external !== undefined) {
    const message = `${named} is answered from outside: no handler runs it, so there is nothing to replay`;
    return { code: 'attempt-not-found', message };
  }
  if (attempts.length === 0) return { code: 'attempt-not-found', message: `no attempt of ${named} has been made` };
  if (asked === undefined) {
    return {
      code: 'attempt-not-ended',
      message: `the only attempt of ${named} has not ended, so there is no outcome of it yet`,
    };
  }
  const numbers = attempts.map(({ start }) => start.data.attempt).join(', ');
  return { code: 'attempt-not-found', message: `${named} has no attempt ${asked}; there is ${numbers}` };
}
