import { GraphState, type GraphStatus, graphStatuses, type JobNode } from '../domain/graph.js';
import { type JobStatus, jobStatuses } from '../domain/job.js';
import { comparePositions } from '../domain/positions.js';
import { allGraphs, type UnreadableGraph } from './all-graphs.js';
import { assertName, assertNames, assertOptions } from '../prelude/known-names.js';
import { type GraphSummary, toSummary } from '../domain/graph-info.js';
import type { AsOf } from './graph-info.js';
import { hasLabels } from './has-labels.js';
import { oneOrSeveral } from './one-or-several.js';
import { compareCursors, cursorOf, limitOf, type Page, pageOf, type PageRequest, readCursor } from './pages.js';
import { openGraphs } from './queue-depths.js';
import type { Store } from './store.js';

/** What identifies a job, enough to ask for the rest. */
export interface JobRef {
  readonly graphId: string;
  readonly jobId: string;
  readonly type: string;
}

export interface ReadyRequest extends PageRequest, AsOf {
  /** One type of job, or several. */
  readonly type?: string | readonly string[];
}

/**
 * Jobs that may be claimed now, or might have been at `asOf`, in the order their graphs were submitted. Those that a pause
 * holds back are not among them.
 */
export async function jobsReady(store: Store, page: ReadyRequest = {}): Promise<Page<JobRef>> {
  assertOptions<ReadyRequest>('jobsReady', page, { limit: true, after: true, asOf: true, type: true });
  const types = oneOrSeveral(page.type);
  const { projection, now } = await openGraphs(store, page);
  const graphs = projection.existing();
  graphs.sort((a, b) => comparePositions(a.existsFrom!, b.existsFrom!));
  const ready = graphs.flatMap((graph) =>
    [...graph.jobs.values()].filter(
      (job) =>
        job.isReady &&
        projection.mayStart(job.definition.type) &&
        job.derivedStatus(now) === 'ready' &&
        (types === null || types.has(job.definition.type)),
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
  assertName('a status of jobs', status, jobStatuses);
  assertOptions<PageRequest>('jobsWithStatus', page, { limit: true, after: true });
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
  /** One status, or several: any of them will do. */
  readonly status?: GraphStatus | readonly GraphStatus[];
  /** Labels the graph must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
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
  assertOptions<GraphsRequest>('graphs', request, { limit: true, after: true, asOf: true, status: true, labels: true });
  const after = request.after === undefined ? null : readCursor(request.after);
  const statuses = oneOrSeveral(request.status);
  assertNames('the status of graphs', statuses, graphStatuses);
  const found: GraphState[] = [];
  const unreadable = new Map<string, UnreadableGraph>();
  for await (const graph of allGraphs(store.log, { direction: 'backwards', from: after, asOf: request.asOf })) {
    if (!(graph instanceof GraphState)) {
      unreadable.set(graph.graphId, graph);
      continue;
    }
    const isAfter = after === null || comparePositions(graph.existsFrom!, after.position) < 0;
    if (isAfter && hasLabels(graph, request.labels) && (statuses === null || statuses.has(graph.status)))
      found.push(graph);
    if (found.length > limitOf(request)) break;
  }
  const cursor = (graph: GraphState) => ({ position: graph.existsFrom!, graphId: graph.id, index: 0 });
  return { ...pageOf(found, request, cursor, toSummary), unreadable: [...unreadable.values()] };
}

function refTo(job: JobNode): JobRef {
  return { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
}
