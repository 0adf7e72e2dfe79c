import { definingJobs, jobsIn } from '../domain/events.js';
import type { Store } from './store.js';
import { orThrow } from './or-throw.js';
import { latestBatches } from './read-log.js';

/** @internal The types of a graph's jobs, by the job's id. */
export async function typesInGraph(store: Store, graphId: string): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>();
  for (const event of await orThrow(store.log.readGraph(graphId))) {
    for (const job of jobsIn(event)) types.set(job.id, job.type);
  }
  return types;
}

/** @internal Every type that a job ever had, of the latest graph first. Reads all submissions. */
export async function typesEverUsed(store: Store): Promise<ReadonlySet<string>> {
  const types = new Set<string>();
  for await (const batch of latestBatches(store.log, { types: definingJobs, limit: 100 })) {
    for (const event of batch) for (const job of jobsIn(event)) types.add(job.type);
  }
  return types;
}
