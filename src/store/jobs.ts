import { type DerivedStatus, derivedStatuses, GraphState, type JobNode } from '../domain/graph.js';
import type { JobStatus } from '../domain/job.js';
import { comparePositions } from '../domain/positions.js';
import { assertNames, assertOptions } from '../prelude/known-names.js';
import { allGraphs, loadShown } from './all-graphs.js';
import type { UnreadableGraph } from '../domain/listed.js';
import { type JobInfo, toJobInfo } from '../domain/graph-info.js';
import type { AsOf } from './graph-info.js';
import { hasLabels } from './has-labels.js';
import { oneOrSeveral } from './one-or-several.js';
import { type Cursor, cursorOf, limitOf, pageOf, type PageRequest, readCursor } from './pages.js';
import type { Page } from '../domain/listed.js';
import { loadWork } from './load-work.js';
import { openGraphs } from './queue-depths.js';
import { latestBatches } from './read-log.js';
import type { Store } from './store.js';

/** Which jobs are asked for. Where several values are given, any of them will do. */
export interface JobsRequest extends PageRequest, AsOf {
  /** `unstarted` means each of `ready`, `awaiting`, `backing-off`, `deferred`, `delayed`, `waiting` and `blocked`. */
  readonly status?: JobStatus | DerivedStatus | readonly (JobStatus | DerivedStatus)[];
  readonly type?: string | readonly string[];
  readonly graphId?: string | readonly string[];
  /** Labels the job's graph must have, with these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

const jobsOptions = {
  limit: true,
  after: true,
  asOf: true,
  status: true,
  type: true,
  graphId: true,
  labels: true,
} as const;

export interface JobsPage extends Page<JobInfo> {
  /** Graphs that were left out because they cannot be read. */
  readonly unreadable: readonly UnreadableGraph[];
}

/** Only a graph that has not ended has jobs of these statuses. */
const underWay: readonly string[] = ['started', 'ready', 'awaiting', 'backing-off', 'deferred', 'delayed', 'waiting'];

/**
 * Jobs over all graphs: those of the latest graph first, in the order of their graph; with `asOf`, as they were then.
 *
 * Jobs that are under way are found in the graphs that have not ended. For any other status, graphs are read from the log
 * until the page is full, so a rare one in a long history takes time.
 *
 * @throws OverseerError `name-unknown`, `cursor-invalid`, `limit-invalid`
 */
export async function jobs(store: Store, request: JobsRequest = {}): Promise<JobsPage> {
  assertOptions<JobsRequest>('jobs', request, jobsOptions);
  const statuses = oneOrSeveral(request.status);
  assertNames('the status of jobs', statuses, [...derivedStatuses, 'unstarted']);
  const types = oneOrSeveral(request.type);
  const after = request.after === undefined ? null : readCursor(request.after);
  const most = limitOf(request);
  const now = await timeAsked(store, request);
  const moment = { now, work: await loadWork(store, request.asOf) };
  const found: JobNode[] = [];
  const unreadable = new Map<string, UnreadableGraph>();
  for await (const graph of graphsAsked(store, request, { statuses, after })) {
    if (!(graph instanceof GraphState)) {
      unreadable.set(graph.graphId, graph);
      continue;
    }
    if (!hasLabels(graph, request.labels)) continue;
    for (const job of graph.jobs.values()) {
      const isAsked =
        (types === null || types.has(job.definition.type)) &&
        (statuses === null || statuses.has(job.derivedStatus(now)) || statuses.has(job.status));
      if (isAsked && isBehind(job, after)) found.push(job);
      if (found.length > most) break;
    }
    if (found.length > most) break;
  }
  return { ...pageOf(found, request, cursorOf, (job) => toJobInfo(job, moment)), unreadable: [...unreadable.values()] };
}

/** @internal The time that is shown, in milliseconds since the epoch: now, or that of the last event at the moment. */
export async function timeAsked({ environment, log }: Store, { asOf }: AsOf): Promise<number> {
  if (asOf === undefined) return environment.now();
  for await (const [last] of latestBatches(log, { upTo: asOf, limit: 1 })) return Date.parse(last!.recordedAt);
  return 0;
}

interface Looked {
  readonly statuses: ReadonlySet<string> | null;
  readonly after: Cursor | null;
}

/** The graphs that may have such jobs, the latest first. */
async function* graphsAsked(
  store: Store,
  { graphId, asOf }: JobsRequest,
  { statuses, after }: Looked,
): AsyncGenerator<GraphState | UnreadableGraph> {
  const ids = oneOrSeveral(graphId);
  if (ids !== null) {
    const named = await Promise.all([...ids].map((id) => loadShown(store.log, id, asOf)));
    const readable = named.filter((graph) => graph instanceof GraphState);
    yield* named.filter((graph) => !(graph instanceof GraphState));
    yield* latestFirst(readable);
    return;
  }
  const isUnderWay = statuses !== null && [...statuses].every((status) => underWay.includes(status));
  if (!isUnderWay || asOf !== undefined) {
    yield* allGraphs(store.log, { direction: 'backwards', from: after, asOf });
    return;
  }
  const { projection } = await openGraphs(store, {});
  yield* latestFirst(projection.existing());
}

function latestFirst(graphs: readonly GraphState[]): readonly GraphState[] {
  return graphs.toSorted((a, b) => comparePositions(b.existsFrom!, a.existsFrom!));
}

/** The latest graph comes first; its jobs come in the order of the graph. */
function isBehind(job: JobNode, after: Cursor | null): boolean {
  if (after === null) return true;
  const own = cursorOf(job);
  const order = comparePositions(after.position, own.position);
  return order > 0 || (order === 0 && own.index > after.index);
}
