import {
  currentVersion,
  type EventEnvelope,
  type Position,
  readEvent,
  type RecordedEvent,
  type StreamId,
} from '../../domain/events.js';
import { TE } from '../../prelude/fp.js';
import {
  type AppendResult,
  encodeAppends,
  type EncodedAppend,
  type EventFilter,
  type EventLog,
  LogError,
  type LogSnapshot,
  streamName,
} from '../event-log.js';
import { pollingSubscription } from '../polling-subscription.js';

const batchSize = 1000;

/**
 * A log that lives as long as its process: for tests and trials. It keeps data as JSON text, as the durable engines do,
 * so that nothing passes here that would fail there.
 */
export function createMemoryLog(options: { readonly namespace?: string; readonly now?: () => number } = {}): EventLog {
  const namespace = options.namespace ?? 'overseer';
  const now = options.now ?? Date.now;
  const all: RecordedEvent[] = [];
  const streams = new Map<string, RecordedEvent[]>();
  const graphs = new Map<string, RecordedEvent[]>();
  const snapshots = new Map<string, LogSnapshot>();
  const listeners = new Set<() => void>();
  let isClosed = false;
  let lastRecordedAt = 0;

  function whileOpen<A>(work: () => A): TE.TaskEither<LogError, A> {
    // A turn of the event loop between call and result, as with every log that does I/O.
    return TE.tryCatch(
      async () => {
        await Promise.resolve();
        assertOpen();
        return work();
      },
      (error) =>
        error instanceof LogError ? error : new LogError('store-unavailable', String(error), { cause: error }),
    );
  }

  function assertOpen(): void {
    if (isClosed) throw new LogError('store-closed', `the store ${namespace} in memory is closed`);
  }

  function appendOne(request: EncodedAppend): AppendResult {
    const stream = listIn(streams, streamName(namespace, request));
    const actualRevision = stream.length - 1;
    if (actualRevision !== request.expectedRevision)
      return repeatedAppend(stream, request) ?? { appended: false, actualRevision };
    lastRecordedAt = Math.max(lastRecordedAt, now());
    for (const { id, type, data, causationId, actor } of request.events) {
      const envelope: EventEnvelope = {
        graphId: request.graphId,
        jobId: request.jobId,
        id,
        revision: stream.length,
        position: positionOf(all.length),
        recordedAt: new Date(lastRecordedAt).toISOString(),
        schemaVersion: currentVersion(type),
        causationId,
        actor,
        bytes: Buffer.byteLength(data),
      };
      const recorded: RecordedEvent = {
        ...envelope,
        ...readEvent(type, envelope.schemaVersion, JSON.parse(data)),
      };
      for (const list of [all, stream, listIn(graphs, request.graphId)]) list.push(recorded);
    }
    return { appended: true, revision: stream.length - 1 };
  }

  function eventsOf(graphId: string, upTo: Position | null): readonly RecordedEvent[] {
    const events = graphs.get(graphId) ?? [];
    return upTo === null ? [...events] : events.filter((event) => indexOf(event.position) <= indexOf(upTo));
  }

  return {
    address: 'memory:',
    namespace,
    install: () => whileOpen(() => undefined),
    append: (requests) =>
      whileOpen(() => {
        const results = encodeAppends(requests, 'memory:').map(appendOne);
        for (const notify of [...listeners]) notify();
        return results;
      }),
    readStream: (stream, range = {}) =>
      whileOpen(() => {
        const events = streams.get(streamName(namespace, stream)) ?? [];
        return events.slice(range.from ?? 0, range.to === undefined ? undefined : range.to + 1);
      }),
    readGraph: (graphId, upTo = null) => whileOpen(() => eventsOf(graphId, upTo)),
    readGraphs: (graphIds, upTo, take) =>
      whileOpen(() => {
        for (const graphId of graphIds) take(graphId, eventsOf(graphId, upTo));
      }),
    readAll: ({ after = null, direction = 'forwards', filter = {}, limit }) =>
      whileOpen(() => {
        const isBackwards = direction === 'backwards';
        const rest = isBackwards
          ? all.slice(0, after === null ? undefined : indexOf(after)).reverse()
          : all.slice(after === null ? 0 : indexOf(after) + 1);
        return rest.filter((event) => matches(event, filter)).slice(0, limit);
      }),
    positionAt: (moment) =>
      whileOpen(() => all.findLast((event) => Date.parse(event.recordedAt) <= moment)?.position ?? null),
    subscribe: (request = {}) =>
      pollingSubscription(
        {
          readBatch: (after) => {
            assertOpen();
            const from = after === null ? 0 : indexOf(after) + 1;
            const events: RecordedEvent[] = [];
            let index = from;
            for (; index < all.length && events.length < batchSize; index++) {
              if (matches(all[index]!, request.filter ?? {})) events.push(all[index]!);
            }
            return { events, upTo: index === 0 ? null : positionOf(index - 1), hasMore: index < all.length };
          },
          onChange: (callback) => {
            listeners.add(callback);
            return () => listeners.delete(callback);
          },
        },
        request,
      ),
    loadSnapshot: (name) => whileOpen(() => snapshots.get(name) ?? null),
    saveSnapshot: (name, snapshot) =>
      whileOpen(() => {
        const stored = snapshots.get(name);
        if (stored === undefined || indexOf(stored.position) < indexOf(snapshot.position))
          snapshots.set(name, snapshot);
      }),
    check: () => whileOpen(() => []),
    close: () => {
      isClosed = true;
      for (const notify of [...listeners]) notify();
      return Promise.resolve();
    },
  };
}

function repeatedAppend(stream: readonly RecordedEvent[], request: EncodedAppend): AppendResult | null {
  const there = stream.slice(request.expectedRevision + 1, request.expectedRevision + 1 + request.events.length);
  const isSame =
    there.length === request.events.length && there.every((event, index) => event.id === request.events[index]!.id);
  return isSame && there.length > 0 ? { appended: true, revision: there.at(-1)!.revision } : null;
}

function matches(event: RecordedEvent & StreamId, filter: EventFilter): boolean {
  if (filter.graphId !== undefined && event.graphId !== filter.graphId) return false;
  const type = event.type === 'Unreadable' ? event.data.storedType : event.type;
  return filter.types === undefined || filter.types.includes(type);
}

function positionOf(index: number): Position {
  return String(index + 1) as Position;
}

function indexOf(position: Position): number {
  return Number(position) - 1;
}

function listIn<K, V>(lists: Map<K, V[]>, key: K): V[] {
  const list = lists.get(key);
  if (list !== undefined) return list;
  const fresh: V[] = [];
  lists.set(key, fresh);
  return fresh;
}
