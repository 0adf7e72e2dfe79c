import { canonicalData, type StoredEvent } from '../../evidence/canonical-event.js';
import type { RecordedEvent } from '../../domain/events.js';
import {
  type AppendResult,
  encodeAppends,
  type EncodedAppend,
  type EventLog,
  LogError,
  type LogSnapshot,
} from '../event-log.js';
import { EventList } from '../event-list.js';
import { listReads, whileOpenBy } from '../list-reads.js';
import { toBeRestored } from '../restore-check.js';

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

  function assertOpen(): void {
    if (isClosed) throw new LogError('store-closed', `the store ${namespace} in memory is closed`);
  }

  const whileOpen = whileOpenBy(assertOpen);
  const onChange = (callback: () => void) => {
    listeners.add(callback);
    return () => listeners.delete(callback);
  };

  function notifyAll(): void {
    for (const notify of [...listeners]) notify();
  }

  function add(stored: Omit<StoredEvent, 'position'>): void {
    const event = { ...stored, position: events.nextPosition };
    lastRecordedAt = Math.max(lastRecordedAt, Date.parse(event.recordedAt));
    events.add(event);
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
      add({ ...envelope, type, data: canonicalData(data) });
    }
    return { appended: true, revision: events.lengthOf(request) - 1 };
  }

  return {
    address: 'memory:',
    namespace,
    ...listReads(events, assertOpen, onChange),
    install: () => whileOpen(() => undefined),
    append: (requests) =>
      whileOpen(() => {
        const results = encodeAppends(requests, 'memory:').map(appendOne);
        notifyAll();
        return results;
      }),
    restore: (given) =>
      whileOpen(() => {
        const idAt = (stored: StoredEvent) =>
          events.stream(stored, { from: stored.revision, to: stored.revision })[0]?.id ?? null;
        const lengthOf = (stored: StoredEvent) => events.lengthOf(stored);
        const taken = toBeRestored(given, { lengthOf, idAt, lastAt: lastRecordedAt }, 'memory:');
        for (const { event } of taken) add(event);
        notifyAll();
      }),
    loadSnapshot: (name) => whileOpen(() => snapshots.get(name) ?? null),
    saveSnapshot: (name, snapshot) =>
      whileOpen(() => {
        const stored = snapshots.get(name);
        if (stored === undefined || Number(stored.position) <= Number(snapshot.position)) snapshots.set(name, snapshot);
      }),
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
