/**
 * The places under a key. Each key has a stream of the namespace's own (see namespace-stream.ts), in which attempts take places
 * and places are given back. An append to it is made at the revision that was looked at, so that of all who want the last place
 * one gets it.
 *
 * An event that takes a place says what setting it was judged by. So this stream alone tells who has a place: one that is over
 * its concurrency, or comes too early for its rate by the time at which the log recorded it, is *void*. It has no effect, whoever
 * wrote it, and nothing is wrong with the log. Whoever wrote it sees so, and starts nothing.
 */
import { isoTime } from '../prelude/iso-time.js';
import type { EventOf, RecordedEvent, StreamId } from './events.js';
import type { LimitMeasure } from './limit-settings.js';
import { limits } from './limits.js';
import { isOfNamespace, ofNamespace } from './namespace-stream.js';

const streamPrefix = 'limit/';

/** The stream in which the places of a key are taken. */
export function limitStream(key: string): StreamId {
  return { graphId: ofNamespace, jobId: `${streamPrefix}${key}` };
}

/** The key whose stream this is; null for every other stream. */
export function limitKeyOf({ graphId, jobId }: StreamId): string | null {
  const isLimit = isOfNamespace({ graphId }) && jobId !== null && jobId.startsWith(streamPrefix);
  return isLimit ? jobId.slice(streamPrefix.length) : null;
}

/** What a place was taken for: one claim of a job, which is written behind one revision of its stream. */
export type PlaceOwner = Pick<EventOf<'PlaceTaken'>['data'], 'graphId' | 'jobId' | 'attempt' | 'after'>;

/** A place that is taken. */
export interface Place extends PlaceOwner {
  readonly units: number;
  /** When the log recorded it. */
  readonly at: string;
  /** Of the event that took it. */
  readonly revision: number;
  /** The setting it was judged by. */
  readonly measure: LimitMeasure;
}

/** By what a place is known. The revision behind which its claim comes makes it one claim's, and no other's. */
function placeId({ graphId, jobId, after }: PlaceOwner): string {
  return `${graphId}/${jobId}@${after}`;
}

/** What was kept of a stream of places, to go on from. */
export interface PlacesSnapshot {
  readonly taken: readonly Place[];
  readonly starts: readonly number[];
  readonly unreadable: string | null;
  readonly revision: number;
  readonly lastEventId: string | null;
}

/** What a stream of places says, folded from its events in order. It changes in place, so that an event costs what it changes. */
export class Places {
  private readonly byId = new Map<string, Place>();
  private readonly byGraph = new Map<string, number>();
  private units = 0;
  /** When the last places were taken that were not void, by the log's clock. */
  private starts: number[] = [];
  /** Why this release leaves the key alone: it holds an event that it cannot read. */
  unreadable: string | null = null;
  /** Of the last event in the stream, -1 while there is none. */
  revision = -1;
  lastEventId: string | null = null;

  constructor(
    readonly key: string,
    snapshot: PlacesSnapshot | null = null,
  ) {
    if (snapshot === null) return;
    for (const place of snapshot.taken) this.put(place);
    this.starts = [...snapshot.starts];
    this.unreadable = snapshot.unreadable;
    this.revision = snapshot.revision;
    this.lastEventId = snapshot.lastEventId;
  }

  get snapshot(): PlacesSnapshot {
    const { unreadable, revision, lastEventId } = this;
    const starts = this.starts.slice(-limits.limitStartsMax);
    return { taken: this.taken, starts, unreadable, revision, lastEventId };
  }

  /** The places that are taken, in the order in which they were. */
  get taken(): readonly Place[] {
    return [...this.byId.values()];
  }

  /** How many units are taken. */
  get unitsTaken(): number {
    return this.units;
  }

  /** How many places a graph has. */
  countOf(graphId: string): number {
    return this.byGraph.get(graphId) ?? 0;
  }

  has(owner: PlaceOwner): boolean {
    return this.byId.has(placeId(owner));
  }

  /** Applies the next event of the stream. Returns why it has no effect; null if it has one. */
  apply(event: RecordedEvent): string | null {
    const why = this.whyVoid(event);
    if (why === null && event.type === 'PlaceTaken') this.take(event);
    if (why === null && event.type === 'PlaceGivenBack') this.giveBack(event.data);
    if (event.type === 'Unreadable') this.unreadable ??= event.data.explanation;
    this.revision = event.revision;
    this.lastEventId = event.id;
    return why;
  }

  private take({ data, recordedAt: at, revision }: RecordedEvent & EventOf<'PlaceTaken'>): void {
    const { units, graphId, jobId, attempt, after, ...measure } = data;
    this.put({ graphId, jobId, attempt, after, units, at, revision, measure });
    this.starts.push(Date.parse(at));
    const { limitStartsMax } = limits;
    // What is kept is bounded, since no rate asks for more.
    if (this.starts.length > 2 * limitStartsMax) this.starts = this.starts.slice(-limitStartsMax);
  }

  private put(place: Place): void {
    this.byId.set(placeId(place), place);
    this.units += place.units;
    this.byGraph.set(place.graphId, this.countOf(place.graphId) + 1);
  }

  private giveBack(owner: PlaceOwner): void {
    const id = placeId(owner);
    const { units, graphId } = this.byId.get(id)!;
    this.units -= units;
    this.byId.delete(id);
    const left = this.countOf(graphId) - 1;
    if (left === 0) this.byGraph.delete(graphId);
    else this.byGraph.set(graphId, left);
  }

  private whyVoid(event: RecordedEvent): string | null {
    switch (event.type) {
      case 'Unreadable':
        return event.data.explanation;
      case 'PlaceGivenBack':
        return this.has(event.data) ? null : 'no such place is taken';
      case 'PlaceTaken':
        if (this.has(event.data)) return 'its claim has a place already';
        return this.whyNoRoom(event.data, event.data.units, Date.parse(event.recordedAt));
      default:
        return `${event.type} does not belong in the stream of a limit`;
    }
  }

  private whyNoRoom(measure: LimitMeasure, units: number, now: number): string | null {
    const { concurrency } = measure;
    if (concurrency !== undefined && this.units + units > concurrency) {
      return `${this.units} of ${concurrency} places were taken, and it takes ${units}`;
    }
    const opensAt = this.nextStart(measure);
    return opensAt <= now ? null : `there was no further start before ${isoTime(opensAt)}`;
  }

  /** How many units are free. */
  unitsFree({ concurrency }: LimitMeasure): number {
    return concurrency === undefined ? Infinity : concurrency - this.units;
  }

  /** From when on one more may start, as far as the rate goes, in milliseconds since the epoch; -Infinity for at any time. */
  nextStart({ starts, windowMs }: LimitMeasure): number {
    if (starts === undefined || windowMs === undefined || this.starts.length < starts) return -Infinity;
    return this.starts[this.starts.length - starts]! + windowMs;
  }

  /** How many starts there were in the window that ends now, as far as the rate needs to know. */
  startsWithin({ starts = 0, windowMs = 0 }: LimitMeasure, now: number): number {
    let count = 0;
    for (let at = this.starts.length - 1; at >= 0 && count < starts; at--) {
      if (this.starts[at]! <= now - windowMs) break;
      count += 1;
    }
    return count;
  }
}
