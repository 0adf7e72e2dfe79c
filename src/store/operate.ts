import { beyondThisRelease, decideGraph, type GraphCommand } from '../domain/graph-decisions.js';
import type { GraphState, JobNode } from '../domain/graph.js';
import type { Rejection } from '../domain/rejection.js';
import { decideJob, type JobCommand } from '../domain/job-decisions.js';
import type { Append } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { allowed, appendOrThrow, RejectedError } from './or-throw.js';
import type { Store } from './store.js';
import { jobIn, loadGraph } from './load-graph.js';
import { newEvents } from './new-events.js';
import { type Reason, stated } from './reason.js';

/**
 * Aborts every job of a graph that has not ended. Running handlers see their `signal` abort; what they return is not
 * recorded. Aborting an aborted graph changes nothing.
 *
 * @throws RejectedError `graph-not-found`, or `graph-already-ended` if every job has finished or failed
 */
export async function abortGraph(store: Store, graphId: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'aborted by an operator');
  await commandGraph(store, graphId, { kind: 'abort', by, reason });
  // The graph's abort is in another stream than its jobs: an event in the stream of each started job fences its owner.
  await fenceInterrupted(store, graphId, { kind: 'abort', by, message: reason, silent: true });
}

/**
 * Aborts one job that has not ended, and with it every job that depends on it.
 *
 * @throws RejectedError `graph-not-found`, `job-not-found`, or `job-already-ended`
 */
export async function abortJob(store: Store, graphId: string, jobId: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'aborted by an operator');
  await commandJob(store, graphId, jobId, { kind: 'abort', by, message: reason, silent: true });
}

/**
 * Makes a failed or aborted job run again. Jobs that were aborted or blocked only because of it open again too.
 *
 * @throws RejectedError `graph-not-found`, `job-not-found`, `job-not-ended`, or `job-aborted-through-another`, which
 *   names the one to retry
 */
export async function retryJob(store: Store, graphId: string, jobId: string, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'retried by an operator');
  await commandJob(store, graphId, jobId, { kind: 'reset', by, reason });
}

/**
 * Makes everything in a graph that failed or was aborted run again; what is finished stays. Resolves to the ids of the
 * jobs that were reset.
 *
 * @throws RejectedError `graph-not-found`, or `graph-not-ended` if nothing in it has failed or was aborted
 */
export async function retryGraph(store: Store, graphId: string, why: Reason = {}): Promise<readonly string[]> {
  const { by, reason } = stated(store, why, 'retried by an operator');
  // Workers that still held a job when the graph was aborted are fenced before the abort is reset, so that none of them
  // can append an ending afterwards.
  await fenceInterrupted(store, graphId, { kind: 'abort', by, message: reason, silent: true });
  const graph = await loadGraph(store, graphId);
  if (graph.unreadable !== null) throw new RejectedError(beyondThisRelease(graph));
  const ended = [...graph.jobs.values()].filter((job) => job.state.status === 'failed' || job.state.abort !== null);
  if (ended.length === 0 && graph.abort === null) {
    const message = `nothing in graph ${graphId} has failed or was aborted; it is ${graph.status}`;
    throw new RejectedError({ code: 'graph-not-ended', message });
  }
  const reset = ended.map((job) => job.id);
  await commandJobs(store, graph, reset, { kind: 'reset', by, reason }, skipped);
  await commandGraph(store, graphId, { kind: 'reset', by, reason });
  return reset;
}

/** @internal What an operator asks of a job. */
export type OperatorCommand = JobCommand & { readonly kind: 'abort' | 'reset' | 'answer'; readonly by: string };

/** @internal Does to one job what an operator asks, or throws why it cannot be done. */
export async function commandJob(
  store: Store,
  graphId: string,
  jobId: string,
  command: OperatorCommand,
): Promise<void> {
  const graph = await loadGraph(store, graphId);
  jobIn(graph, jobId);
  await commandJobs(store, graph, [jobId], command, (rejection) => {
    throw new RejectedError(rejection);
  });
}

async function fenceInterrupted(store: Store, graphId: string, command: OperatorCommand): Promise<void> {
  const graph = await loadGraph(store, graphId);
  const interrupted = [...graph.jobs.values()].filter((job) => job.state.interrupted).map((job) => job.id);
  await commandJobs(store, graph, interrupted, command, skipped);
}

/** What the rules refuse is passed over. */
const skipped = () => {};

/** @internal Decides on the present state and appends at its revision. Where another writer was faster, it decides again. */
export async function commandJobs(
  store: Store,
  loaded: GraphState,
  jobIds: readonly string[],
  command: OperatorCommand,
  onRejection: (rejection: Rejection, jobId: string) => void,
): Promise<void> {
  let graph = loaded;
  const tried = new Map<string, number>();
  for (let pending = jobIds; pending.length > 0; graph = await loadGraph(store, graph.id)) {
    if (graph.unreadable !== null) {
      for (const jobId of pending) onRejection(beyondThisRelease(graph), jobId);
      return;
    }
    const appends: Append[] = [];
    for (const jobId of pending) {
      const job = jobIn(graph, jobId);
      if (tried.get(jobId) === job.state.revision) throw noProgress(`job ${jobId} of graph ${graph.id}`, job.state);
      tried.set(jobId, job.state.revision);
      const decision = decideJob(job.subject(), command);
      if (E.isLeft(decision)) {
        onRejection(decision.left, jobId);
        continue;
      }
      const events = newEvents(store.environment, decision.right, causeOf(job, command), command.by);
      if (events.length > 0) appends.push({ graphId: graph.id, jobId, expectedRevision: job.state.revision, events });
    }
    const results = await appendOrThrow(store.log, appends);
    pending = appends.filter((_, index) => !results[index]!.appended).map((append) => append.jobId!);
  }
}

/** The event that led to what an operator does to a job. */
function causeOf({ graph, state, record }: JobNode, { kind }: OperatorCommand): string | null {
  // Somebody was asked when it became ready.
  if (kind === 'answer') return record.above.readyCause;
  return graph.abort === null ? state.lastEventId : graph.lastEventId;
}

/** @internal Decides what a command does to a graph's own stream, and appends it. False if nothing had to be done. */
export async function commandGraph(store: Store, graphId: string, command: GraphCommand): Promise<boolean> {
  for (let tried: number | null = null; ;) {
    const graph = await loadGraph(store, graphId);
    if (tried === graph.revision) throw noProgress(`graph ${graphId}`, graph);
    tried = graph.revision;
    const events = newEvents(store.environment, allowed(decideGraph(graph, command)), graph.lastEventId, command.by);
    if (events.length === 0) return false;
    const append: Append = { graphId, jobId: null, expectedRevision: graph.revision, events };
    const [result] = await appendOrThrow(store.log, [append]);
    if (result!.appended) return true;
  }
}

/** @internal Reading again has shown nothing new, so trying again would never end. */
export function noProgress(what: string, { revision }: { readonly revision: number }): OverseerError {
  const message = `${what} is not at revision ${revision}, which is the last one that can be read here; nothing was changed. Try a newer release, or see what \`overseer verify\` says`;
  return new OverseerError('stream-unreadable', message);
}
