import { derivedStatuses, type GraphState, graphStatuses, type JobNode } from '../domain/graph.js';
import { jobStatuses } from '../domain/job.js';
import type { Rejection } from '../domain/rejection.js';
import { LogError } from '../log/event-log.js';
import type { ErrorCode } from '../prelude/error-codes.js';
import { defined } from '../prelude/defined.js';
import { OverseerError } from '../prelude/errors.js';
import { assertOptions, shownName } from '../prelude/known-names.js';
import { nearestTo } from '../prelude/nearest.js';
import { type GraphSummary, toSummary } from '../domain/graph-info.js';
import { hasLabels } from './has-labels.js';
import { graphs } from './listings.js';
import { loadGraph } from './load-graph.js';
import { abortGraph, commandJobs, type OperatorCommand, retryGraph } from './operate.js';
import { limitOf } from './pages.js';
import { openGraphs } from './queue-depths.js';
import { type Reason, stated } from './reason.js';
import type { Store } from './store.js';

/**
 * Which graphs or jobs are meant; all that is given must hold. With `graphId`, `type` or both, jobs are meant; else whole
 * graphs.
 */
export interface Selection {
  /** Only jobs of this graph. */
  readonly graphId?: string;
  /** Only graphs with these labels, and these values of them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of the jobs, if jobs are meant: a status or a derived status. Else of the graphs. */
  readonly status?: string;
  /** Only jobs of this type. */
  readonly type?: string;
  /** At most this many. */
  readonly limit?: number;
}

export interface MatchingOptions extends Reason {
  /** Only say what would be done. */
  readonly dryRun?: boolean;
  /** Called after each graph or job. */
  readonly onOutcome?: (outcome: MatchingOutcome) => void;
}

/** What became of one graph or job. */
export interface MatchingOutcome {
  readonly graphId: string;
  /** Null for a whole graph. */
  readonly jobId: string | null;
  /** The type of the job. */
  readonly type: string | null;
  /** How it stood before. */
  readonly status: string;
  /** How many jobs of a whole graph could be changed, when it was chosen. */
  readonly jobs: number;
  /** Whether it was done; always false on a dry run. */
  readonly done: boolean;
  /** Why it could not be done. One failure never stops the others. */
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

/**
 * Aborts what has not ended and matches a selection, one after another: graphs as `abortGraph` does, jobs as `abortJob`
 * does. Resolves to what became of each; to none if nothing matches.
 *
 *     await abortMatching(db, { labels: { team: 'billing' } }, { reason: 'wrong data', dryRun: true })
 *
 * @throws OverseerError `selection-invalid` if it selects by nothing, or by a status or type that there is not;
 *   RejectedError `graph-not-found`; LogError if the log fails
 */
export async function abortMatching(
  store: Store,
  selection: Selection,
  options: MatchingOptions = {},
): Promise<readonly MatchingOutcome[]> {
  const { by, reason } = statedFor('abortMatching', store, options, 'aborted by an operator');
  return await operate(store, selection, options, {
    // Only graphs that have not ended can be aborted, and these are at hand.
    candidates: () => openSummaries(store),
    jobsToChange: ({ status, counts }) => (status === 'running' ? counts.unstarted + counts.started : 0),
    concerns: ({ status }) => status === 'unstarted' || status === 'started',
    onGraph: (graphId) => abortGraph(store, graphId, { by, reason }),
    onJob: { kind: 'abort', by, message: reason, silent: true },
  });
}

/**
 * Makes what has failed or was aborted, and matches a selection, run again, one after another: graphs as `retryGraph`
 * does, jobs as `retryJob` does. A job that was aborted only through another is not among them, and one that skipped itself
 * only if the status `skipped` is selected. Without a graph it looks through every graph of the log.
 *
 * @throws as {@link abortMatching} does
 */
export async function retryMatching(
  store: Store,
  selection: Selection,
  options: MatchingOptions = {},
): Promise<readonly MatchingOutcome[]> {
  const { by, reason } = statedFor('retryMatching', store, options, 'retried by an operator');
  const isOfSkipped = selection.status === 'skipped';
  return await operate(store, selection, options, {
    candidates: ({ labels }) => allSummaries(store, labels),
    jobsToChange: ({ counts }) => counts.failed + counts.aborted + (isOfSkipped ? counts.skipped : 0),
    concerns: ({ state }) =>
      state.status === 'failed' || state.abort !== null || (isOfSkipped && state.status === 'skipped'),
    onGraph: (graphId) => retryGraph(store, graphId, { by, reason }),
    onJob: { kind: 'reset', by, reason },
  });
}

/** What is done, and to what it can be done. */
interface Operation {
  /** Graphs among which are all those it can be done to. */
  candidates(selection: Selection): AsyncIterable<GraphSummary>;
  /** How many jobs of a graph it may change; 0 for a graph that it cannot be done to. */
  jobsToChange(graph: GraphSummary): number;
  concerns(job: JobNode): boolean;
  onGraph(graphId: string): Promise<unknown>;
  readonly onJob: OperatorCommand;
}

type Chosen = Omit<MatchingOutcome, 'done' | 'error'>;

async function operate(
  store: Store,
  selection: Selection,
  { dryRun = false, onOutcome }: MatchingOptions,
  operation: Operation,
): Promise<readonly MatchingOutcome[]> {
  const ofJobs = selection.graphId !== undefined || selection.type !== undefined;
  assertSelects(selection, ofJobs);
  const chosen = ofJobs ? await chosenJobs(store, selection, operation) : await chosenGraphs(selection, operation);
  const outcomes: MatchingOutcome[] = [];
  const tell = (outcome: MatchingOutcome) => {
    outcomes.push(outcome);
    onOutcome?.(outcome);
  };
  if (dryRun) chosen.forEach((each) => tell({ ...each, done: false, error: null }));
  else if (ofJobs) await onJobs(store, chosen, operation.onJob, tell);
  else for (const each of chosen) tell({ ...each, ...(await resultOf(() => operation.onGraph(each.graphId))) });
  return outcomes;
}

async function chosenGraphs({ status, limit = Infinity, ...rest }: Selection, operation: Operation): Promise<Chosen[]> {
  const chosen: Chosen[] = [];
  for await (const graph of operation.candidates(rest)) {
    if (chosen.length >= limit) break;
    const jobs = operation.jobsToChange(graph);
    if (jobs === 0 || !hasLabels(graph, rest.labels) || (status !== undefined && graph.status !== status)) continue;
    chosen.push({ graphId: graph.id, jobId: null, type: null, status: graph.status, jobs });
  }
  return chosen;
}

async function chosenJobs(store: Store, selection: Selection, operation: Operation): Promise<Chosen[]> {
  const { graphId, type, status, limit = Infinity } = selection;
  const now = store.environment.now();
  const chosen: Chosen[] = [];
  const types = new Set<string>();
  for await (const graph of graphId === undefined
    ? graphsToChange(store, selection, operation)
    : [loadGraph(store, graphId)]) {
    if (!hasLabels(graph, selection.labels)) continue;
    for (const job of graph.jobs.values()) {
      types.add(job.definition.type);
      const isMeant = type === undefined || job.definition.type === type;
      const derived = job.derivedStatus(now);
      const stands = status === undefined || status === derived || status === job.status;
      if (!isMeant || !stands || !operation.concerns(job) || chosen.length >= limit) continue;
      chosen.push({ graphId: graph.id, jobId: job.id, type: job.definition.type, status: derived, jobs: 1 });
    }
    if (chosen.length >= limit) break;
  }
  if (chosen.length === 0 && type !== undefined && types.size > 0 && !types.has(type)) {
    const none = graphId === undefined ? 'no graph that this could be done to has a' : `graph ${graphId} has no`;
    throw invalid(`${none} job of type ${shownName(type)}; did you mean ${nearestTo(type, [...types])}?`);
  }
  return chosen;
}

async function* graphsToChange(store: Store, selection: Selection, operation: Operation): AsyncGenerator<GraphState> {
  for await (const graph of operation.candidates(selection)) {
    if (operation.jobsToChange(graph) > 0) yield await loadGraph(store, graph.id);
  }
}

async function* openSummaries(store: Store): AsyncGenerator<GraphSummary> {
  const { projection } = await openGraphs(store, {});
  yield* projection.existing().map(toSummary);
}

async function* allSummaries(store: Store, labels: Selection['labels']): AsyncGenerator<GraphSummary> {
  for (let after: string | null | undefined = undefined; after !== null;) {
    const page = await graphs(store, defined({ labels, after }));
    yield* page.items;
    after = page.next;
  }
}

/** Jobs of one graph stand together, and are decided on together. */
async function onJobs(
  store: Store,
  chosen: readonly Chosen[],
  command: OperatorCommand,
  tell: (outcome: MatchingOutcome) => void,
): Promise<void> {
  for (const graphId of new Set(chosen.map((each) => each.graphId))) {
    const jobs = chosen.filter((each) => each.graphId === graphId);
    const refused = new Map<string, Rejection>();
    const { done, error } = await resultOf(async () => {
      const graph = await loadGraph(store, graphId);
      const ids = jobs.map(({ jobId }) => jobId!);
      await commandJobs(store, graph, ids, command, (rejection, jobId) => refused.set(jobId, rejection));
    });
    for (const job of jobs) {
      const rejection = refused.get(job.jobId!) ?? null;
      tell({ ...job, done: done && rejection === null, error: error ?? rejection });
    }
  }
}

/** One failure must not stop the others; but where the log itself fails, there is no point in going on. */
async function resultOf(work: () => Promise<unknown>): Promise<Pick<MatchingOutcome, 'done' | 'error'>> {
  try {
    await work();
    return { done: true, error: null };
  } catch (error) {
    if (!(error instanceof OverseerError)) throw error;
    if (error instanceof LogError && error.code !== 'store-history-missing') throw error;
    const { code, message } = error;
    return { done: false, error: { code, message } };
  }
}

const selectionNames = { graphId: true, labels: true, status: true, type: true, limit: true } as const;
const optionNames = { by: true, reason: true, dryRun: true, onOutcome: true } as const;

function statedFor(call: string, store: Store, options: MatchingOptions, defaultReason: string): Required<Reason> {
  assertOptions<MatchingOptions>(call, options, optionNames);
  const { by, reason } = options;
  return stated(store, defined({ by, reason }), defaultReason);
}

function assertSelects(selection: Selection, ofJobs: boolean): void {
  assertOptions<Selection>('the selection', selection, selectionNames);
  const { graphId, labels = {}, status, type, limit } = selection;
  if (graphId === undefined && type === undefined && status === undefined && Object.keys(labels).length === 0) {
    throw invalid('nothing is selected by; give a graph, labels, a status or a type');
  }
  const known: readonly string[] = ofJobs ? [...new Set([...jobStatuses, ...derivedStatuses])] : graphStatuses;
  if (status !== undefined && !known.includes(status)) {
    const whose = ofJobs ? 'job' : 'graph';
    throw invalid(`${shownName(status)} is no status of a ${whose}; did you mean ${nearestTo(status, known)}?`);
  }
  limitOf(defined({ limit }));
}

function invalid(message: string): OverseerError {
  return new OverseerError('selection-invalid', message);
}
