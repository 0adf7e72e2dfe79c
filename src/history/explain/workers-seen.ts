import { grouped } from '../../prelude/grouped.js';
import type { Position, RecordedEvent } from '../../domain/events.js';
import { claimsMax, recentSince, workersOf } from './claims.js';
import type { WorkerSeen } from './explanation.js';
import type { AsOf } from '../../store/graph-info.js';
import { typesInGraph } from '../../store/job-types.js';
import { latestBatches } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';

const readBatch = 500;
/** Bounds on what is read to answer a question at a prompt. */
const graphsMax = 100;

/**
 * @internal Workers that claimed jobs lately, and of which types. A worker that found nothing to do writes nothing, and so
 * is not among them.
 *
 * @param now the moment that "lately" counts back from, in milliseconds since the epoch
 */
export async function workersSeenLately(
  store: Store,
  now: number,
  { asOf }: AsOf = {},
): Promise<readonly WorkerSeen[]> {
  const claims = await recentClaims(store, recentSince(now), asOf);
  const typesOfGraph = new Map<string, ReadonlyMap<string, string>>();
  for (const [graphId, ofGraph] of grouped(claims, (event) => event.graphId)) {
    if (typesOfGraph.size === graphsMax) break;
    const jobIds = ofGraph.map(({ jobId }) => jobId!);
    typesOfGraph.set(graphId, await typesInGraph(store, graphId, jobIds));
  }
  return workersOf(claims, ({ graphId, jobId }) => typesOfGraph.get(graphId)?.get(jobId!));
}

/** The latest claims, the last one first. */
async function recentClaims(
  store: Store,
  since: string,
  asOf: Position | undefined,
): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const events of latestBatches(store.log, { upTo: asOf, types: ['JobStarted'], limit: readBatch })) {
    const recent = events.filter((event) => event.recordedAt >= since);
    found.push(...recent);
    if (recent.length < events.length || found.length >= claimsMax) break;
  }
  return found;
}
