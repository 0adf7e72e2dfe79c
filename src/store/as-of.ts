import type { Position } from '../domain/events.js';
import { comparePositions } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { orThrow } from './outcome.js';
import type { Store } from './store.js';
import { foldGraph } from './load-graph.js';

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
 * says otherwise, as all times that people are shown.
 *
 * @throws OverseerError `moment-invalid`
 */
export function readMoment(text: string): Moment {
  if (/^@\d+(\/\d+)?$/.test(text)) return { kind: 'position', position: plainPosition(text.slice(1)) };
  if (/^#\d+$/.test(text)) return { kind: 'event', number: Number(text.slice(1)) };
  const at = readTime(text);
  if (at === null) throw invalid(`${JSON.stringify(text)} is no moment; ${forms}`);
  return { kind: 'time', at };
}

/**
 * Where in the log a moment of a graph stands: everything up to there had happened. The same moment gives the same
 * position for ever, which is why one that is still to come is refused.
 *
 * @throws RejectedError `graph-not-found`; OverseerError `moment-invalid` for a text that is no moment or names one that
 *   the log has not reached, `moment-before-graph` if the graph did not exist then
 */
export async function resolveMoment(store: Store, graphId: string, text: string): Promise<Position> {
  const moment = readMoment(text);
  const graph = foldGraph(graphId, await orThrow(store.log.readStream({ graphId, jobId: null })));
  const position = await positionOf(store, graphId, moment, text);
  if (position === null || comparePositions(position, graph.existsFrom!) < 0) {
    throw new OverseerError(
      'moment-before-graph',
      `graph ${graphId} did not exist at ${text}; it exists from @${graph.existsFrom} (${graph.submittedAt}) on`,
    );
  }
  return position;
}

async function positionOf(store: Store, graphId: string, moment: Moment, text: string): Promise<Position | null> {
  switch (moment.kind) {
    case 'event': {
      const events = await orThrow(store.log.readGraph(graphId));
      const event = events[moment.number - 1];
      if (event === undefined) throw invalid(`graph ${graphId} has events #1 to #${events.length}, and no ${text}`);
      return event.position;
    }
    case 'time':
      if (moment.at >= store.environment.now()) throw invalid(`${text} is still to come; ${forms}`);
      return await orThrow(store.log.positionAt(moment.at));
    case 'position': {
      const [last] = await orThrow(store.log.readAll({ direction: 'backwards', limit: 1 }));
      if (last === undefined || comparePositions(moment.position, last.position) > 0) {
        throw invalid(`the log has not reached ${text}; it ends at @${last?.position ?? 0}`);
      }
      return moment.position;
    }
  }
}

/** Positions are compared as text, so that leading zeros have to go. */
function plainPosition(text: string): Position {
  return text.replaceAll(/\b0+(?=\d)/g, '') as Position;
}

const timePattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(Z|[+-]\d\d:\d\d)?)?$/;

function readTime(text: string): number | null {
  const match = timePattern.exec(text);
  if (match === null) return null;
  const [, date = '', time = '00:00', zone = ''] = match;
  const at = Date.parse(`${date}T${time}${zone}`);
  const day = Number(date.slice(8));
  // JavaScript takes the 30th of February for the 2nd of March.
  const isDay = new Date(`${date}T00:00Z`).getUTCDate() === day;
  return Number.isNaN(at) || !isDay ? null : at;
}

function invalid(message: string): OverseerError {
  return new OverseerError('moment-invalid', message);
}
