import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Position } from '../domain/events.js';
import { TE, type TaskEither } from '../prelude/fp.js';
import type { EventList } from './event-list.js';
import { type EventLog, LogError } from './event-log.js';
import { pollingSubscription } from './polling-subscription.js';

/** Does work while a log in memory is open, or fails if it is not. */
export type WhileOpen = <A>(work: () => A) => TaskEither<LogError, A>;

/** @param assertOpen throws a LogError once the log is closed */
export function whileOpenBy(assertOpen: () => void): WhileOpen {
  // A turn of the event loop between call and result, as with every log that does I/O: timers must get their turn.
  return (work) =>
    TE.tryCatch(
      async () => {
        await nextTurn();
        assertOpen();
        return work();
      },
      (error) =>
        error instanceof LogError ? error : new LogError('store-unavailable', String(error), { cause: error }),
    );
}

type Reads =
  'readStream' | 'readGraph' | 'readGraphs' | 'readAll' | 'readStored' | 'positionAt' | 'subscribe' | 'check';

/**
 * The reads of a log that keeps its events in memory.
 *
 * @param onChange calls back when there may be more to read, and when the log is closed; returns how to unsubscribe
 */
export function listReads(
  events: EventList,
  assertOpen: () => void,
  onChange: (callback: () => void) => () => void,
  subscriptionBatch = 1000,
): Pick<EventLog, Reads> {
  const whileOpen = whileOpenBy(assertOpen);
  return {
    readStream: (stream, range) => whileOpen(() => events.stream(stream, range)),
    readGraph: (graphId, upTo = null) => whileOpen(() => events.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) =>
      whileOpen(() => {
        for (const graphId of graphIds) accept(graphId, events.graph(graphId, upTo));
      }),
    readAll: (request) => whileOpen(() => events.all(request)),
    readStored: (request) => whileOpen(() => events.stored(request)),
    positionAt: (moment) => whileOpen(() => events.positionAt(moment)),
    subscribe: (request = {}) => {
      const readBatch = (after: Position | null) => {
        assertOpen();
        return events.batch(after, request.filter ?? {}, subscriptionBatch);
      };
      return pollingSubscription({ readBatch, onChange }, request);
    },
    check: () => whileOpen(() => []),
  };
}
