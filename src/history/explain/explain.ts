import {
  explainGraph as explainState,
  explainJob as explainNode,
  type GraphExplanation,
  type JobExplanation,
  pastEvents,
} from './explanation.js';
import type { GraphState } from '../../domain/graph.js';
import { placesUnder } from '../../store/known-limit.js';
import { type AsOf, asOfOnly, momentShown } from '../../store/graph-info.js';
import { existingGraph, jobIn } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { workersSeenLately } from './workers-seen.js';
import { assertOptions } from '../../prelude/known-names.js';

/**
 * Why a job is where it is and what would make it run, now or at a moment.
 *
 * @throws RejectedError `graph-not-found` or `job-not-found`
 */
export async function explainJob(
  store: Store,
  graphId: string,
  jobId: string,
  at: AsOf = {},
): Promise<JobExplanation & Moment> {
  assertOptions<AsOf>('explainJob', at, asOfOnly);
  const { graph, ...context } = await contextOf(store, graphId, at);
  const job = jobIn(graph, jobId);
  const keys = job.definition.limits?.map(({ key }) => key) ?? [];
  const places = await placesUnder(store.log, keys, at.asOf ?? null);
  return { ...explainNode(job, { ...context, places }), now: context.now };
}

/**
 * What a graph as a whole waits for, now or at a moment.
 *
 * @throws RejectedError `graph-not-found`
 */
export async function explainGraph(store: Store, graphId: string, at: AsOf = {}): Promise<GraphExplanation & Moment> {
  assertOptions<AsOf>('explainGraph', at, asOfOnly);
  const { graph, ...context } = await contextOf(store, graphId, at);
  const places = await placesUnder(store.log, keysOfReady(graph), at.asOf ?? null);
  return { ...explainState(graph, { ...context, places }), now: context.now };
}

/** Of how many keys it is looked at who has the places. Where jobs wait under more of them, the rest counts as ready. */
const keysMost = 100;

function keysOfReady(graph: GraphState): readonly string[] {
  const keys = new Set<string>();
  for (const job of graph.jobs.values()) {
    if (job.definition.limits === undefined || !job.isReady) continue;
    for (const { key } of job.definition.limits) if (keys.size < keysMost) keys.add(key);
  }
  return [...keys];
}

interface Moment {
  /** The moment that is explained, in milliseconds since the epoch. */
  readonly now: number;
}

async function contextOf(store: Store, graphId: string, at: AsOf) {
  const events = await orThrow(store.log.readGraph(graphId, at.asOf ?? null));
  const graph = await existingGraph(store, graphId, events);
  const { now, work } = await momentShown(store, events, at.asOf);
  return { graph, past: pastEvents(events), now, work, workersSeen: await workersSeenLately(store, now, at) };
}
