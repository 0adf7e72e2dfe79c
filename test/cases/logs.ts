/** Logs put between an engine and its users, to make it fail as the world may. */
import type { RecordedEvent } from '../../src/domain/events.js';
import { type Append, type EventLog, LogError, type Subscription } from '../../src/log/event-log.js';
import { TE, type TaskEither } from '../../src/prelude/fp.js';

/** A handle of its own on a log: closing it closes nothing but this handle. */
export function separateHandle(inner: EventLog): EventLog {
  const subscriptions = new Set<Subscription>();
  let isClosed = false;
  const whileOpen = <A>(work: () => TaskEither<LogError, A>): TaskEither<LogError, A> => {
    return () => (isClosed ? TE.left(new LogError('store-closed', 'this handle is closed')) : work())();
  };
  return {
    ...inner,
    append: (requests) => whileOpen(() => inner.append(requests)),
    readStream: (stream, range) => whileOpen(() => inner.readStream(stream, range)),
    readGraph: (graphId, upTo) => whileOpen(() => inner.readGraph(graphId, upTo)),
    readGraphs: (graphIds, upTo, accept) => whileOpen(() => inner.readGraphs(graphIds, upTo, accept)),
    readAll: (request) => whileOpen(() => inner.readAll(request)),
    loadSnapshot: (name) => whileOpen(() => inner.loadSnapshot(name)),
    saveSnapshot: (name, snapshot) => whileOpen(() => inner.saveSnapshot(name, snapshot)),
    subscribe(request) {
      const subscription = inner.subscribe(request);
      subscriptions.add(subscription);
      return subscription;
    },
    close() {
      isClosed = true;
      for (const subscription of subscriptions) subscription.close();
      return Promise.resolve();
    },
  };
}

/** A log that calls `before` ahead of each append, which may do something or make the append fail. */
export function logWithAppends(
  inner: EventLog,
  before: (requests: readonly Append[]) => Promise<LogError | null> | LogError | null,
): EventLog {
  return {
    ...inner,
    append: (requests) => async () => {
      const error = await before(requests);
      return await (error === null ? inner.append(requests) : TE.left(error))();
    },
  };
}

/** The error of a log that cannot be reached for the moment. */
export function outage(): LogError {
  return new LogError('store-unavailable', 'the disk is not there', { isTransient: true });
}

/** Whether an append holds an event of a type. */
export function appendsA(type: RecordedEvent['type'], requests: readonly Append[]): boolean {
  return requests.some(({ events }) => events.some(({ event }) => event.type === type));
}
