import { definingJobs, jobsIn, type RecordedEvent } from '../domain/events.js';
import type { Store } from './store.js';
import { orThrow } from './or-throw.js';
import { latestBatches } from './read-log.js';

/**
 * @internal The types of a graph's jobs, by the job's id: of those that are asked for at least. The submission tells those of
 * nearly all; only for one that was spawned is the whole graph read.
 */
export async function typesInGraph(
  store: Store,
  graphId: string,
  jobIds: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const submitted = typesIn(await orThrow(store.log.readStream({ graphId, jobId: null })));
  if ([...jobIds].every((id) => submitted.has(id))) return submitted;
  return typesIn(await orThrow(store.log.readGraph(graphId)));
}

function typesIn(events: readonly RecordedEvent[]): ReadonlyMap<string, string> {
  return new Map(events.flatMap((event) => jobsIn(event).map(({ id, type }) => [id, type] as const)));
}

/** @internal Every type that a job ever had, of the latest graph first. Reads all submissions. */
export async function typesEverUsed(store: Store): Promise<ReadonlySet<string>> {
  const types = new Set<string>();
  for await (const batch of latestBatches(store.log, { types: definingJobs, limit: 100 })) {
    for (const event of batch) for (const job of jobsIn(event)) types.add(job.type);
  }
  return types;
}
