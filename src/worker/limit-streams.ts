import type { DomainEvent, RecordedEvent, WorkerIdentity } from '../domain/events.js';
import type { LiveProjection } from '../domain/live-projection.js';
import { limitKeyOf, limitStream, type PlaceOwner } from '../domain/limit-places.js';
import { settingFor } from '../domain/limit-settings.js';
import { type Append, type EventLog, LogError } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import { KnownLimit } from '../store/known-limit.js';
import { newEvents } from '../store/new-events.js';
import { LimitCounter, type PlaceReturn } from './limit-counter.js';
import { LogClock } from './log-clock.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';
import { lookForOrphans, type OrphanDependencies } from './orphaned-places.js';
import type { RetryingLog } from './retrying-log.js';

/** How many keys that nobody here wants anything of are followed, so that they need not be read again. */
const idleMost = 1000;
/** Appends to a key's stream that others were faster with are made again, up to so many times in a row. */
const triesMost = 50;
/** After the log has failed. */
const againMs = 1000;
/** Whoever sees that an attempt has ended elsewhere gives its worker so long, and a random part more, to give the place back. */
const othersMs = 150;

export interface LimitStreamsDependencies {
  readonly worker: WorkerIdentity;
  readonly environment: OwnTimers;
  readonly logger: Logger;
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly projection: LiveProjection;
  readonly leaseMs: number;
  /** Called when jobs may be claimed that had to wait. */
  readonly onRoom: () => void;
  readonly underWay: (work: Promise<void>) => void;
}

/** What of its keys a worker has in its hands. */
interface Holding {
  readonly isHeld: (owner: PlaceOwner) => boolean;
  readonly isHeldUnder: (counter: LimitCounter) => boolean;
}

/**
 * The streams of the keys that a worker has to do with: it follows them, writes to one at a time each, gives places back whose
 * attempts are over, and looks for places that are nobody's.
 */
export class LimitStreams {
  readonly clock: LogClock;
  private readonly counters = new Map<string, LimitCounter>();
  private isClosed = false;

  constructor(
    private readonly dependencies: LimitStreamsDependencies,
    private readonly options: Holding,
  ) {
    this.clock = new LogClock(dependencies.environment);
  }

  find(key: string): LimitCounter | undefined {
    return this.counters.get(key);
  }

  counter(key: string): LimitCounter {
    let counter = this.counters.get(key);
    if (counter === undefined) {
      counter = new LimitCounter(key);
      this.counters.set(key, counter);
    }
    return counter;
  }

  /** Keys that were of use lately may be again; but there may be any number of keys. */
  private forgetIdle(): void {
    if (this.counters.size <= idleMost) return;
    for (const [key, counter] of this.counters) {
      if (this.counters.size <= idleMost / 2) return;
      if (!counter.isIdle || this.options.isHeldUnder(counter)) continue;
      counter.close();
      this.counters.delete(key);
    }
  }

  // ---- the log

  /** Takes events of the log, after what they change. */
  hear(events: readonly RecordedEvent[]): void {
    const last = events.at(-1);
    if (this.counters.size > 0 && last !== undefined) this.clock.heard(last.recordedAt);
    for (const event of events) {
      const key = event.type === 'PlaceTaken' || event.type === 'PlaceGivenBack' ? limitKeyOf(event) : null;
      if (key !== null) this.hearOfKey(key, event);
      else if (isEndElsewhere(event)) this.hearOfEnd(event);
    }
  }

  private hearOfKey(key: string, event: RecordedEvent): void {
    const counter = this.counters.get(key);
    if (counter === undefined || counter.known?.hear(event) === true) return;
    counter.isBehind = true;
    if (!counter.isBusy && counter.known !== null) this.dependencies.underWay(this.refreshed(counter));
  }

  /** Its worker may be gone: whoever waits for the place, or sees that it was taken, makes sure that it is given back. */
  private hearOfEnd({ graphId, jobId }: RecordedEvent): void {
    const { projection, environment, underWay } = this.dependencies;
    const own = jobId === null ? undefined : projection.job(graphId, jobId);
    const keys = new Set(own?.definition.limits?.map(({ key }) => key));
    for (const [key, { known }] of this.counters)
      if (known !== null && known.places.countOf(graphId) > 0) keys.add(key);
    for (const key of keys) {
      if (settingFor(projection.work.limits, key) === null && !this.counters.has(key)) continue;
      const isOf = (owner: PlaceOwner) => owner.graphId === graphId && (jobId === null || owner.jobId === jobId);
      environment.setTimer(othersMs * (1 + environment.random()), () => {
        if (!this.isClosed) underWay(this.lookUnder(key, isOf));
      });
    }
  }

  private async lookUnder(key: string, isConcerned: (owner: PlaceOwner) => boolean): Promise<void> {
    const counter = this.counter(key);
    if (counter.known === null && !counter.isBusy) await this.load(counter);
    await this.look(counter, counter.known?.places.taken.filter(isConcerned) ?? []);
  }

  /** Looks at places that may be nobody's any more. */
  async look(counter: LimitCounter, owners: readonly PlaceOwner[], mayRevoke = false): Promise<void> {
    if (owners.length === 0) return;
    const { log, retrying, environment, worker, logger } = this.dependencies;
    const about: OrphanDependencies = { log, retrying, environment, worker, logger };
    try {
      for (const owner of await lookForOrphans(about, owners, mayRevoke)) this.returnTo([counter], owner);
    } catch (error) {
      this.failed(counter, error);
    }
  }

  async load(counter: LimitCounter): Promise<void> {
    counter.isBusy = true;
    await this.read(counter);
    this.free(counter);
  }

  private async read(counter: LimitCounter): Promise<void> {
    counter.isBehind = false;
    try {
      const known = counter.known ?? (await KnownLimit.load(this.dependencies.log, counter.key));
      if (known === counter.known) await known.refresh();
      counter.known = known;
      this.hearOfTime(known.lastRecordedAt);
      await known.saveSnapshot();
    } catch (error) {
      this.failed(counter, error);
    }
  }

  /** What was recorded was so before now, however far behind this machine's clock is. */
  private hearOfTime(recordedAt: string | null): void {
    if (recordedAt !== null && Date.parse(recordedAt) > this.clock.atLeast()) this.clock.heard(recordedAt);
  }

  private failed(counter: LimitCounter, error: unknown): void {
    if (!(error instanceof LogError)) throw error;
    counter.known = null;
    if (this.isClosed) return;
    this.dependencies.logger.warn({ err: error, limit: counter.key }, `limit ${counter.key}: ${error.message}`);
    this.dependencies.environment.setTimer(againMs, () => {
      if (counter.known === null && !counter.isBusy && counter.isWaitedFor)
        this.dependencies.underWay(this.load(counter));
    });
  }

  /** Appends to a key's stream, where it is known to be, and reads on. Returns the last event's revision; null if it did not go in. */
  async write(counter: LimitCounter, events: readonly DomainEvent[]): Promise<number | null> {
    if (counter.known === null) return null;
    const { revision } = counter.known.places;
    const results = await this.dependencies.retrying.append([this.append(counter, revision, events)]);
    if (E.isLeft(results)) counter.known = null;
    else await this.read(counter);
    return E.isRight(results) && results.right[0]!.appended ? results.right[0]!.revision : null;
  }

  append(counter: LimitCounter, expectedRevision: number, events: readonly DomainEvent[]): Append {
    const { environment, worker } = this.dependencies;
    const causationId = counter.known!.places.lastEventId;
    return {
      ...limitStream(counter.key),
      expectedRevision,
      events: newEvents(environment, events, causationId, worker.id),
    };
  }

  /** Reads on, once nothing of this worker is under way there. */
  async refreshed(counter: LimitCounter): Promise<void> {
    counter.planned = { units: 0, places: 0 };
    counter.ahead = [];
    counter.isBusy = true;
    const { refusedAt } = counter;
    counter.refusedAt = null;
    await this.read(counter);
    // Nobody was faster.
    if (refusedAt !== null && counter.known?.places.revision === refusedAt) counter.isClockWrong = true;
    this.free(counter);
  }

  /** A clock that is ahead of the log's has taken a place too early, perhaps. */
  learn(counter: LimitCounter, sentAt: number): void {
    counter.isClockWrong = false;
    const at = counter.known?.lastRecordedAt ?? null;
    if (at === null) return;
    this.clock.heard(at);
    this.clock.learn(sentAt, at);
  }

  // ---- what is given back

  /** Nobody may have a place for a claim any more: its attempt is over, or can never begin. */
  returnTo(counters: readonly LimitCounter[], owner: PlaceOwner): void {
    for (const counter of counters) this.returnPlace(counter, { owner, takenBy: null });
  }

  /** A place that was not used is given back. Another worker may have taken one for the same claim meanwhile, which stays. */
  returnPlace(counter: LimitCounter, place: PlaceReturn): void {
    counter.returns.push(place);
    if (!counter.isBusy) this.dependencies.underWay(this.giveBack(counter));
  }

  private async giveBack(counter: LimitCounter): Promise<void> {
    if (counter.isBusy) return;
    counter.isBusy = true;
    if (counter.known === null) await this.read(counter);
    for (let tries = 0; tries < triesMost && counter.known !== null; tries++) {
      const { places } = counter.known;
      counter.returns = counter.returns.filter(({ owner, takenBy }) => {
        const place = places.find(owner);
        return place !== undefined && (takenBy === null || place.revision === takenBy);
      });
      if (counter.returns.length === 0) break;
      const events = counter.returns.map(({ owner: { graphId, jobId, attempt, after } }): DomainEvent => {
        return { type: 'PlaceGivenBack', data: { graphId, jobId, attempt, after } };
      });
      await this.write(counter, events);
    }
    // What could not be given back is found by whoever waits for it.
    counter.returns = [];
    this.free(counter);
  }

  private free(counter: LimitCounter): void {
    counter.isBusy = false;
    if (this.isClosed) return;
    if (counter.isBehind && counter.known !== null) return this.dependencies.underWay(this.refreshed(counter));
    if (counter.returns.length > 0) this.dependencies.underWay(this.giveBack(counter));
    else if (counter.isWaitedFor) this.dependencies.onRoom();
    this.forgetIdle();
  }

  // ---- time

  /** While somebody waits: a timer to when the window opens, and one to look for places that are nobody's. */
  watch(counter: LimitCounter): void {
    counter.cancelWindow();
    counter.cancelWindow = () => {};
    if (this.isClosed || !counter.isWaitedFor || counter.readable === null) return;
    const { environment, projection, onRoom } = this.dependencies;
    const measure = settingFor(projection.work.limits, counter.key) ?? {};
    const opensAt = counter.readable.nextStart(measure);
    const inMs = Math.ceil(opensAt - this.clock.now());
    if (inMs > 0 && inMs < Infinity) {
      counter.cancelWindow = environment.setTimer(inMs, () => onRoom());
    }
    this.watchPlaces(counter);
  }

  /** A worker that dies between taking a place and claiming its job leaves the place behind. */
  private watchPlaces(counter: LimitCounter): void {
    if (counter.cancelLook !== null) return;
    const { environment, leaseMs, underWay } = this.dependencies;
    const now = environment.monotonic();
    this.noteSeen(counter, now);
    counter.cancelLook = environment.setTimer(leaseMs * (1 + environment.random() / 10), () => {
      counter.cancelLook = null;
      if (this.isClosed || !counter.isWaitedFor) return counter.seenAt.clear();
      const since = environment.monotonic() - leaseMs;
      const old = counter.known?.places.taken.filter(
        (place) => (counter.seenAt.get(place.revision) ?? Infinity) <= since && !this.options.isHeld(place),
      );
      underWay(this.look(counter, old ?? [], true));
      this.watchPlaces(counter);
    });
  }

  private noteSeen(counter: LimitCounter, now: number): void {
    const taken = counter.known?.places.taken ?? [];
    const revisions = new Set(taken.map(({ revision }) => revision));
    for (const revision of counter.seenAt.keys()) if (!revisions.has(revision)) counter.seenAt.delete(revision);
    for (const revision of revisions) if (!counter.seenAt.has(revision)) counter.seenAt.set(revision, now);
  }

  close(): void {
    this.isClosed = true;
    for (const counter of this.counters.values()) counter.close();
  }
}

/** Whether an event ends attempts whose worker may not be there to give their places back. */
function isEndElsewhere(event: RecordedEvent): boolean {
  switch (event.type) {
    case 'JobFaulted':
      return event.data.cause === 'lease-expired' || event.data.cause === 'released';
    case 'JobAborted':
    case 'JobExpired':
    case 'GraphAborted':
      return true;
    default:
      return false;
  }
}
