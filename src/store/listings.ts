import type { GraphsPage } from '../domain/listed.js';
import type { Position } from '../domain/events.js';
import { GraphState, type GraphStatus, graphStatuses, type JobNode } from '../domain/graph.js';
import { type JobStatus, jobStatuses } from '../domain/job.js';
import { comparePositions } from '../domain/positions.js';
import { allGraphs } from './all-graphs.js';
import type { UnreadableGraph } from '../domain/listed.js';
import { assertName, assertNames, assertOptions } from '../prelude/known-names.js';
import { type GraphSummary, toSummary } from '../domain/graph-info.js';
import type { AsOf } from './graph-info.js';
import { hasLabels } from './has-labels.js';
import { oneOrSeveral } from './one-or-several.js';
import { compareCursors, type Cursor, cursorOf, limitOf, pageOf, type PageRequest, readCursor } from './pages.js';
import type { Page } from '../domain/listed.js';
import { openGraphs } from './queue-depths.js';
import { containing, searchedTexts } from './search.js';
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
  /**
   * A text that the graph must contain, in upper or lower case: in its id, in a label, in the type of a job, or in the message
   * or the exception with which the last attempt of a job failed. At most 200 characters.
   */
  readonly search?: string;
}

const graphsOptions = { limit: true, after: true, asOf: true, status: true, labels: true, search: true } as const;

/**
 * Graphs, the latest first; with `asOf`, those that existed then, as they were. A graph that cannot be read does not hide
 * the others.
 *
 * @throws OverseerError `name-unknown`, `cursor-invalid`, `limit-invalid`, `search-invalid`
 */
export async function graphs(store: Store, request: GraphsRequest = {}): Promise<GraphsPage> {
  assertOptions<GraphsRequest>('graphs', request, graphsOptions);
  const from = request.after === undefined ? null : readCursor(request.after);
  const walk = allGraphs(store.log, { direction: 'backwards', from, asOf: request.asOf });
  return await pageOfGraphs(listed(walk), request);
}

/** @internal A graph as a list shows it, and as it can be searched. */
export interface ListedGraph {
  readonly summary: GraphSummary;
  readonly existsFrom: Position;
  /** See {@link searchedTexts}. */
  readonly texts: () => readonly string[];
}

async function* listed(
  walk: AsyncIterable<GraphState | UnreadableGraph>,
): AsyncGenerator<ListedGraph | UnreadableGraph> {
  for await (const graph of walk) yield graph instanceof GraphState ? toListed(graph) : graph;
}

function toListed(graph: GraphState): ListedGraph {
  return { summary: toSummary(graph), existsFrom: graph.existsFrom!, texts: () => searchedTexts(graph) };
}

/**
 * @internal The page of a list: of graphs that come with the latest first, perhaps from one before the page on.
 *
 * @throws as {@link graphs} does
 */
export async function pageOfGraphs(
  walk: AsyncIterable<ListedGraph | UnreadableGraph>,
  request: GraphsRequest,
): Promise<GraphsPage> {
  const after = request.after === undefined ? null : readCursor(request.after);
  const most = limitOf(request);
  const statuses = oneOrSeveral(request.status);
  assertNames('the status of graphs', statuses, graphStatuses);
  const contains = containing(request.search);
  const found: ListedGraph[] = [];
  const unreadable = new Map<string, UnreadableGraph>();
  for await (const graph of walk) {
    if ('reason' in graph) {
      unreadable.set(graph.graphId, graph);
      continue;
    }
    const { summary, existsFrom } = graph;
    const isAfter = after === null || comparePositions(existsFrom, after.position) < 0;
    const isAsked = hasLabels(summary, request.labels) && (statuses === null || statuses.has(summary.status));
    if (isAfter && isAsked && contains(graph)) found.push(graph);
    if (found.length > most) break;
  }
  return { ...pageOf(found, request, cursorOfListed, ({ summary }) => summary), unreadable: [...unreadable.values()] };
}

/** Where a page of graphs ends. */
function cursorOfListed({ summary, existsFrom }: Pick<ListedGraph, 'summary' | 'existsFrom'>): Cursor {
  return { position: existsFrom, graphId: summary.id, index: 0 };
}

function refTo(job: JobNode): JobRef {
  return { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
}
