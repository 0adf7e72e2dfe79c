import type { RecordedEvent } from '../../src/domain/events.js';
import type { EventLog } from '../../src/log/event-log.js';
import type { Either } from '../../src/prelude/fp.js';

type Mutable<A> = { -readonly [Key in keyof A]: A[Key] };

/** The log as a release sees it that knows only the first version of each event, no pauses, and no shares. */
export function seenByOlder(log: EventLog): EventLog {
  type Read = () => Promise<Either<unknown, readonly RecordedEvent[]>>;
  const seen =
    <R extends Read>(read: R) =>
    async () => {
      const result = await read();
      return result._tag === 'Left' ? result : { ...result, right: result.right.map(asOlder) };
    };
  const known: Mutable<EventLog> = { ...log };
  delete known.claimantsAfter;
  delete known.graphsAfter;
  return {
    ...known,
    subscribe: (request) => {
      const subscription = log.subscribe(request);
      const messages = async function* () {
        for await (const message of subscription) {
          yield message.kind === 'events' ? { ...message, events: message.events.map(asOlder) } : message;
        }
      };
      return { [Symbol.asyncIterator]: messages, close: () => subscription.close() };
    },
    readStream: (stream, range?) => seen(log.readStream(stream, range)) as ReturnType<EventLog['readStream']>,
    readGraph: (graphId, upTo?) => seen(log.readGraph(graphId, upTo)) as ReturnType<EventLog['readGraph']>,
    readAll: (request) => seen(log.readAll(request)) as ReturnType<EventLog['readAll']>,
    readGraphs: (graphIds, upTo, accept) =>
      log.readGraphs(graphIds, upTo, (id, history) =>
        accept(id, Array.isArray(history) ? history.map(asOlder) : history),
      ),
  };
}

const unknownToOlder: readonly string[] = [
  ...['GraphPaused', 'GraphResumed', 'WorkPaused', 'WorkResumed'],
  ...['JobSkipped', 'JobsSpawned', 'JobDeferred', 'JobAnswered', 'JobExpired'],
  ...['ClaimRevoked', 'LimitSet', 'LimitRemoved', 'PlaceTaken', 'PlaceGivenBack'],
];

function isUnknownToOlder({ type }: RecordedEvent): boolean {
  return unknownToOlder.includes(type) || type.startsWith('Schedule');
}

function asOlder(event: RecordedEvent): RecordedEvent {
  if (event.type === 'Unreadable') return event;
  const isUnknown = isUnknownToOlder(event);
  if (event.schemaVersion === 1 && !isUnknown) return event;
  const { type, data, ...envelope } = event;
  const explanation = `version ${event.schemaVersion} of ${type} was written by a newer release`;
  const problem = isUnknown ? 'unknown-event-type' : 'event-from-the-future';
  return { ...envelope, type: 'Unreadable', data: { storedType: type, problem, explanation, stored: data } };
}
