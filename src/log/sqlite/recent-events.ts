import type { Position, RecordedEvent } from '../../domain/events.js';
import { EventContents } from '../../evidence/event-content.js';
import type { EncodedAppend, EncodedEvent, EventFilter } from '../event-log.js';
import { matches } from '../event-list.js';
import type { Batch } from '../polling-subscription.js';
import { Timestamps } from './row-values.js';

/** Bounds of what is kept: when either is passed, the older half is let go. */
const kept = { events: 4096, bytes: 8 * 1024 * 1024 };

/** An event that this process has committed, and where it went. */
export interface CommittedEvent {
  readonly position: number;
  readonly stream: EncodedAppend;
  readonly event: EncodedEvent;
  readonly revision: number;
  readonly at: number;
}

interface Recent {
  readonly position: number;
  readonly bytes: number;
  recorded: RecordedEvent | null;
  committed: CommittedEvent | null;
}

/**
 * The latest events of a file, in memory, so that the subscriptions of this process need not read what it has just written,
 * and share what one of them has read. It never has a gap: it knows every event of its namespace after one position up to
 * another, and where that ends, the file is read.
 */
export class RecentEvents {
  private readonly contents = new EventContents();
  private readonly times = new Timestamps();
  private events: Recent[] = [];
  private bytes = 0;
  /** All events after this position are known, up to {@link end}. */
  private begin = 0;
  private end = 0;

  /** Adds what one transaction has committed: events at positions without gaps. */
  commit(committed: readonly CommittedEvent[]): void {
    const [first] = committed;
    if (first === undefined) return;
    this.continueAt(first.position - 1);
    for (const each of committed) {
      this.add({ position: each.position, bytes: each.event.data.length, recorded: null, committed: each });
    }
    this.letGo();
  }

  /** Adds what has been read from the file: all events of the namespace after a position. */
  read(after: number, events: readonly RecordedEvent[]): void {
    if (events.length === 0) return;
    this.continueAt(after);
    for (const recorded of events) {
      this.add({ position: Number(recorded.position), bytes: recorded.bytes, recorded, committed: null });
    }
    this.letGo();
  }

  /** The next events after a position that match a filter; null if none is known here. */
  after(position: number, filter: EventFilter, limit: number): Batch | null {
    if (position < this.begin || position >= this.end) return null;
    const events: RecordedEvent[] = [];
    let index = this.indexAfter(position);
    for (; index < this.events.length && events.length < limit; index++) {
      const recorded = this.recordedAt(index);
      if (matches(recorded, filter)) events.push(recorded);
    }
    if (events.length === 0) return null;
    const upTo = String(this.events[index - 1]!.position) as Position;
    return { events, upTo, hasMore: events.length === limit };
  }

  private recordedAt(index: number): RecordedEvent {
    const event = this.events[index]!;
    event.recorded ??= recordedOf(event.committed!, this.contents, this.times);
    event.committed = null;
    return event.recorded;
  }

  private continueAt(position: number): void {
    if (position === this.end) return;
    this.events = [];
    this.bytes = 0;
    this.begin = position;
  }

  private add(event: Recent): void {
    this.events.push(event);
    this.bytes += event.bytes;
    this.end = event.position;
  }

  private letGo(): void {
    if (this.events.length <= kept.events && this.bytes <= kept.bytes) return;
    const gone = this.events.splice(0, Math.ceil(this.events.length / 2));
    for (const { bytes } of gone) this.bytes -= bytes;
    this.begin = gone.at(-1)!.position;
  }

  /** The index of the first event after a position, by binary search. */
  private indexAfter(position: number): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.events[middle]!.position <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The event as a reader of the file gets it: what it says is read from the very text that was written. */
function recordedOf(
  { position, stream, event, revision, at }: CommittedEvent,
  contents: EventContents,
  times: Timestamps,
): RecordedEvent {
  const { id, type, schemaVersion, data, causationId, actor } = event;
  const { event: content, bytes } = contents.of(type, schemaVersion, data);
  return {
    graphId: stream.graphId,
    jobId: stream.jobId,
    id: id.toLowerCase(),
    revision,
    position: String(position) as Position,
    recordedAt: times.text(at),
    schemaVersion,
    causationId: causationId?.toLowerCase() ?? null,
    actor,
    bytes,
    type: content.type,
    data: content.data,
  } as RecordedEvent;
}
