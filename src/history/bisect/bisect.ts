import type { RecordedEvent } from '../../domain/events.js';
import { type Found, firstThat } from './search.js';
import { ExpressionError, isTrue, readExpression, type StateExpression } from './expression.js';
import { E } from '../../prelude/fp.js';
import { OverseerError } from '../../prelude/errors.js';
import { type GraphView, graphHistory } from '../moments/graph-history.js';
import type { AsOf } from '../../store/graph-info.js';
import { LogStates, type LogView } from './log-states.js';
import { eventBatches } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';
import { assertOptions } from '../../prelude/known-names.js';
import type { Shape } from './expression-names.js';
import { graphShape, logShape } from './state-shapes.js';

/** A question about a state: an expression, or a function of one's own, which must not keep what it is given. */
export type Where<State> = string | ((state: State) => unknown);

export interface BisectRequest<State> extends AsOf {
  readonly where: Where<State>;
  /**
   * Declares that once true, the answer stays true. Inferred for expressions that only test whether an attempt or event
   * number has reached a bound.
   */
  readonly isMonotonic?: boolean;
}

/** The first event after which something holds. */
export interface Bisection {
  /** Null if it never held. */
  readonly event: RecordedEvent | null;
  /** Its number, from 1, among the events looked through: those of the graph, or those of the log. */
  readonly number: number | null;
  /** How many events there were to look through. */
  readonly events: number;
  /** `binary` if the answer is known to stay true once it is, `linear` otherwise. */
  readonly method: Found['method'];
  /** How many states were looked at. */
  readonly looks: number;
}

/** Numbers of a graph's view that never fall, as paths. */
const risingInGraph = ['number', 'at', 'jobs.*.attempt'];

/**
 * The first event of a graph after which something holds of it.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `expression-invalid`
 */
export async function bisect(store: Store, graphId: string, request: BisectRequest<GraphView>): Promise<Bisection> {
  const question = questionOf('bisect', request, risingInGraph);
  const { asOf } = request;
  const history = await graphHistory(store, graphId, asOf === undefined ? {} : { asOf });
  question.assertNames(graphShape(jobIdsOf(history.events)));
  const last = history.events.length;
  const found = firstThat((number) => question.holds(history.viewAt(number)), last, question.isMonotonic);
  return { ...found, event: found.number === null ? null : history.events[found.number - 1]!, events: last };
}

/**
 * The first event after which something holds of the whole log. Reads the log from its start, and no further than it has
 * to.
 *
 * @throws OverseerError `expression-invalid`
 */
export async function bisectLog(store: Store, request: BisectRequest<LogView>): Promise<Bisection> {
  const question = questionOf('bisectLog', request, []);
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

/** Of the whole history: a graph that is submitted in parts has more of them with each. */
function jobIdsOf(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'GraphSubmitted' ? event.data.jobs.map(({ id }) => id) : []));
}

interface Question<State> {
  readonly isMonotonic: boolean;
  holds(state: State): boolean;
  /** @throws OverseerError `expression-invalid` for a name that the state never has; a function may name what it likes */
  assertNames(state: Shape): void;
}

function questionOf<State extends object>(
  call: string,
  request: BisectRequest<State>,
  risingNames: readonly string[],
): Question<State> {
  assertOptions<BisectRequest<State>>(call, request, { where: true, isMonotonic: true, asOf: true });
  const { where, isMonotonic } = request;
  if (typeof where === 'function') {
    return { isMonotonic: isMonotonic ?? false, holds: (state) => isTrue(where(state)), assertNames: () => {} };
  }
  const expression = readExpression(where, risingNames);
  if (E.isLeft(expression)) throw new OverseerError('expression-invalid', expression.left);
  const asked = expression.right;
  return {
    isMonotonic: isMonotonic ?? asked.isMonotonic,
    holds: (state) => isTrue(answerOf(asked, state)),
    assertNames: (shape) => {
      const problem = asked.unknownIn(shape);
      if (problem !== null) throw new OverseerError('expression-invalid', problem);
    },
  };
}

function answerOf(asked: StateExpression, state: object): unknown {
  try {
    return asked.evaluate(state);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new OverseerError('expression-invalid', `the expression has no answer: ${error.message}`);
  }
}
