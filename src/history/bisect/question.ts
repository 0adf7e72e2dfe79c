import { jobsIn, type RecordedEvent } from '../../domain/events.js';
import { OverseerError } from '../../prelude/errors.js';
import { E } from '../../prelude/fp.js';
import type { GraphHistory, GraphView } from '../moments/graph-history.js';
import { ExpressionError, isTrue, readExpression, type StateExpression } from './expression.js';
import type { Shape } from './shape.js';
import { type Found, firstThat } from './search.js';
import { graphShape } from './state-shapes.js';

/** A question about a state: an expression, or a function of one's own, which must not keep what it is given. */
export type Where<State> = string | ((state: State) => unknown);

export interface BisectQuestion<State> {
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
 * @throws OverseerError `expression-invalid`
 */
export function bisectHistory(history: GraphHistory, asked: BisectQuestion<GraphView>): Bisection {
  const question = graphQuestion(history.events, asked);
  const last = history.events.length;
  const found = firstThat((number) => question.holds(history.viewAt(number)), last, question.isMonotonic);
  return { ...found, event: found.number === null ? null : history.events[found.number - 1]!, events: last };
}

/** @throws OverseerError `expression-invalid`, also for a name that the graph never has */
export function graphQuestion(events: readonly RecordedEvent[], asked: BisectQuestion<GraphView>): Question<GraphView> {
  const question = questionOf(asked, risingInGraph);
  question.assertNames(graphShape(jobIdsOf(events)));
  return question;
}

/** The ids of the jobs in a whole history: a graph that is submitted in parts, or grows, has more of them with each. */
function jobIdsOf(events: readonly RecordedEvent[]): readonly string[] {
  return events.flatMap((event) => jobsIn(event).map(({ id }) => id));
}

/** A question that has been read. */
export interface Question<State> {
  readonly isMonotonic: boolean;
  holds(state: State): boolean;
  /** @throws OverseerError `expression-invalid` for a name that the state never has; a function may name what it likes */
  assertNames(state: Shape): void;
}

/**
 * Reads what is asked.
 *
 * @param risingNames paths of numbers in the state that never fall
 * @throws OverseerError `expression-invalid`
 */
export function questionOf<State extends object>(
  { where, isMonotonic }: BisectQuestion<State>,
  risingNames: readonly string[],
): Question<State> {
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
