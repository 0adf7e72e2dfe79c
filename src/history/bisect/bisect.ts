import type { RecordedEvent } from '../../domain/events.js';
import type { GraphState, GraphStatus } from '../../domain/graph.js';
import { type Found, firstThat } from './search.js';
import { ExpressionError, isTrue, readExpression, type StateExpression } from './expression.js';
import { E } from '../../prelude/fp.js';
import { OverseerError } from '../../prelude/errors.js';
import { type GraphView, graphHistory } from '../moments/graph-history.js';
import type { AsOf } from '../../store/graph-info.js';
import { LiveFeed } from '../../store/live-feed.js';
import { eventBatches } from '../../store/read-log.js';
import type { Store } from '../../store/store.js';

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
  const question = questionOf(request, risingInGraph);
  const history = await graphHistory(store, graphId, request);
  const last = history.events.length;
  const found = firstThat((number) => question.holds(history.viewAt(number)), last, question.isMonotonic);
  return { ...found, event: found.number === null ? null : history.events[found.number - 1]!, events: last };
}

/** The whole log as a question about it sees it. */
export interface LogView {
  /** How many events had happened. */
  readonly number: number;
  /** When the last of them was recorded: ISO 8601, UTC. */
  readonly at: string;
  readonly event: {
    readonly type: string;
    readonly graphId: string;
    readonly jobId: string | null;
    readonly actor: string;
  };
  /** Graphs by status. */
  readonly graphs: Readonly<Record<GraphStatus, number>>;
  /** Jobs that are started. */
  readonly started: number;
  /** Jobs that may be claimed, or are backing off, by type; without those that a pause holds back. */
  readonly ready: Readonly<Record<string, number>>;
}

/**
 * The first event after which something holds of the whole log. Reads the log from its start, and no further than it has
 * to.
 *
 * @throws OverseerError `expression-invalid`
 */
export async function bisectLog(store: Store, request: BisectRequest<LogView>): Promise<Bisection> {
  const question = questionOf(request, []);
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
  return { event: null, number: null, events: number, method: 'linear', looks: number };
}

interface Question<State> {
  readonly isMonotonic: boolean;
  holds(state: State): boolean;
}

function questionOf<State extends object>(
  { where, isMonotonic }: BisectRequest<State>,
  risingNames: readonly string[],
): Question<State> {
  if (typeof where === 'function') return { isMonotonic: isMonotonic ?? false, holds: (state) => isTrue(where(state)) };
  const expression = readExpression(where, risingNames);
  if (E.isLeft(expression)) throw new OverseerError('expression-invalid', expression.left);
  const asked = expression.right;
  return { isMonotonic: isMonotonic ?? asked.isMonotonic, holds: (state) => isTrue(answerOf(asked, state)) };
}

function answerOf(asked: StateExpression, state: object): unknown {
  try {
    return asked.evaluate(state);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new OverseerError('expression-invalid', `the expression has no answer: ${error.message}`);
  }
}

/** Counts graphs by status, along the log. */
class LogStates {
  private readonly feed: LiveFeed;
  private readonly counts: Record<GraphStatus, number> = { running: 0, finished: 0, failed: 0, aborted: 0 };
  /** Of graphs that have ended. */
  private readonly ended = new Map<string, GraphStatus>();

  constructor(store: Store) {
    this.feed = new LiveFeed(store.log);
  }

  async apply(event: RecordedEvent): Promise<void> {
    const { graphId } = event;
    const { graphs } = this.feed.projection;
    const known = graphs.get(graphId);
    const before = this.ended.get(graphId) ?? (known === undefined ? null : statusOf(known));
    await this.feed.apply([event]);
    const graph = graphs.get(graphId) ?? known;
    // A graph that is no longer in memory has ended, and stays as it is.
    const after = graph === undefined ? before : statusOf(graph);
    if (after === before) return;
    if (before !== null) this.counts[before] -= 1;
    if (after !== null) this.counts[after] += 1;
    if (after === null || after === 'running') this.ended.delete(graphId);
    else this.ended.set(graphId, after);
  }

  view(event: RecordedEvent, number: number): LogView {
    const { projection } = this.feed;
    const { type, graphId, jobId, actor } = event;
    return {
      number,
      at: event.recordedAt,
      event: { type, graphId, jobId, actor },
      graphs: this.counts,
      started: projection.started.size,
      ready: Object.fromEntries(
        [...projection.ready]
          .filter(([jobType]) => projection.mayStart(jobType))
          .map(([jobType, jobs]) => [jobType, jobs.size]),
      ),
    };
  }
}

/** Null for a graph that does not exist yet. */
function statusOf(graph: GraphState): GraphStatus | null {
  return graph.existsFrom === null ? null : graph.status;
}
