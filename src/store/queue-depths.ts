import type { QueueDepth } from '../domain/listed.js';
import type { LiveProjection } from '../domain/live-projection.js';
import type { JobNode } from '../domain/graph.js';
import { pausesOf } from '../domain/pauses.js';
import type { MomentShown } from '../domain/graph-info.js';
import { type AsOf, asOfOnly } from './graph-info.js';
import { LiveFeed } from './live-feed.js';
import { eventBatches } from './read-log.js';
import type { Store } from './store.js';
import { assertOptions } from '../prelude/known-names.js';

/** How many jobs wait and run in the graphs that have not ended, by type, ordered by name. */
export async function queueDepths(store: Store, options: AsOf = {}): Promise<readonly QueueDepth[]> {
  assertOptions<AsOf>('queueDepths', options, asOfOnly);
  const { projection, now } = await openGraphs(store, options);
  const depths = new Map<string, Writable<QueueDepth>>();
  for (const graph of projection.existing()) {
    for (const job of graph.jobs.values()) count(job, { now, work: projection.work }, depths);
  }
  return [...depths.values()].sort((a, b) => (a.type < b.type ? -1 : 1));
}

type Writable<A> = { -readonly [Key in keyof A]: A[Key] };

function count(job: JobNode, { now, work }: MomentShown, depths: Map<string, Writable<QueueDepth>>): void {
  if (job.definition.external !== undefined) return;
  const derived = job.derivedStatus(now);
  const status = derived === 'deferred' || derived === 'delayed' ? 'backing-off' : derived;
  if (status !== 'ready' && status !== 'backing-off' && status !== 'started' && status !== 'waiting') return;
  const { type } = job.definition;
  const depth = depths.get(type) ?? { type, ready: 0, paused: 0, backingOff: 0, started: 0, waiting: 0 };
  depths.set(type, depth);
  const isHeld = status === 'ready' && pausesOf(job, work).length > 0;
  depth[isHeld ? 'paused' : status === 'backing-off' ? 'backingOff' : status] += 1;
}

/** @internal The graphs that had not ended at a position, or have not ended now; and the time of that. */
export async function openGraphs(
  store: Store,
  { asOf }: AsOf,
): Promise<{ readonly projection: LiveProjection; readonly now: number }> {
  if (asOf === undefined) {
    await store.live.catchUp();
    return { projection: store.live.projection, now: store.environment.now() };
  }
  const feed = new LiveFeed(store.log);
  let now = 0;
  for await (const batch of eventBatches(store.log, { upTo: asOf })) {
    await feed.apply(batch);
    now = Date.parse(batch.at(-1)!.recordedAt);
  }
  return { projection: feed.projection, now };
}
