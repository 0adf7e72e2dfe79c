import { completesSubmission } from '../../domain/submission.js';
import { assertOptions } from '../../prelude/known-names.js';
import { type AsOf, asOfOnly } from '../../store/graph-info.js';
import { missingGraph } from '../../store/load-graph.js';
import { readWorkEvents } from '../../store/load-work.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { GraphHistory } from './graph-history.js';

/**
 * Reads a graph's whole history, up to a moment if one is given.
 *
 * @throws RejectedError `graph-not-found`
 */
export async function graphHistory(store: Store, graphId: string, options: AsOf = {}): Promise<GraphHistory> {
  assertOptions<AsOf>('graphHistory', options, asOfOnly);
  const events = await orThrow(store.log.readGraph(graphId, options.asOf ?? null));
  const existsFrom = events.findIndex(completesSubmission);
  if (existsFrom < 0) throw await missingGraph(store, graphId);
  return new GraphHistory(graphId, events, existsFrom + 1, await readWorkEvents(store.log, options.asOf));
}
