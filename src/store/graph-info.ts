import type { Position, RecordedEvent } from '../domain/events.js';
import { failureStack } from '../domain/failure-stack.js';
import { type GraphInfo, type JobDetails, type MomentShown, toGraphInfo, toJobInfo } from '../domain/graph-info.js';
import { orThrow } from './or-throw.js';
import type { Store } from './store.js';
import { existingGraph, jobIn } from './load-graph.js';
import { loadWork } from './load-work.js';
import { assertOptions } from '../prelude/known-names.js';

export interface AsOf {
  /** Show the state after the event at this position of the log. */
  readonly asOf?: Position;
}

/** @internal The names of {@link AsOf}, for functions that have no other options. */
export const asOfOnly = { asOf: true } as const;

/** A graph and its jobs. Throws a RejectedError `graph-not-found` if there is none (or none yet, at `asOf`). */
export async function graphInfo(store: Store, graphId: string, options: AsOf = {}): Promise<GraphInfo> {
  assertOptions<AsOf>('graphInfo', options, asOfOnly);
  const { asOf } = options;
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  return toGraphInfo(await existingGraph(store, graphId, events), await momentShown(store, events, asOf));
}

/** One job. Throws a RejectedError `graph-not-found` or `job-not-found`. */
export async function jobInfo(store: Store, graphId: string, jobId: string, options: AsOf = {}): Promise<JobDetails> {
  assertOptions<AsOf>('jobInfo', options, asOfOnly);
  const { asOf } = options;
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  const job = jobIn(await existingGraph(store, graphId, events), jobId);
  return { ...toJobInfo(job, await momentShown(store, events, asOf)), stack: failureStack(job, events) };
}

/** @internal The moment that is shown, in milliseconds since the epoch: now, or the time of the last event. */
export function momentOf(store: Store, events: readonly RecordedEvent[], asOf: Position | undefined): number {
  return asOf === undefined ? store.environment.now() : Date.parse(events.at(-1)!.recordedAt);
}

/** @internal The moment that a graph is shown at. @param events of the graph, up to that moment */
export async function momentShown(
  store: Store,
  events: readonly RecordedEvent[],
  asOf: Position | undefined,
): Promise<MomentShown> {
  return { now: momentOf(store, events, asOf), work: await loadWork(store, asOf) };
}
