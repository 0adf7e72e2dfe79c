import type { Store } from './store.js';
import { orThrow } from './or-throw.js';
import { latestBatches } from './read-log.js';

/** @internal The types of a graph's jobs, by the job's id. */
export async function typesInGraph(store: Store, graphId: string): Promise<ReadonlyMap<string, string>> {
  const types = new Map<string, string>();
  for (const event of await orThrow(store.log.readStream({ graphId, jobId: null }))) {
    if (event.type === 'GraphSubmitted') for (const job of event.data.jobs) types.set(job.id, job.type);
  }
  return types;
}

/** @internal Every type that a job ever had, of the latest graph first. Reads all submissions. */
export async function typesEverUsed(store: Store): Promise<ReadonlySet<string>> {
  const types = new Set<string>();
  for await (const batch of latestBatches(store.log, { types: ['GraphSubmitted'], limit: 100 })) {
    for (const event of batch)
      if (event.type === 'GraphSubmitted') for (const job of event.data.jobs) types.add(job.type);
  }
  return types;
}
