import { type GraphTimeline, timelineOf } from './spans.js';
import { type AsOf, momentOf } from '../../store/graph-info.js';
import { completesSubmission, graphNotFound } from '../../store/load-graph.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';

/**
 * What the jobs of a graph did with their time, up to a moment or until now, and which of them decided how long it took.
 *
 * @throws RejectedError `graph-not-found`
 */
export async function timeline(store: Store, graphId: string, { asOf }: AsOf = {}): Promise<GraphTimeline> {
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  if (!events.some(completesSubmission)) throw graphNotFound(graphId);
  return timelineOf(graphId, events, momentOf(store, events, asOf));
}
