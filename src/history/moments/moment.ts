import type { Position } from '../../domain/events.js';
import { comparePositions } from '../../domain/positions.js';
import { OverseerError } from '../../prelude/errors.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { existingGraph } from '../../store/load-graph.js';
import { type Moment, momentForms, momentInvalid, readMoment } from './read-moment.js';

/**
 * The position of a moment of a graph: everything up to there had happened. The same moment gives the same position for
 * ever, so a moment in the future is refused.
 *
 * @param text `@POSITION`, `#N` for the N-th event of the graph, or an ISO time
 * @throws RejectedError `graph-not-found`; OverseerError `moment-invalid` for a text that is not a moment, or a moment
 *   that the log has not reached, `moment-before-graph` if the graph did not exist then
 */
export async function resolveMoment(store: Store, graphId: string, text: string): Promise<Position> {
  const moment = readMoment(text);
  const own = await orThrow(store.log.readStream({ graphId, jobId: null }));
  const graph = await existingGraph(store, graphId, own);
  const position =
    moment.kind === 'event'
      ? await positionOfEvent(store, graphId, moment.number)
      : await positionOf(store, moment, text);
  if (position === null || comparePositions(position, graph.existsFrom!) < 0) {
    throw new OverseerError(
      'moment-before-graph',
      `graph ${graphId} did not exist at ${text}; it exists from @${graph.existsFrom} (${graph.submittedAt}) on`,
    );
  }
  return position;
}

/**
 * The position of a moment of the whole log.
 *
 * @param text `@POSITION` or an ISO time; events are numbered within one graph, so `#N` is not one
 * @throws OverseerError `moment-invalid`, also for a moment before the log's first event
 */
export async function resolveLogMoment(store: Store, text: string): Promise<Position> {
  const moment = readMoment(text);
  if (moment.kind === 'event') {
    throw momentInvalid(`${text} names an event of one graph, and no graph is given; give @POSITION or a time`);
  }
  const position = await positionOf(store, moment, text);
  const [first] = await orThrow(store.log.readAll({ limit: 1 }));
  if (position === null || first === undefined || comparePositions(position, first.position) < 0) {
    const begin = first === undefined ? 'is empty' : `begins at @${first.position} (${first.recordedAt})`;
    throw momentInvalid(`nothing had happened at ${text}; the log ${begin}`);
  }
  return position;
}

async function positionOfEvent(store: Store, graphId: string, number: number): Promise<Position> {
  const events = await orThrow(store.log.readGraph(graphId));
  const event = events[number - 1];
  if (event === undefined)
    throw momentInvalid(`graph ${graphId} has events #1 to #${events.length}, and no #${number}`);
  return event.position;
}

async function positionOf(
  store: Store,
  moment: Exclude<Moment, { readonly kind: 'event' }>,
  text: string,
): Promise<Position | null> {
  if (moment.kind === 'time') {
    if (moment.at >= store.environment.now()) throw momentInvalid(`${text} is still to come; ${momentForms}`);
    return await orThrow(store.log.positionAt(moment.at));
  }
  const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined || comparePositions(moment.position, last.position) > 0) {
    throw momentInvalid(`the log has not reached ${text}; it ends at @${last?.position ?? 0}`);
  }
  return moment.position;
}
