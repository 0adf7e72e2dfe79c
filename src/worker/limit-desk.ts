import type { DomainEvent, RecordedEvent, WorkerIdentity } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { LiveProjection } from '../domain/live-projection.js';
import { limitKeyOf, limitStream, type PlaceOwner } from '../domain/limit-places.js';
import { type LimitMeasure, measureOf, settingFor } from '../domain/limit-settings.js';
import { type Append, type EventLog, LogError, streamKey } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import { KnownLimit } from '../store/known-limit.js';
import { newEvents } from '../store/new-events.js';
import type { ClaimedJob } from './claimed-job.js';
import { LimitCounter } from './limit-counter.js';
import { LogClock } from './log-clock.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';
import { lookForOrphans, type OrphanDependencies } from './orphaned-places.js';
import type { RetryingLog } from './retrying-log.js';
import type { Slots } from './slots.js';

/** How many keys that nobody here wants anything of are followed, so that they need not be read again. */
const idleMost = 1000;
/** Appends to a key's stream that others were faster with are made again, up to so many times in a row. */
const triesMost = 50;
/** After the log has failed. */
const againMs = 1000;
/** Whoever sees that an attempt has ended elsewhere gives its worker so long, and a random part more, to give the place back. */
const othersMs = 150;

export interface LimitDeskDependencies {
  readonly worker: WorkerIdentity;
  readonly environment: OwnTimers;
  readonly logger: Logger;
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly projection: LiveProjection;
  readonly slots: Slots;
  readonly leaseMs: number;
  /** Puts a job back among those that are offered. */
  readonly offer: (job: JobNode) => void;
  /** Called when jobs may be claimed that had to wait. */
  readonly onRoom: () => void;
  readonly underWay: (work: Promise<void>) => void;
}

/** What a claim takes under one key. */
interface Taking {
  readonly counter: LimitCounter;
  readonly measure: LimitMeasure;
  readonly units: number;
}

/** Places that an attempt of this worker has. */
interface Held {
  readonly owner: PlaceOwner;
  readonly counters: readonly LimitCounter[];
}

/**
 * Where this worker's jobs get their places (see domain/limit-places.ts). A ready job under a key that is full is set aside here,
 * holds no slot, and is in nobody's way. When a place is given back, a window opens or a setting changes, which a worker hears from
 * the log or a timer tells, as many jobs are called up as there is room for. So nothing is polled, and a place that is free costs
 * one claim, or one of each worker that has a job for it.
 *
 * A claim goes one of two ways. Where the log joins streams, and only concurrency is limited, its places are appended with the
 * claim: all or nothing. Otherwise they are taken first, in the order of their keys, and read back: whether a place was void, the
 * time says at which the log recorded it. What was taken for a claim that does not come is given back.
 *
 * Nothing here is asked of jobs without limits, or while no limit is set for their keys.
 */
export class LimitDesk {
  private readonly counters = new Map<string, LimitCounter>();
  /** Jobs that are being claimed, and what they take. */
  private readonly admitted = new Map<JobNode, readonly Taking[]>();
  /** Those of them that were offered again meanwhile. */
  private readonly again = new Set<JobNode>();
  /** The keys under which jobs wait. */
  private readonly waitedFor = new Set<LimitCounter>();
  private readonly held = new Map<string, Held>();
  private readonly clock: LogClock;
  private isClosed = false;

  constructor(private readonly dependencies: LimitDeskDependencies) {
    this.clock = new LogClock(dependencies.environment);
  }

  // ---- which jobs may be claimed

  /** Whether a job may be claimed now; what it takes is kept for it until {@link settle}. If not, it is set aside. */
  admits(job: JobNode): boolean {
    if (this.admitted.has(job)) {
      this.again.add(job);
      return false;
    }
    const takings: Taking[] = [];
    const wasCalled = this.uncall(job);
    for (const { key, units = 1 } of job.definition.limits!) {
      const measure = settingFor(this.dependencies.projection.work.limits, key);
      if (measure === null) continue;
      const counter = this.counter(key);
      const isFree = !counter.isBusy && counter.known !== null && (wasCalled || counter.waiters.size === 0);
      if (!isFree || !counter.hasRoom(measure, units, this.clock.now())) {
        this.setAside(job, counter);
        return false;
      }
      takings.push({ counter, measure: measureOf(measure), units });
    }
    if (takings.length === 0) return true;
    if (!this.areJoined(takings)) {
      const planned = takings.find(({ counter }) => counter.planned.places > 0);
      if (planned !== undefined) {
        this.setAside(job, planned.counter);
        return false;
      }
      for (const { counter } of takings) counter.isBusy = true;
    }
    for (const { counter, units } of takings) {
      counter.planned.units += units;
      counter.planned.places += 1;
      counter.claims += 1;
    }
    this.admitted.set(job, takings);
    return true;
  }

  private uncall(job: JobNode): boolean {
    let wasCalled = false;
    for (const { key } of job.definition.limits!) {
      const counter = this.counters.get(key);
      if (counter?.called.delete(job) === true) wasCalled = true;
    }
    return wasCalled;
  }

  private setAside(job: JobNode, counter: LimitCounter): void {
    counter.waiters.add(job, unitsUnder(job, counter.key));
    this.waitedFor.add(counter);
    if (counter.known === null && !counter.isBusy) this.dependencies.underWay(this.load(counter));
    this.watch(counter);
  }

  /** Forgets a job that is not ready any more. */
  forget(job: JobNode): void {
    for (const { key } of job.definition.limits!) {
      const counter = this.counters.get(key);
      counter?.waiters.delete(job);
      counter?.called.delete(job);
    }
  }

  /** Calls up as many of the jobs that wait as there is room for. False if that is none. */
  callUp(): boolean {
    let isAny = false;
    for (const counter of this.waitedFor) {
      if (counter.waiters.size === 0) this.waitedFor.delete(counter);
      else if (this.callUnder(counter)) isAny = true;
    }
    return isAny;
  }

  private callUnder(counter: LimitCounter): boolean {
    if (counter.isBusy || counter.known === null) return false;
    const { projection, slots, offer } = this.dependencies;
    const measure: LimitMeasure = settingFor(projection.work.limits, counter.key) ?? {};
    const unitsOf = (job: JobNode) => unitsUnder(job, counter.key);
    const mayRun = ({ definition: { type } }: JobNode) => projection.mayStart(type) && slots.freeOf(type) > 0;
    // One that takes more than there ever is waits until that changes, in nobody's way.
    const canRun = (job: JobNode) => mayRun(job) && unitsOf(job) <= (measure.concurrency ?? Infinity);
    const ready = [...counter.called].filter(mayRun);
    let units = counter.unitsFree(measure) - ready.reduce((sum, job) => sum + unitsOf(job), 0);
    let places = Math.min(counter.startsFree(measure, this.clock.now()), slots.free) - ready.length;
    let isAny = false;
    while (places >= 1) {
      const job = counter.waiters.next(canRun, (graphId) => counter.placesOf(graphId));
      if (job === null || unitsOf(job) > units) break;
      counter.waiters.delete(job);
      counter.called.add(job);
      units -= unitsOf(job);
      places -= 1;
      isAny = true;
      offer(job);
    }
    this.watch(counter);
    return isAny;
  }

  // ---- claims

  /** Whether a job that was admitted takes any place. */
  takes(job: JobNode): boolean {
    return this.admitted.has(job);
  }

  /** Whether its places go into the log together with its claim. */
  joins(job: JobNode): boolean {
    return this.areJoined(this.admitted.get(job)!);
  }

  private areJoined(takings: readonly Taking[]): boolean {
    return this.dependencies.log.joinsStreams === true && takings.every(({ measure }) => measure.starts === undefined);
  }

  /** The appends that take its places, behind those that were planned before. */
  placesFor(job: JobNode, owner: PlaceOwner): readonly Append[] {
    return this.admitted.get(job)!.map((taking) => {
      const { counter } = taking;
      counter.isBusy = true;
      const expectedRevision = counter.known!.places.revision + counter.ahead++;
      return this.append(counter, expectedRevision, [placeTaken(owner, taking)]);
    });
  }

  /** Takes its places one after the other. False if one was not to be had; then those before it are given back. */
  async take(job: JobNode, owner: PlaceOwner): Promise<boolean> {
    const taken: LimitCounter[] = [];
    for (const taking of this.admitted.get(job)!) {
      const { counter } = taking;
      const sentAt = this.dependencies.environment.now();
      const takenBy = await this.write(counter, [placeTaken(owner, taking)]);
      if (takenBy !== null) this.learn(counter, sentAt);
      // Another worker may have a place for the same claim, and give it back without a word to this one.
      if (takenBy === null || counter.known?.places.find(owner)?.revision !== takenBy) {
        this.returnTo(taken, owner);
        return false;
      }
      taken.push(counter);
    }
    return true;
  }

  /** A clock that is ahead of the log's has taken a place too early, perhaps. */
  private learn({ known }: LimitCounter, sentAt: number): void {
    const at = known?.lastRecordedAt ?? null;
    if (at === null) return;
    this.clock.heard(at);
    this.clock.learn(sentAt, at);
  }

  /** Notes that a job runs here, and keeps its places until it is over. */
  won(job: JobNode, owner: PlaceOwner): void {
    const counters = this.admitted.get(job)!.map(({ counter }) => counter);
    this.held.set(heldKey(owner), { owner, counters });
  }

  /** Gives back what was taken for a claim that did not come, if it is certain that it never will. */
  async lost(job: JobNode, owner: PlaceOwner): Promise<void> {
    const counters = this.admitted.get(job)!.map(({ counter }) => counter);
    await this.giveBackIfOver({ owner, counters });
  }

  /** Claims of some jobs are decided, or there were none: reads what has become of their keys, and goes on with these. */
  async settle(jobs: readonly JobNode[]): Promise<void> {
    const concerned = new Set<LimitCounter>();
    for (const job of jobs) {
      for (const { counter } of this.admitted.get(job) ?? []) {
        counter.claims -= 1;
        if (counter.claims === 0) concerned.add(counter);
      }
      this.admitted.delete(job);
      if (this.again.delete(job)) this.dependencies.offer(job);
    }
    await Promise.all([...concerned].map((counter) => this.refreshed(counter)));
  }

  private async refreshed(counter: LimitCounter): Promise<void> {
    counter.planned = { units: 0, places: 0 };
    counter.ahead = 0;
    counter.isBusy = true;
    await this.read(counter);
    this.free(counter);
  }

  // ---- what is over

  /** An attempt of this worker has ended, or was lost. */
  over(claimed: ClaimedJob): void {
    const held = this.held.get(heldKey({ graphId: claimed.graphId, jobId: claimed.id, attempt: claimed.attempt }));
    if (held !== undefined) this.dependencies.underWay(this.giveBackOnceOver(held, claimed));
  }

  private async giveBackOnceOver(held: Held, claimed: ClaimedJob): Promise<void> {
    // Its ending may be about to be written: by whoever hands the job back.
    await Promise.resolve();
    await claimed.written();
    this.held.delete(heldKey(held.owner));
    if (claimed.state.status !== 'started') this.returnTo(held.counters, held.owner);
    else await this.giveBackIfOver(held);
  }

  private async giveBackIfOver({ owner, counters }: Held): Promise<void> {
    await Promise.all(counters.map((counter) => this.look(counter, [owner])));
  }

  private returnTo(counters: readonly LimitCounter[], owner: PlaceOwner): void {
    for (const counter of counters) {
      counter.returns.push(owner);
      if (!counter.isBusy) this.dependencies.underWay(this.giveBack(counter));
    }
  }

  private async giveBack(counter: LimitCounter): Promise<void> {
    if (counter.isBusy) return;
    counter.isBusy = true;
    if (counter.known === null) await this.read(counter);
    for (let tries = 0; tries < triesMost && counter.known !== null; tries++) {
      const { places } = counter.known;
      const owners = counter.returns.filter((owner) => places.has(owner));
      counter.returns = owners;
      if (owners.length === 0) break;
      const events = owners.map(({ graphId, jobId, attempt, after }): DomainEvent => {
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
    else if (counter.waiters.size > 0) this.dependencies.onRoom();
    this.forgetIdle();
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
  private async look(counter: LimitCounter, owners: readonly PlaceOwner[], mayRevoke = false): Promise<void> {
    if (owners.length === 0) return;
    const { log, retrying, environment, worker, logger } = this.dependencies;
    const about: OrphanDependencies = { log, retrying, environment, worker, logger };
    try {
      for (const owner of await lookForOrphans(about, owners, mayRevoke)) this.returnTo([counter], owner);
    } catch (error) {
      this.failed(counter, error);
    }
  }

  private async load(counter: LimitCounter): Promise<void> {
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
      await known.saveSnapshot();
    } catch (error) {
      this.failed(counter, error);
    }
  }

  private failed(counter: LimitCounter, error: unknown): void {
    if (!(error instanceof LogError)) throw error;
    counter.known = null;
    if (this.isClosed) return;
    this.dependencies.logger.warn({ err: error, limit: counter.key }, `limit ${counter.key}: ${error.message}`);
    this.dependencies.environment.setTimer(againMs, () => {
      if (counter.known === null && !counter.isBusy && counter.waiters.size > 0)
        this.dependencies.underWay(this.load(counter));
    });
  }

  /** Appends to a key's stream, where it is known to be, and reads on. Returns the last event's revision; null if it did not go in. */
  private async write(counter: LimitCounter, events: readonly DomainEvent[]): Promise<number | null> {
    if (counter.known === null) return null;
    const { revision } = counter.known.places;
    const results = await this.dependencies.retrying.append([this.append(counter, revision, events)]);
    if (E.isLeft(results)) counter.known = null;
    else await this.read(counter);
    return E.isRight(results) && results.right[0]!.appended ? results.right[0]!.revision : null;
  }

  private append(counter: LimitCounter, expectedRevision: number, events: readonly DomainEvent[]): Append {
    const { environment, worker } = this.dependencies;
    const causationId = counter.known!.places.lastEventId;
    return {
      ...limitStream(counter.key),
      expectedRevision,
      events: newEvents(environment, events, causationId, worker.id),
    };
  }

  // ---- time

  /** While somebody waits: a timer to when the window opens, and one to look for places that are nobody's. */
  private watch(counter: LimitCounter): void {
    counter.cancelWindow();
    counter.cancelWindow = () => {};
    if (this.isClosed || counter.waiters.size === 0 || counter.readable === null) return;
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
      if (this.isClosed || counter.waiters.size === 0) return counter.seenAt.clear();
      const since = environment.monotonic() - leaseMs;
      const old = counter.known?.places.taken.filter(
        (place) => (counter.seenAt.get(place.revision) ?? Infinity) <= since && !this.held.has(heldKey(place)),
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

  private counter(key: string): LimitCounter {
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
      if (!counter.isIdle || this.isHeldUnder(counter)) continue;
      counter.close();
      this.counters.delete(key);
    }
  }

  private isHeldUnder(counter: LimitCounter): boolean {
    for (const { counters } of this.held.values()) if (counters.includes(counter)) return true;
    return false;
  }
}

function unitsUnder({ definition }: JobNode, key: string): number {
  return definition.limits!.find((each) => each.key === key)?.units ?? 1;
}

function placeTaken(owner: PlaceOwner, { measure, units }: Taking): DomainEvent {
  const { graphId, jobId, attempt, after } = owner;
  return { type: 'PlaceTaken', data: { graphId, jobId, attempt, after, units, ...measure } };
}

function heldKey({ graphId, jobId, attempt }: Omit<PlaceOwner, 'after'>): string {
  return `${streamKey({ graphId, jobId })}#${attempt}`;
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
