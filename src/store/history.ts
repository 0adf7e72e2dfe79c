import type { Position, RecordedEvent } from '../domain/events.js';
import type { LogError } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { type GraphInfo, type GraphSummary, toGraphInfo, toSummary } from './info.js';
import { orThrow } from './outcome.js';
import type { Store } from './store.js';
import { foldGraph, jobIn } from './load-graph.js';

export interface HistoryRequest {
  /** Only this job's events. */
  readonly jobId?: string;
  /** Go on with what comes, until `signal` aborts. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
}

/** The events of a graph and its jobs, in log order. Throws a RejectedError if there is no such graph or job. */
export async function* history(
  store: Store,
  graphId: string,
  request: HistoryRequest = {},
): AsyncGenerator<RecordedEvent> {
  const { jobId, follow = false, signal } = request;
  const events = await orThrow(store.log.readGraph(graphId));
  const graph = foldGraph(graphId, events);
  if (jobId !== undefined) jobIn(graph, jobId);
  const isAsked = (event: RecordedEvent) => jobId === undefined || event.jobId === jobId;
  yield* events.filter(isAsked);
  if (!follow) return;
  for await (const batch of liveEvents(store, { graphId, after: events.at(-1)!.position, ...(signal && { signal }) })) {
    yield* batch.filter(isAsked);
  }
}

export interface WaitOptions {
  /** Give up after so many milliseconds, with an OverseerError `wait-timeout`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called whenever the graph has changed. */
  readonly onChange?: (graph: GraphSummary) => void;
}

/**
 * Waits until nothing in a graph can run any more, and resolves to how it ended: `finished`, `failed` or `aborted`.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `wait-timeout` or `wait-aborted`
 */
export async function waitForGraph(store: Store, graphId: string, options: WaitOptions = {}): Promise<GraphInfo> {
  const { timeoutMs, signal, onChange } = options;
  const events = await orThrow(store.log.readGraph(graphId));
  const graph = foldGraph(graphId, events);
  const stop = new AbortController();
  const untimed =
    timeoutMs === undefined ? () => {} : store.environment.setTimer(timeoutMs, () => stop.abort('timeout'));
  const forward = () => stop.abort('aborted');
  signal?.addEventListener('abort', forward);
  if (signal?.aborted) forward();
  try {
    const show = () => toGraphInfo(graph, store.environment.now());
    onChange?.(toSummary(graph));
    if (graph.isSettled) return show();
    for await (const batch of liveEvents(store, { graphId, after: events.at(-1)!.position, signal: stop.signal })) {
      for (const event of batch) graph.apply(event);
      onChange?.(toSummary(graph));
      if (graph.isSettled) return show();
    }
  } finally {
    untimed();
    signal?.removeEventListener('abort', forward);
  }
  if (stop.signal.reason === 'timeout') {
    throw new OverseerError('wait-timeout', `graph ${graphId} is still ${graph.status} after ${timeoutMs} ms`);
  }
  throw new OverseerError('wait-aborted', `waiting for graph ${graphId} was given up`);
}

export interface LiveEvents {
  readonly after?: Position | null;
  readonly graphId?: string;
  readonly types?: readonly string[];
  readonly signal?: AbortSignal;
  readonly onInterrupted?: (error: LogError) => void;
}

/** @internal Batches of events behind a position, until the signal aborts or the store is closed. */
export async function* liveEvents(store: Store, request: LiveEvents): AsyncGenerator<readonly RecordedEvent[]> {
  const { after = null, graphId, types, signal, onInterrupted } = request;
  const filter = { ...(graphId === undefined ? {} : { graphId }), ...(types === undefined ? {} : { types }) };
  const subscription = store.log.subscribe({ after, filter });
  const close = () => subscription.close();
  signal?.addEventListener('abort', close);
  if (signal?.aborted) close();
  try {
    for await (const message of subscription) {
      if (message.kind === 'events') yield message.events;
      else if (message.kind === 'interrupted') onInterrupted?.(message.error);
    }
  } finally {
    signal?.removeEventListener('abort', close);
    close();
  }
}
