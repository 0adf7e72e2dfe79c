import { canonicalData, recordedEvent, type StoredEvent } from '../../domain/canonical-event.js';
import type { RecordedEvent } from '../../domain/events.js';
import { TE } from '../../prelude/fp.js';
import { type AppendResult, encodeAppends, type EncodedAppend, type EventLog, LogError } from '../event-log.js';
import type { LogSnapshot } from '../event-log.js';
import { EventList } from '../event-list.js';
import { pollingSubscription } from '../polling-subscription.js';
import { type Restored, toBeRestored } from '../restoring.js';

/**
 * A log that lives as long as its process: for tests and trials. It keeps data as JSON text, as the durable engines do,
 * so that nothing passes here that would fail there.
 */
export function createMemoryLog(options: { readonly namespace?: string; readonly now?: () => number } = {}): EventLog {
  const namespace = options.namespace ?? 'overseer';
  const now = options.now ?? Date.now;
  const events = new EventList();
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

  function notifyAll(): void {
    for (const notify of [...listeners]) notify();
  }

  function add(stored: Omit<StoredEvent, 'position'>, text: string): void {
    const event = { ...stored, position: events.nextPosition };
    lastRecordedAt = Math.max(lastRecordedAt, Date.parse(event.recordedAt));
    events.add(recordedEvent(event, Buffer.byteLength(text)), event);
  }

  function appendOne(request: EncodedAppend): AppendResult {
    const { graphId, jobId } = request;
    const actualRevision = events.lengthOf(request) - 1;
    if (actualRevision !== request.expectedRevision) {
      const there = events.stream(request, { from: request.expectedRevision + 1 });
      return repeatedAppend(there, request) ?? { appended: false, actualRevision };
    }
    const recordedAt = new Date(Math.max(lastRecordedAt, now())).toISOString();
    for (const { id, type, schemaVersion, data, causationId, actor } of request.events) {
      const revision = events.lengthOf(request);
      const envelope = { graphId, jobId, id, revision, recordedAt, schemaVersion, causationId, actor };
      add({ ...envelope, type, data: canonicalData(data) }, data);
    }
    return { appended: true, revision: events.lengthOf(request) - 1 };
  }

  function restore({ event, text }: Restored): void {
    add(event, text);
  }

  return {
    address: 'memory:',
    namespace,
    install: () => whileOpen(() => undefined),
    append: (requests) =>
      whileOpen(() => {
        const results = encodeAppends(requests, 'memory:').map(appendOne);
        notifyAll();
        return results;
      }),
    readStream: (stream, range) => whileOpen(() => events.stream(stream, range)),
    readGraph: (graphId, upTo = null) => whileOpen(() => events.graph(graphId, upTo)),
    readGraphs: (graphIds, upTo, take) =>
      whileOpen(() => {
        for (const graphId of graphIds) take(graphId, events.graph(graphId, upTo));
      }),
    readAll: (request) => whileOpen(() => events.all(request)),
    readStored: (request) => whileOpen(() => events.stored(request)),
    restore: (given) =>
      whileOpen(() => {
        const idAt = (stored: StoredEvent) =>
          events.stream(stored, { from: stored.revision, to: stored.revision })[0]?.id ?? null;
        const lengthOf = (stored: StoredEvent) => events.lengthOf(stored);
        toBeRestored(given, { lengthOf, idAt, lastAt: lastRecordedAt }, 'memory:').forEach(restore);
        notifyAll();
      }),
    positionAt: (moment) => whileOpen(() => events.positionAt(moment)),
    subscribe: (request = {}) =>
      pollingSubscription(
        {
          readBatch: (after) => {
            assertOpen();
            return events.batch(after, request.filter ?? {});
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
        if (stored === undefined || Number(stored.position) <= Number(snapshot.position)) snapshots.set(name, snapshot);
      }),
    check: () => whileOpen(() => []),
    close: () => {
      isClosed = true;
      notifyAll();
      return Promise.resolve();
    },
  };
}

function repeatedAppend(behind: readonly RecordedEvent[], { expectedRevision, events }: EncodedAppend) {
  const isSame = behind.length >= events.length && events.every(({ id }, index) => behind[index]!.id === id);
  const revision = expectedRevision + events.length;
  return isSame && events.length > 0 ? ({ appended: true, revision } as const) : null;
}
