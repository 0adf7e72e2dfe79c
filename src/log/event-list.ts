import { defined } from '../prelude/defined.js';
import { listIn } from '../prelude/grouped.js';
import type { Position, RecordedEvent, StreamId, WorkerIdentity } from '../domain/events.js';
import { recordedEvent, type StoredEvent } from '../evidence/canonical-event.js';
import { ofNamespace } from '../domain/namespace-stream.js';
import { isForShare } from '../domain/share.js';
import {
  type Claimants,
  type EventFilter,
  type ReadAll,
  type ReadRange,
  type ReadStored,
  streamKey,
} from './event-log.js';
import type { Batch } from './polling-subscription.js';

/** Events in memory, in log order, with a log's reads. An event's position is its number in the list, from 1. */
export class EventList {
  private readonly recorded: RecordedEvent[] = [];
  private readonly storedEvents: StoredEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();
  private readonly graphs = new Map<string, RecordedEvent[]>();

  get size(): number {
    return this.recorded.length;
  }

  get graphCount(): number {
    return this.graphs.size - (this.graphs.has(ofNamespace) ? 1 : 0);
  }

  /** The position of the next event. */
  get nextPosition(): Position {
    return positionOf(this.recorded.length);
  }

  add(stored: StoredEvent): void {
    const event = recordedEvent(stored);
    this.recorded.push(event);
    this.storedEvents.push(stored);
    listIn(this.streams, streamKey(event)).push(event);
    listIn(this.graphs, event.graphId).push(event);
  }

  stream(stream: StreamId, { from = 0, to, last }: ReadRange = {}): readonly RecordedEvent[] {
    const events = this.streams.get(streamKey(stream)) ?? [];
    if (last !== undefined) return events.slice(Math.max(0, events.length - last));
    return events.slice(from, to === undefined ? undefined : to + 1);
  }

  /** How many events a stream has. */
  lengthOf(stream: StreamId): number {
    return this.streams.get(streamKey(stream))?.length ?? 0;
  }

  graph(graphId: string, upTo: Position | null): readonly RecordedEvent[] {
    const events = this.graphs.get(graphId) ?? [];
    return upTo === null ? [...events] : events.filter((event) => indexOf(event.position) <= indexOf(upTo));
  }

  all(request: ReadAll): readonly RecordedEvent[] {
    return this.found(request).map((index) => this.recorded[index]!);
  }

  stored({ graphId, types, ...rest }: ReadStored): readonly StoredEvent[] {
    const filter = defined({ graphId, types });
    return this.found({ ...rest, filter }).map((index) => this.storedEvents[index]!);
  }

  /** The indexes of the next events that are asked for. */
  private found({ after = null, direction = 'forwards', filter = {}, limit }: ReadAll): readonly number[] {
    const isBackwards = direction === 'backwards';
    const step = isBackwards ? -1 : 1;
    const found: number[] = [];
    let index = isBackwards ? this.size - 1 : 0;
    if (after !== null) index = isBackwards ? Math.min(index, indexOf(after) - 1) : indexOf(after) + 1;
    for (; index >= 0 && index < this.size && found.length < limit; index += step) {
      if (matches(this.recorded[index]!, filter)) found.push(index);
    }
    return found;
  }

  claimantsAfter(position: Position | null): Claimants {
    const claims = this.recorded.slice(position === null ? 0 : indexOf(position) + 1);
    const workers = new Map<string, WorkerIdentity>();
    for (const event of claims) if (event.type === 'JobStarted') workers.set(event.data.worker.id, event.data.worker);
    return { workers: [...workers.values()], upTo: this.size === 0 ? null : positionOf(this.size - 1) };
  }

  positionAt(moment: number): Position | null {
    return this.recorded.findLast((event) => Date.parse(event.recordedAt) <= moment)?.position ?? null;
  }

  /** The next events for a subscription. */
  batch(after: Position | null, filter: EventFilter, batchSize: number): Batch {
    const events: RecordedEvent[] = [];
    let index = after === null ? 0 : indexOf(after) + 1;
    for (; index < this.size && events.length < batchSize; index++) {
      if (matches(this.recorded[index]!, filter)) events.push(this.recorded[index]!);
    }
    return { events, upTo: index === 0 ? null : positionOf(index - 1), hasMore: index < this.size };
  }
}

/** Whether a filter lets an event through. */
export function matches(event: RecordedEvent, filter: EventFilter): boolean {
  if (filter.graphId !== undefined && event.graphId !== filter.graphId) return false;
  if (filter.share !== undefined && !isForShare(event, filter.share)) return false;
  const type = event.type === 'Unreadable' ? event.data.storedType : event.type;
  return filter.types === undefined || filter.types.includes(type);
}

function positionOf(index: number): Position {
  return String(index + 1) as Position;
}

function indexOf(position: Position): number {
  return Number(position) - 1;
}
