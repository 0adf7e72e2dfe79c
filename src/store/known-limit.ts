import * as t from '../prelude/io.js';
import { intFrom, orNull, record, SafeInt } from '../prelude/codec.js';
import { E } from '../prelude/fp.js';
import type { Position, RecordedEvent } from '../domain/events.js';
import { limitStream, Places, type PlacesSnapshot } from '../domain/limit-places.js';
import { comparePositions } from '../domain/positions.js';
import type { EventLog } from '../log/event-log.js';
import { loadJson, saveJson } from './json-snapshot.js';
import { orThrow } from './or-throw.js';

/** A snapshot saves reading this many events; fewer are read in no time. */
const snapshotEvents = 1000;

/**
 * @internal The places under a key, as far as the key's stream was read. It begins at a snapshot, so that a key under which much
 * has run costs no more to look at than a new one.
 */
export class KnownLimit {
  /** When the log recorded the last event that was read. */
  lastRecordedAt: string | null = null;
  private sinceSnapshot = 0;
  private position: Position | null = null;
  private reading: Promise<void> | null = null;

  private constructor(
    private readonly log: EventLog,
    readonly places: Places,
  ) {}

  /** Reads the places under a key, as they are now or were at a position. */
  static async load(log: EventLog, key: string, asOf: Position | null = null): Promise<KnownLimit> {
    const known = new KnownLimit(log, new Places(key, await loadPlaces(log, key, asOf)));
    for (const event of await known.readOn()) {
      if (asOf === null || comparePositions(event.position, asOf) <= 0) known.take(event);
    }
    return known;
  }

  get key(): string {
    return this.places.key;
  }

  /** Reads on to the end of the stream. Calls at the same time share one read. */
  async refresh(): Promise<void> {
    this.reading ??= this.readOn()
      .then((events) => {
        for (const event of events) this.hear(event);
      })
      .finally(() => (this.reading = null));
    await this.reading;
  }

  /** Takes an event of its stream that was heard of, if it is the next one. Returns false for one that comes too soon. */
  hear(event: RecordedEvent): boolean {
    const { revision } = this.places;
    if (event.revision === revision + 1) this.take(event);
    return event.revision <= revision + 1;
  }

  /** Saves a snapshot, if that is worth it. It is a cache: that it cannot be saved changes nothing. */
  async saveSnapshot(): Promise<void> {
    if (this.sinceSnapshot < snapshotEvents || this.position === null) return;
    this.sinceSnapshot = 0;
    const { snapshot } = this.places;
    const json = JSON.parse(JSON.stringify(snapshot)) as Snapshot;
    await saveJson(this.log, snapshotName(this.key), this.position, json)();
  }

  private async readOn(): Promise<readonly RecordedEvent[]> {
    return await orThrow(this.log.readStream(limitStream(this.key), { from: this.places.revision + 1 }));
  }

  private take(event: RecordedEvent): void {
    this.places.apply(event);
    this.position = event.position;
    this.lastRecordedAt = event.recordedAt;
    this.sinceSnapshot += 1;
  }
}

/** @internal The places under some keys, as they are now or were at a position. @throws LogError */
export async function placesUnder(
  log: EventLog,
  keys: readonly string[],
  asOf: Position | null,
): Promise<readonly Places[]> {
  const known = await Promise.all(keys.map((key) => KnownLimit.load(log, key, asOf)));
  return known.map(({ places }) => places);
}

const Measure = record('measure', {}, { concurrency: SafeInt, starts: SafeInt, windowMs: SafeInt });

const Snapshot = record('snapshot of a limit', {
  taken: t.readonlyArray(
    record('place', {
      graphId: t.string,
      jobId: t.string,
      attempt: intFrom(1),
      after: intFrom(-1),
      units: intFrom(1),
      at: t.string,
      revision: intFrom(0),
      measure: Measure,
    }),
  ),
  starts: t.readonlyArray(SafeInt),
  unreadable: orNull(t.string),
  revision: intFrom(0),
  lastEventId: t.string,
});
type Snapshot = t.TypeOf<typeof Snapshot>;

function snapshotName(key: string): string {
  return `limit.${key}`;
}

async function loadPlaces(log: EventLog, key: string, asOf: Position | null): Promise<PlacesSnapshot | null> {
  const read = (value: unknown) => {
    const decoded = Snapshot.decode(value);
    return E.isRight(decoded) ? decoded.right : null;
  };
  const kept = await loadJson(log, snapshotName(key), read);
  if (kept?.value == null || (asOf !== null && comparePositions(kept.position, asOf) > 0)) return null;
  // What is unreadable to one release is not to the next.
  return kept.value.unreadable === null ? kept.value : null;
}
