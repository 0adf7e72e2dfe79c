import { type GraphTimeline, timelineOf } from './spans.js';
import { type AsOf, asOfOnly, momentOf } from '../../store/graph-info.js';
import { missingGraph } from '../../store/load-graph.js';
import { completesSubmission } from '../../domain/submission.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { assertOptions } from '../../prelude/known-names.js';

/**
 * What the jobs of a graph did with their time, up to a moment or until now, and which of them decided how long it took.
 *
 * @throws RejectedError `graph-not-found`
 */
export async function timeline(store: Store, graphId: string, options: AsOf = {}): Promise<GraphTimeline> {
  assertOptions<AsOf>('timeline', options, asOfOnly);
  const { asOf } = options;
  const events = await orThrow(store.log.readGraph(graphId, asOf ?? null));
  if (!events.some(completesSubmission)) throw await missingGraph(store, graphId);
  return timelineOf(graphId, events, momentOf(store, events, asOf));
}
