import { assertOptions } from '../../prelude/known-names.js';
import type { AsOf } from '../../store/graph-info.js';
import { eventBatches } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';
import type { GraphView } from '../moments/graph-history.js';
import { graphHistory } from '../moments/read-history.js';
import { LogStates } from './log-states.js';
import type { LogView } from './log-view.js';
import { bisectHistory, type Bisection, type BisectQuestion, questionOf } from './question.js';
import { logShape } from './state-shapes.js';

export interface BisectRequest<State> extends BisectQuestion<State>, AsOf {}

const requestOptions = { where: true, isMonotonic: true, asOf: true } as const;

/**
 * The first event of a graph after which something holds of it.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `expression-invalid`
 */
export async function bisect(store: Store, graphId: string, request: BisectRequest<GraphView>): Promise<Bisection> {
  assertOptions<BisectRequest<GraphView>>('bisect', request, requestOptions);
  const { asOf } = request;
  return bisectHistory(await graphHistory(store, graphId, asOf === undefined ? {} : { asOf }), request);
}

/**
 * The first event after which something holds of the whole log. Reads the log from its start, and no further than it has
 * to.
 *
 * @throws OverseerError `expression-invalid`
 */
export async function bisectLog(store: Store, request: BisectRequest<LogView>): Promise<Bisection> {
  assertOptions<BisectRequest<LogView>>('bisectLog', request, requestOptions);
  const question = questionOf(request, []);
  question.assertNames(logShape(null));
  const states = new LogStates(store);
  let number = 0;
  for await (const batch of eventBatches(store.log, { upTo: request.asOf ?? null })) {
    for (const event of batch) {
      number += 1;
      await states.apply(event);
      if (!question.holds(states.view(event, number))) continue;
      return { event, number, events: number, method: 'linear', looks: number };
    }
  }
  // It never held; perhaps since it names what there never was.
  question.assertNames(logShape(states.there()));
  return { event: null, number: null, events: number, method: 'linear', looks: number };
}
