import type { Position, RecordedEvent } from '../../domain/events.js';
import { leastWhere } from '../../prelude/least-where.js';
import { EventContents } from '../../evidence/event-content.js';
import type { EncodedAppend, EncodedEvent, EventFilter } from '../event-log.js';
import { matches } from '../event-list.js';
import type { Batch } from '../polling-subscription.js';
import { timeText } from './row-values.js';

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

/** All events of the namespace after one position, up to another. */
interface Stretch {
  readonly after: number;
  upTo: number;
  readonly events: Recent[];
}

/**
 * The latest events of a file, in memory, so that the subscriptions of this process need not read what it has just written,
 * and share what one of them has read. What other processes have committed in between is missing: it knows stretches of
 * the log without gaps, and between them the file is read.
 */
export class RecentEvents {
  private readonly contents = new EventContents();
  /** In log order. */
  private stretches: Stretch[] = [];
  private count = 0;
  private bytes = 0;

  /** Adds what one transaction has committed: events at positions without gaps. */
  commit(committed: readonly CommittedEvent[]): void {
    const [first] = committed;
    if (first === undefined) return;
    const events = committed.map((each) => ({
      position: each.position,
      bytes: each.event.data.length,
      recorded: null,
      committed: each,
    }));
    this.add(first.position - 1, events);
  }

  /** Adds what has been read from the file: all events of the namespace after a position. */
  read(after: number, events: readonly RecordedEvent[]): void {
    if (events.length === 0) return;
    const added = events.map((recorded) => ({
      position: Number(recorded.position),
      bytes: recorded.bytes,
      recorded,
      committed: null,
    }));
    this.add(after, added);
  }

  /** The next events after a position that match a filter, as far as they are known from there; null if none is known there. */
  after(position: number, filter: EventFilter, limit: number): Batch | null {
    const stretch = this.stretches[this.indexAfter(position) - 1];
    if (stretch === undefined || position >= stretch.upTo) return null;
    const events: RecordedEvent[] = [];
    let index = leastWhere(0, stretch.events.length, (each) => stretch.events[each]!.position > position);
    for (; index < stretch.events.length && events.length < limit; index++) {
      const recorded = this.recordedOf(stretch.events[index]!);
      if (matches(recorded, filter)) events.push(recorded);
    }
    const upTo = index === stretch.events.length ? stretch.upTo : stretch.events[index - 1]!.position;
    return { events, upTo: String(upTo) as Position, hasMore: events.length === limit };
  }

  /** Where the next known stretch begins after a position that is in none. */
  nextAfter(position: number): number | null {
    return this.stretches[this.indexAfter(position)]?.after ?? null;
  }

  private recordedOf(event: Recent): RecordedEvent {
    event.recorded ??= recordedOf(event.committed!, this.contents);
    event.committed = null;
    return event.recorded;
  }

  private add(after: number, events: Recent[]): void {
    const index = this.indexAfter(after);
    const before = this.stretches[index - 1];
    const upTo = events.at(-1)!.position;
    if (before?.upTo === after) {
      before.events.push(...events);
      before.upTo = upTo;
      this.join(index - 1);
    } else {
      this.stretches.splice(index, 0, { after, upTo, events });
      this.join(index);
    }
    this.count += events.length;
    for (const { bytes } of events) this.bytes += bytes;
    if (this.count > kept.events || this.bytes > kept.bytes) this.letGo();
  }

  /** Joins a stretch with the one behind it, if nothing lies between them. */
  private join(index: number): void {
    const stretch = this.stretches[index]!;
    const next = this.stretches[index + 1];
    if (next?.after !== stretch.upTo) return;
    stretch.events.push(...next.events);
    stretch.upTo = next.upTo;
    this.stretches.splice(index + 1, 1);
  }

  /** Lets the older half go. */
  private letGo(): void {
    const events = this.stretches.flatMap((stretch) => stretch.events);
    const half = Math.ceil(events.length / 2);
    const lastGone = events[half - 1]!.position;
    this.stretches = this.stretches
      .filter(({ upTo }) => upTo > lastGone)
      .map(({ after, upTo, events: all }) => ({
        after: Math.max(after, lastGone),
        upTo,
        events: all.filter(({ position }) => position > lastGone),
      }));
    this.count -= half;
    for (const { bytes } of events.slice(0, half)) this.bytes -= bytes;
  }

  /** The index of the first stretch that begins after a position. */
  private indexAfter(position: number): number {
    return leastWhere(0, this.stretches.length, (index) => this.stretches[index]!.after > position);
  }
}

/** The event as a reader of the file gets it: what it says is read from the very text that was written. */
function recordedOf({ position, stream, event, revision, at }: CommittedEvent, contents: EventContents): RecordedEvent {
  const { id, type, schemaVersion, data, causationId, actor } = event;
  const { event: content, bytes } = contents.of(type, schemaVersion, data);
  return {
    graphId: stream.graphId,
    jobId: stream.jobId,
    id: id.toLowerCase(),
    revision,
    position: String(position) as Position,
    recordedAt: timeText(at),
    schemaVersion,
    causationId: causationId?.toLowerCase() ?? null,
    actor,
    bytes,
    type: content.type,
    data: content.data,
  } as RecordedEvent;
}
