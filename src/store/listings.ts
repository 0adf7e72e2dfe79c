import type { Position, RecordedEvent } from '../domain/events.js';
import { GraphState, type GraphStatus, type JobNode } from '../domain/graph.js';
import type { JobStatus } from '../domain/job.js';
import { comparePositions, type EventLog, LogError } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { type AsOf, type GraphSummary, toSummary } from './graph-info.js';
import { orThrow, RejectedError } from './or-throw.js';
import { openGraphs } from './queue-depths.js';
import type { Store } from './store.js';
import { completesSubmission, foldGraph } from './load-graph.js';

export interface PageRequest {
  /** At most this many. Default 100. */
  readonly limit?: number;
  /** The `next` of the page before this one. */
  readonly after?: string;
}

/** A page of the answer, and where the next one begins. */
export interface Page<A> {
  readonly items: readonly A[];
  /** Pass it as `after` for the next page; null at the end. */
  readonly next: string | null;
}

/** What identifies a job, enough to ask for the rest. */
export interface JobRef {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
}

/**
 * Jobs that may be claimed now, or might have been at `asOf`, in the order their graphs were submitted. Those that a pause
 * holds back are not among them.
 */
export async function jobsReady(store: Store, page: PageRequest & AsOf = {}): Promise<Page<JobRef>> {
  const { projection, now } = await openGraphs(store, page);
  const graphs = [...projection.graphs.values()].filter((graph) => graph.existsFrom !== null);
  graphs.sort((a, b) => comparePositions(a.existsFrom!, b.existsFrom!));
  const ready = graphs.flatMap((graph) =>
    [...graph.jobs.values()].filter(
      (job) => job.isReady && projection.mayStart(job.definition.type) && job.derivedStatus(now) === 'ready',
    ),
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
    if (!(graph instanceof GraphState)) continue;
    for (const job of graph.jobs.values()) {
      if (job.status === status && (after === null || compareCursors(cursorOf(job), after) > 0)) found.push(job);
    }
    if (found.length > limitOf(page)) break;
  }
  return pageOf(found.slice(0, limitOf(page) + 1), page, cursorOf, refTo);
}

export interface GraphsRequest extends PageRequest, AsOf {
  readonly status?: GraphStatus;
  /** Labels the graph must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A graph that cannot be shown, and why. `overseer verify` says more. */
export interface UnreadableGraph {
  readonly graphId: string;
  readonly reason: string;
}

export interface GraphsPage extends Page<GraphSummary> {
  /** Graphs that were left out because they cannot be read, whatever the request was. */
  readonly unreadable: readonly UnreadableGraph[];
}

/**
 * Graphs, the latest first; with `asOf`, those that existed then, as they were. A graph that cannot be read does not hide
 * the others.
 */
export async function graphs(store: Store, request: GraphsRequest = {}): Promise<GraphsPage> {
  const after = request.after === undefined ? null : readCursor(request.after);
  const found: GraphState[] = [];
  const unreadable = new Map<string, UnreadableGraph>();
  for await (const graph of allGraphs(store.log, { direction: 'backwards', from: after, asOf: request.asOf })) {
    if (!(graph instanceof GraphState)) {
      unreadable.set(graph.graphId, graph);
      continue;
    }
    const isAfter = after === null || comparePositions(graph.existsFrom!, after.position) < 0;
    const hasLabels = Object.entries(request.labels ?? {}).every(([key, value]) => graph.labels[key] === value);
    if (isAfter && hasLabels && (request.status === undefined || graph.status === request.status)) found.push(graph);
    if (found.length > limitOf(request)) break;
  }
  const cursor = (graph: GraphState) => ({ position: graph.existsFrom!, graphId: graph.id, index: 0 });
  return { ...pageOf(found, request, cursor, toSummary), unreadable: [...unreadable.values()] };
}

interface GraphsWalk {
  readonly direction: 'forwards' | 'backwards';
  readonly from: Cursor | null;
  readonly asOf?: Position | undefined;
}

/** Every graph that exists, ordered by the position from which it does, including the one a cursor names. */
async function* allGraphs(
  log: EventLog,
  { direction, from, asOf }: GraphsWalk,
): AsyncGenerator<GraphState | UnreadableGraph> {
  const batch = 200;
  const isThere = ({ position }: RecordedEvent) => asOf === undefined || comparePositions(position, asOf) <= 0;
  if (from !== null) yield await load(log, from.graphId, asOf);
  for (let after = from?.position ?? null; ;) {
    const events = await orThrow(
      log.readAll({ after, direction, filter: { types: ['GraphSubmitted'] }, limit: batch }),
    );
    for (const event of events.filter(isThere)) {
      if (event.type !== 'Unreadable' && !completesSubmission(event)) continue;
      const graph = await load(log, event.graphId, asOf);
      // A submission that was written a second time adds no graph.
      const isSecond = graph instanceof GraphState && graph.existsFrom !== event.position;
      if (!isSecond) yield graph;
    }
    if (events.length < batch) return;
    after = events.at(-1)!.position;
  }
}

async function load(log: EventLog, graphId: string, asOf?: Position): Promise<GraphState | UnreadableGraph> {
  try {
    return foldGraph(graphId, await orThrow(log.readGraph(graphId, asOf)));
  } catch (error) {
    // A log that cannot be read says nothing about a graph.
    if (error instanceof LogError && error.code !== 'store-history-missing') throw error;
    if (error instanceof RejectedError) return { graphId, reason: 'its submission is not complete, or cannot be read' };
    return { graphId, reason: error instanceof Error ? error.message : String(error) };
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
      `${JSON.stringify(text)} is not a cursor; give the \`next\` of an earlier page`,
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
  throw new OverseerError('limit-invalid', `limit is ${limit}; it must be a whole number from 1`);
}

function refTo(job: JobNode): JobRef {
  return { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
}
