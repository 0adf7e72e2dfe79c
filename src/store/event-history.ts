import { defined } from '../prelude/defined.js';
import { jobsIn, type Position, type RecordedEvent } from '../domain/events.js';
import type { GraphState } from '../domain/graph.js';
import { beyondThisRelease } from '../domain/graph-decisions.js';
import { initialWork } from '../domain/pauses.js';
import { type LogError, onlyAfter, type Subscription } from '../log/event-log.js';
import { endingAtOnce } from '../prelude/ending-at-once.js';
import { OverseerError } from '../prelude/errors.js';
import { whenAborted } from '../prelude/when-aborted.js';
import { type GraphInfo, type GraphSummary, toGraphInfo, toSummary } from '../domain/graph-info.js';
import { orThrow, RejectedError } from './or-throw.js';
import type { Store } from './store.js';
import { existingGraph, foldGraph, jobIn, missingGraph } from './load-graph.js';
import { completesSubmission } from '../domain/submission.js';
import { assertOptions } from '../prelude/known-names.js';

export interface HistoryRequest {
  /** Only this job's events. */
  readonly jobId?: string;
  /** Go on with new events, until `signal` aborts. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The events of a graph and its jobs, in log order. Throws a RejectedError if there is no such graph or job. A followed
 * history ends at once when its reader stops, even while it waits for the next event.
 */
export function history(store: Store, graphId: string, request: HistoryRequest = {}): AsyncGenerator<RecordedEvent> {
  const ended = new AbortController();
  const end = () => ended.abort();
  return endingAtOnce(eventsOf(store, graphId, request, ended.signal), end);
}

async function* eventsOf(
  store: Store,
  graphId: string,
  request: HistoryRequest,
  ended: AbortSignal,
): AsyncGenerator<RecordedEvent> {
  assertOptions<HistoryRequest>('history', request, { jobId: true, follow: true, signal: true });
  const { jobId, follow = false, signal } = request;
  const followed = follow ? await store.follower.follow(graphId, signal) : null;
  const end = () => void followed?.live.return(undefined);
  const unlisten = whenAborted(ended, end);
  try {
    const events = followed?.events ?? (await orThrow(store.log.readGraph(graphId)));
    const graph = await existingGraph(store, graphId, events);
    if (jobId !== undefined) jobIn(graph, jobId);
    const isAsked = (event: RecordedEvent) => jobId === undefined || event.jobId === jobId;
    yield* events.filter(isAsked);
    if (followed !== null) for await (const batch of followed.live) yield* batch.filter(isAsked);
  } finally {
    unlisten();
    end();
  }
}

export interface WaitOptions {
  /** Give up after this many milliseconds, with an OverseerError `wait-timeout`. Without it, wait as long as it takes. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called whenever the graph has changed. */
  readonly onChange?: (graph: GraphSummary) => void;
}

/**
 * @internal Waits until nothing in a graph can run any more: see `waitForGraph`.
 *
 * @param onFirst is shown the graph before anything is waited for; what it throws ends the wait
 */
export async function endOfGraph(
  store: Store,
  graphId: string,
  options: WaitOptions,
  onFirst: ((graph: GraphState) => void) | null,
): Promise<GraphInfo> {
  assertOptions<WaitOptions>('waitForGraph', options, { timeoutMs: true, signal: true, onChange: true });
  const { timeoutMs, signal, onChange } = options;
  if (timeoutMs !== undefined && !(Number.isFinite(timeoutMs) && timeoutMs >= 0)) {
    const message = `timeoutMs is ${String(timeoutMs)}; it is a number of milliseconds from 0, or left out to wait as long as it takes`;
    throw new OverseerError('wait-invalid', message);
  }
  return await new Promise((resolve, reject) => {
    const graph = new AwaitedGraph(graphId);
    const end = (settle: () => void) => {
      leave();
      untimed();
      unlisten();
      settle();
    };
    const fail = (error: Error) => end(() => reject(error));
    let show = onFirst;
    const look = () => {
      show?.(graph.state);
      show = null;
      if (onChange === undefined && !graph.isDue) return;
      const { state } = graph;
      onChange?.(toSummary(state));
      if (!isAtEnd(state)) return;
      // Nothing in it can run any more, so no pause holds anything back.
      const info = toGraphInfo(state, { now: store.environment.now(), work: initialWork });
      end(() => resolve(info));
    };
    const giveUp = () => fail(new OverseerError('wait-aborted', `waiting for graph ${graphId} was aborted`));
    const timeOut = () => {
      const status = graph.isThere ? `still ${graph.state.status}` : 'not read';
      fail(new OverseerError('wait-timeout', `graph ${graphId} is ${status} after ${timeoutMs} ms`));
    };
    const leave = store.follower.listen(graphId, {
      onEvent: (event) => graph.add(event),
      onBatch: () => {
        if (!graph.isThere) {
          missingGraph(store, graphId).then(fail, fail);
          return;
        }
        try {
          look();
        } catch (error) {
          fail(error as Error);
        }
      },
      onEnd: (error) => (error === null ? giveUp() : fail(error)),
    });
    const untimed = timeoutMs === undefined ? () => {} : store.environment.setTimer(timeoutMs, timeOut);
    let unlisten = () => {};
    unlisten = whenAborted(signal, giveUp);
  });
}

const unfoldedMax = 1000;

/** Events after which a job may still run, or runs, as before. */
const ofOneAttempt: readonly RecordedEvent['type'][] = ['JobStarted', 'Heartbeat', 'JobDeferred'];

/**
 * A graph that somebody waits for. Its events are folded when its state is asked for: a program that waits for thousands of
 * graphs in the process of a worker would otherwise fold each of them twice as it goes.
 */
class AwaitedGraph {
  private folded: GraphState | null = null;
  private unfolded: RecordedEvent[] = [];
  private unfinished = 0;
  private hasOtherEvents = false;
  /** Whether its submission is complete. */
  isThere = false;

  constructor(private readonly id: string) {}

  /**
   * Whether its state is to be looked at. Without any other events, it has not ended before each of its jobs has finished, or
   * had finished in another graph; unless one is skipped because of others, which no event says. (Jobs that run for days send
   * heartbeats all the time, which must not pile up.)
   */
  get isDue(): boolean {
    return this.hasOtherEvents || this.unfinished <= 0 || this.unfolded.length >= unfoldedMax;
  }

  /** As it is now. Only if it is there. */
  get state(): GraphState {
    if (this.folded === null) this.folded = foldGraph(this.id, this.unfolded);
    else for (const event of this.unfolded) this.folded.apply(event);
    this.unfolded = [];
    return this.folded;
  }

  add(event: RecordedEvent): void {
    this.unfolded.push(event);
    // What an attempt spawned and does not finish never exists; but then, another event ends the attempt.
    for (const { carried, carriedStatus, when } of jobsIn(event)) {
      if (carried === undefined) this.unfinished += 1;
      if (when !== undefined || carriedStatus !== undefined) this.hasOtherEvents = true;
    }
    const isFinish = event.type === 'JobAnswered' ? event.data.failure === undefined : event.type === 'JobFinished';
    if (isFinish) this.unfinished -= 1;
    else if (event.type === 'GraphSubmitted') this.isThere ||= completesSubmission(event);
    else if (event.type !== 'JobsSpawned' && !ofOneAttempt.includes(event.type)) this.hasOtherEvents = true;
  }
}

/**
 * @internal Whether nothing in a graph can run any more. For a graph that cannot be read, this release can never tell.
 *
 * @throws RejectedError `graph-unreadable`
 */
export function isAtEnd(graph: GraphState): boolean {
  if (!graph.isSettled && graph.unreadable !== null) throw new RejectedError(beyondThisRelease(graph));
  return graph.isSettled;
}

export interface LiveEvents {
  readonly after?: Position | null;
  readonly types?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onInterrupted?: (error: LogError) => void;
}

/** @internal Batches of events after a position, until the signal aborts, the store is closed, or the reader stops. */
export function liveEvents(store: Store, request: LiveEvents): AsyncGenerator<readonly RecordedEvent[]> {
  const { after = null, types } = request;
  const filter = defined({ types });
  const subscription = store.log.subscribe({ after, filter });
  return endingAtOnce(batchesOf(subscription, request), () => subscription.close());
}

async function* batchesOf(
  subscription: Subscription,
  { after = null, signal, onInterrupted }: LiveEvents,
): AsyncGenerator<readonly RecordedEvent[]> {
  let seen = after;
  const close = () => subscription.close();
  const unlisten = whenAborted(signal, close);
  try {
    for await (const message of subscription) {
      if (message.kind === 'events') {
        const events = onlyAfter(message.events, seen);
        seen = events.at(-1)?.position ?? seen;
        if (events.length > 0) yield events;
      } else if (message.kind === 'interrupted') onInterrupted?.(message.error);
    }
  } finally {
    unlisten();
    close();
  }
}
