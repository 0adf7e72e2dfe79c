import type { Position } from '../../domain/events.js';
import { comparePositions } from '../../log/event-log.js';
import { OverseerError } from '../../prelude/errors.js';
import { shownName } from '../../prelude/known-names.js';
import { momentsOf, offsetAt } from '../../prelude/local-time.js';
import { orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { existingGraph } from '../../store/load-graph.js';

/** A moment as people write it, read but not yet looked up in a log. */
export type Moment =
  | { readonly kind: 'position'; readonly position: Position }
  /** The n-th event of a graph, from 1. */
  | { readonly kind: 'event'; readonly number: number }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time'; readonly at: number };

const forms = 'give a time such as 2026-03-01T12:30:00, @POSITION or #N';

/**
 * Reads a moment: `@POSITION` in the log, `#N` for the N-th event of a graph, or an ISO time, which is local unless it
 * says otherwise, like all times shown to people. A local time that comes twice, or not at all, is refused.
 *
 * @throws OverseerError `moment-invalid`
 */
export function readMoment(text: string): Moment {
  if (/^@\d{1,20}(\/\d{1,20})?$/.test(text)) return { kind: 'position', position: plainPosition(text.slice(1)) };
  if (/^#\d{1,15}$/.test(text)) return { kind: 'event', number: Number(text.slice(1)) };
  return { kind: 'time', at: readTime(text) };
}

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
    throw invalid(`${text} names an event of one graph, and no graph is given; give @POSITION or a time`);
  }
  const position = await positionOf(store, moment, text);
  const [first] = await orThrow(store.log.readAll({ limit: 1 }));
  if (position === null || first === undefined || comparePositions(position, first.position) < 0) {
    const begin = first === undefined ? 'is empty' : `begins at @${first.position} (${first.recordedAt})`;
    throw invalid(`nothing had happened at ${text}; the log ${begin}`);
  }
  return position;
}

async function positionOfEvent(store: Store, graphId: string, number: number): Promise<Position> {
  const events = await orThrow(store.log.readGraph(graphId));
  const event = events[number - 1];
  if (event === undefined) throw invalid(`graph ${graphId} has events #1 to #${events.length}, and no #${number}`);
  return event.position;
}

async function positionOf(
  store: Store,
  moment: Exclude<Moment, { readonly kind: 'event' }>,
  text: string,
): Promise<Position | null> {
  if (moment.kind === 'time') {
    if (moment.at >= store.environment.now()) throw invalid(`${text} is still to come; ${forms}`);
    return await orThrow(store.log.positionAt(moment.at));
  }
  const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
  if (last === undefined || comparePositions(moment.position, last.position) > 0) {
    throw invalid(`the log has not reached ${text}; it ends at @${last?.position ?? 0}`);
  }
  return moment.position;
}

/** Positions are compared as text, so leading zeros must go. */
function plainPosition(text: string): Position {
  return text.replaceAll(/\b0+(?=\d)/g, '') as Position;
}

const timePattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

function readTime(text: string): number {
  const [, date = '', time = '00:00', zone = ''] = timePattern.exec(text) ?? [];
  const at = Date.parse(`${date}T${time}${zone}`);
  const day = Number(date.slice(8));
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = new Date(`${date}T00:00Z`).getUTCDate() === day;
  if (Number.isNaN(at) || !isDay) throw invalid(`${shownName(text)} is no moment; ${forms}`);
  return zone === '' ? onlyMoment(`${date}T${time}`) : at;
}

function onlyMoment(local: string): number {
  const moments = momentsOf(local);
  if (moments.length === 1) return moments[0]!;
  if (moments.length === 0) throw invalid(`${local} is left out by the clocks here; say it with an offset: ${local}Z`);
  const which = moments.map((at) => `${local}${offsetAt(at)}`).join(' or ');
  throw invalid(`${local} comes twice by the clocks here; say which: ${which}`);
}

function invalid(message: string): OverseerError {
  return new OverseerError('moment-invalid', message);
}
