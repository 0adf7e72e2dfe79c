import type { Failure, Position, RecordedEvent, RetryPolicy, WorkerIdentity } from '../domain/events.js';
import { type DerivedStatus, GraphState, type GraphStatus, type JobNode } from '../domain/graph.js';
import type { JobStatus } from '../domain/job.js';
import { comparePositions, type EventLog, type LogError } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import type { Json, JsonObject } from '../prelude/json.js';
import { graphNotFound, jobIn } from './operate.js';
import { orThrow } from './outcome.js';
import type { Store } from './store.js';

/** A job as it stands. What does not apply is null. */
export interface JobInfo {
  readonly graphId: string;
  readonly id: string;
  readonly type: string;
  /** One of Overseer's five. */
  readonly status: JobStatus;
  /** The same, with `unstarted` told apart into ready, waiting, backing-off and blocked. */
  readonly derivedStatus: DerivedStatus;
  readonly args: JsonObject;
  readonly parents: readonly string[];
  readonly retry: RetryPolicy | null;
  readonly timeoutMs: number | null;
  /** Attempts begun so far. */
  readonly attempt: number;
  readonly result: Json;
  /** Why the last attempt went wrong. */
  readonly failure: Failure | null;
  readonly abort: { readonly by: string; readonly message: string; readonly silent: boolean } | null;
  /** Who runs it, while it is started. */
  readonly worker: WorkerIdentity | null;
  readonly progress: number | null;
  /** Of the last heartbeat that had some. */
  readonly details: Json;
  readonly notBefore: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly heartbeatAt: string | null;
  readonly leaseMs: number | null;
  readonly lostLeases: number;
}

/** A graph without its jobs. */
export interface GraphSummary {
  readonly id: string;
  readonly status: GraphStatus;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly submittedAt: string;
  /** Of the last event of the graph or its jobs. */
  readonly lastEventAt: string;
  /** Jobs by status. */
  readonly counts: Readonly<Record<JobStatus, number>>;
}

/** A graph and all its jobs. */
export interface GraphInfo extends GraphSummary {
  /** Who aborted it, while it is aborted as a whole. */
  readonly abort: { readonly by: string; readonly reason: string; readonly at: string } | null;
  readonly jobs: Readonly<Record<string, JobInfo>>;
}

export interface AsOf {
  /** Show what stood in the log up to this position (it included). */
  readonly asOf?: Position;
}

/** A graph and its jobs. Throws a RejectedError `graph-not-found` if there is none (or none yet, at `asOf`). */
export async function graphInfo(store: Store, graphId: string, { asOf }: AsOf = {}): Promise<GraphInfo> {
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  return toGraphInfo(foldGraph(graphId, events), momentOf(store, events, asOf));
}

/** One job. Throws a RejectedError `graph-not-found` or `job-not-found`. */
export async function jobInfo(store: Store, graphId: string, jobId: string, { asOf }: AsOf = {}): Promise<JobInfo> {
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  return toJobInfo(jobIn(foldGraph(graphId, events), jobId), momentOf(store, events, asOf));
}

/** Backing off is a question of time: of now, or of the moment looked at. */
function momentOf(store: Store, events: readonly RecordedEvent[], asOf: Position | undefined): number {
  return asOf === undefined ? store.environment.now() : Date.parse(events.at(-1)!.recordedAt);
}

/** @internal A graph's state; throws if it does not exist. */
export function foldGraph(graphId: string, events: Iterable<RecordedEvent>): GraphState {
  const graph = new GraphState(graphId);
  for (const event of events) graph.apply(event);
  if (graph.existsFrom === null) throw graphNotFound(graphId);
  return graph;
}

/** @internal */
export function toGraphInfo(graph: GraphState, now: number): GraphInfo {
  const jobs = [...graph.jobs.values()].map((job): [string, JobInfo] => [job.id, toJobInfo(job, now)]);
  return { ...toSummary(graph), abort: graph.abort, jobs: Object.fromEntries(jobs) };
}

function toSummary(graph: GraphState): GraphSummary {
  return {
    id: graph.id,
    status: graph.status,
    labels: graph.labels,
    priority: graph.priority,
    submittedAt: graph.submittedAt!,
    lastEventAt: graph.lastEventAt!,
    counts: graph.countByStatus(),
  };
}

function toJobInfo(job: JobNode, now: number): JobInfo {
  const { definition, state } = job;
  return {
    graphId: job.graph.id,
    id: job.id,
    type: definition.type,
    status: job.status,
    derivedStatus: job.derivedStatus(now),
    args: job.args,
    parents: definition.parents,
    retry: definition.retry ?? null,
    timeoutMs: definition.timeoutMs ?? null,
    attempt: state.attempt,
    result: state.result,
    failure: state.failure,
    abort: state.abort,
    worker: state.worker,
    progress: state.progress,
    details: state.details,
    notBefore: state.notBefore,
    startedAt: state.startedAt,
    endedAt: state.endedAt,
    heartbeatAt: state.heartbeatAt,
    leaseMs: state.leaseMs,
    lostLeases: state.lostLeases,
  };
}

export interface PageRequest {
  /** At most this many. Default 100. */
  readonly limit?: number;
  /** The `next` of the page before. */
  readonly after?: string;
}

/** Some of what was asked for, and where to go on. */
export interface Page<A> {
  readonly items: readonly A[];
  /** Give it as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** A job's place, enough to ask for the rest. */
export interface JobRef {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
}

/** Jobs that may be claimed now, in the order their graphs were submitted. */
export async function jobsReady(store: Store, page: PageRequest = {}): Promise<Page<JobRef>> {
  await store.live.catchUp();
  const now = store.environment.now();
  const graphs = [...store.live.projection.graphs.values()].filter((graph) => graph.existsFrom !== null);
  graphs.sort((a, b) => comparePositions(a.existsFrom!, b.existsFrom!));
  const ready = graphs.flatMap((graph) =>
    [...graph.jobs.values()].filter((job) => job.isReady && job.derivedStatus(now) === 'ready'),
  );
  const after = page.after === undefined ? null : readCursor(page.after);
  const rest = after === null ? ready : ready.filter((job) => compareCursors(cursorOf(job), after) > 0);
  return pageOf(rest.slice(0, limitOf(page) + 1), page, cursorOf, refTo);
}

/** Jobs that have not been started: the same as `jobsWithStatus(store, 'unstarted')`. */
export async function jobsUnstarted(store: Store, page: PageRequest = {}): Promise<Page<JobRef>> {
  return await jobsWithStatus(store, 'unstarted', page);
}

/** Jobs of a status, in the order their graphs were submitted. Looks through every graph of the log. */
export async function jobsWithStatus(store: Store, status: JobStatus, page: PageRequest = {}): Promise<Page<JobRef>> {
  const after = page.after === undefined ? null : readCursor(page.after);
  const found: JobNode[] = [];
  for await (const graph of allGraphs(store.log, { direction: 'forwards', from: after })) {
    for (const job of graph.jobs.values()) {
      if (job.status === status && (after === null || compareCursors(cursorOf(job), after) > 0)) found.push(job);
    }
    if (found.length > limitOf(page)) break;
  }
  return pageOf(found.slice(0, limitOf(page) + 1), page, cursorOf, refTo);
}

export interface GraphsRequest extends PageRequest {
  readonly status?: GraphStatus;
  /** Labels the graph must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Graphs, the latest first. */
export async function graphs(store: Store, request: GraphsRequest = {}): Promise<Page<GraphSummary>> {
  const after = request.after === undefined ? null : readCursor(request.after);
  const found: GraphState[] = [];
  for await (const graph of allGraphs(store.log, { direction: 'backwards', from: after })) {
    const isAfter = after === null || comparePositions(graph.existsFrom!, after.position) < 0;
    const hasLabels = Object.entries(request.labels ?? {}).every(([key, value]) => graph.labels[key] === value);
    if (isAfter && hasLabels && (request.status === undefined || graph.status === request.status)) found.push(graph);
    if (found.length > limitOf(request)) break;
  }
  return pageOf(found, request, (graph) => ({ position: graph.existsFrom!, graphId: graph.id, index: 0 }), toSummary);
}

/** Every graph that exists, by the position from which it does, the one a cursor names included. */
async function* allGraphs(
  log: EventLog,
  { direction, from }: { readonly direction: 'forwards' | 'backwards'; readonly from: Cursor | null },
): AsyncGenerator<GraphState> {
  const batch = 200;
  if (from !== null) yield foldGraph(from.graphId, await orThrow(log.readGraph(from.graphId)));
  for (let after = from?.position ?? null; ;) {
    const events = await orThrow(
      log.readAll({ after, direction, filter: { types: ['GraphSubmitted'] }, limit: batch }),
    );
    for (const event of events) {
      const isLast = event.type === 'GraphSubmitted' && event.data.part === event.data.parts;
      if (isLast) yield foldGraph(event.graphId, await orThrow(log.readGraph(event.graphId)));
    }
    if (events.length < batch) return;
    after = events.at(-1)!.position;
  }
}

interface Cursor {
  /** From which the graph exists. */
  readonly position: Position;
  readonly graphId: string;
  /** Of the job within its graph. */
  readonly index: number;
}

function cursorOf(job: JobNode): Cursor {
  return { position: job.graph.existsFrom!, graphId: job.graph.id, index: job.index };
}

function compareCursors(a: Cursor, b: Cursor): number {
  return comparePositions(a.position, b.position) || a.index - b.index;
}

function readCursor(text: string): Cursor {
  const [position = '', index = '', ...graphId] = Buffer.from(text, 'base64url').toString().split(' ');
  if (!/^\d+(\/\d+)?$/.test(position) || !/^\d+$/.test(index) || graphId.length === 0) {
    throw new OverseerError(
      'cursor-invalid',
      `${JSON.stringify(text)} is no cursor; give the \`next\` of the page before`,
    );
  }
  return { position: position as Position, index: Number(index), graphId: graphId.join(' ') };
}

function writeCursor({ position, index, graphId }: Cursor): string {
  return Buffer.from(`${position} ${index} ${graphId}`).toString('base64url');
}

function pageOf<A, B>(
  found: readonly A[],
  page: PageRequest,
  cursor: (item: A) => Cursor,
  show: (item: A) => B,
): Page<B> {
  const items = found.slice(0, limitOf(page));
  const last = items.at(-1);
  return {
    items: items.map(show),
    next: found.length > items.length && last !== undefined ? writeCursor(cursor(last)) : null,
  };
}

function limitOf({ limit = 100 }: PageRequest): number {
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new OverseerError('limit-invalid', `limit is ${limit}; it is a whole number from 1`);
}

function refTo(job: JobNode): JobRef {
  return { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
}

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
