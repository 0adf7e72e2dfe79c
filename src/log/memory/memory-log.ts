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

export interface MemoryLogOptions {
  readonly namespace?: string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /** How many events a subscription hands over at a time, at most. Default 1000. */
  readonly subscriptionBatch?: number;
}

/**
 * A log that lives as long as its process: for tests and trials. It keeps data as JSON text, as the durable engines do,
 * so that nothing passes here that would fail there.
 */
export function createMemoryLog(options: MemoryLogOptions = {}): EventLog {
  const namespace = options.namespace ?? 'overseer';
  const events = new EventList();
  const writer = new MemoryWriter(events, options.now ?? Date.now);
  const snapshots = new Map<string, LogSnapshot>();
  const listeners = new Set<() => void>();
  let isClosed = false;

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

  return {
    address: 'memory:',
    namespace,
    joinsStreams: true,
    ...listReads(events, assertOpen, onChange, options.subscriptionBatch),
    claimantsAfter: (position) => whileOpen(() => events.claimantsAfter(position)),
    install: () => whileOpen(() => undefined),
    append: (requests) =>
      whileOpen(() => {
        const results = encodeAppends(requests, 'memory:').map((request) => writer.append(request));
        notifyAll();
        return results;
      }),
    restore: (given) =>
      whileOpen(() => {
        writer.restore(given);
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

/** Adds to the events in memory. Times never run backwards, whatever the clock does. */
class MemoryWriter {
  private lastRecordedAt = 0;

  constructor(
    private readonly events: EventList,
    private readonly now: () => number,
  ) {}

  append(request: EncodedAppend): AppendResult {
    const actualRevision = this.events.lengthOf(request) - 1;
    if (actualRevision !== request.expectedRevision) {
      const there = this.events.stream(request, { from: request.expectedRevision + 1 });
      return repeatedAppend(there, request) ?? { appended: false, actualRevision };
    }
    const at = Math.max(this.lastRecordedAt, this.now());
    if (!request.along.every((other) => other.notBefore <= at && this.isInPlace(other))) {
      return { appended: false, actualRevision };
    }
    const recordedAt = new Date(at).toISOString();
    for (const append of [request, ...request.along]) this.addAll(append, recordedAt);
    return { appended: true, revision: this.events.lengthOf(request) - 1 };
  }

  private isInPlace(append: EncodedAppend): boolean {
    const { expectedRevision, expectedEventId } = append;
    if (this.events.lengthOf(append) - 1 !== expectedRevision) return false;
    if (expectedEventId === null) return true;
    return this.events.stream(append, { from: expectedRevision })[0]?.id === expectedEventId;
  }

  private addAll(append: EncodedAppend, recordedAt: string): void {
    const { graphId, jobId } = append;
    for (const { id, type, schemaVersion, data, causationId, actor } of append.events) {
      const revision = this.events.lengthOf(append);
      const envelope = { graphId, jobId, id, revision, recordedAt, schemaVersion, causationId, actor };
      this.add({ ...envelope, type, data: canonicalData(data) });
    }
  }

  restore(given: readonly StoredEvent[]): void {
    const { events } = this;
    const target = {
      lengthOf: (event: StoredEvent) => events.lengthOf(event),
      idAt: (event: StoredEvent) => events.stream(event, { from: event.revision, to: event.revision })[0]?.id ?? null,
      lastAt: this.lastRecordedAt,
    };
    for (const { event } of toBeRestored(given, target, 'memory:')) this.add(event);
  }

  private add(stored: Omit<StoredEvent, 'position'>): void {
    const event = { ...stored, position: this.events.nextPosition };
    this.lastRecordedAt = Math.max(this.lastRecordedAt, Date.parse(event.recordedAt));
    this.events.add(event);
  }
}

/** The result of the first try, if exactly these events are already where they were meant to go. */
function repeatedAppend(there: readonly RecordedEvent[], { expectedRevision, events }: EncodedAppend) {
  const isSame = there.length >= events.length && events.every(({ id }, index) => there[index]!.id === id);
  const revision = expectedRevision + events.length;
  return isSame && events.length > 0 ? ({ appended: true, revision } as const) : null;
}
