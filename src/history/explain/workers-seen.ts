import type { Position, RecordedEvent, WorkerIdentity } from '../../domain/events.js';
import { recentMs, type WorkerSeen } from './explanation.js';
import type { AsOf } from '../../store/graph-info.js';
import { typesInGraph } from '../../store/job-types.js';
import { latestBatches } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';

const readBatch = 500;
/** Bounds on what is read to answer a question at a prompt. */
const eventsMax = 5000;
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
  const since = new Date(now - recentMs).toISOString();
  const typesOfGraph = new Map<string, ReadonlyMap<string, string>>();
  const seen = new Map<string, { identity: WorkerIdentity; lastSeenAt: string; types: Set<string> }>();
  for (const event of await recentClaims(store, since, asOf)) {
    if (event.type !== 'JobStarted' || event.jobId === null) continue;
    const { worker } = event.data;
    const known = seen.get(worker.id) ?? { identity: worker, lastSeenAt: event.recordedAt, types: new Set() };
    seen.set(worker.id, known);
    if (!typesOfGraph.has(event.graphId) && typesOfGraph.size < graphsMax) {
      typesOfGraph.set(event.graphId, await typesInGraph(store, event.graphId));
    }
    const type = typesOfGraph.get(event.graphId)?.get(event.jobId);
    if (type !== undefined) known.types.add(type);
  }
  return [...seen.values()].map(({ identity, lastSeenAt, types }) => ({ ...identity, lastSeenAt, types: [...types] }));
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
    if (recent.length < events.length || found.length >= eventsMax) break;
  }
  return found;
}
