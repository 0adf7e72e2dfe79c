import type { DomainEvent, RecordedEvent } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { PlaceOwner } from '../domain/limit-places.js';
import { type LimitMeasure, measureOf, settingFor } from '../domain/limit-settings.js';
import { type AppendAlong, streamKey } from '../log/event-log.js';
import { defined } from '../prelude/defined.js';
import type { ClaimedJob } from './claimed-job.js';
import type { LimitCounter } from './limit-counter.js';
import { LimitStreams, type LimitStreamsDependencies } from './limit-streams.js';
import type { Slots } from './slots.js';

export interface LimitDeskDependencies extends LimitStreamsDependencies {
  readonly slots: Slots;
  /** Puts a job back among those that are offered. */
  readonly offer: (job: JobNode) => void;
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
 * A claim goes one of two ways. Where the log joins streams, its places are appended with the claim: all or nothing, and not before
 * the rate allows it by the log's own clock. Otherwise they are taken first, in the order of their keys, and read back: whether a
 * place was void, the time says at which the log recorded it. What was taken for a claim that does not come is given back. It is
 * done so too by a worker whose clock was wrong: from what is read back it learns the time.
 *
 * Nothing here is asked of jobs without limits, or while no limit is set for their keys.
 */
export class LimitDesk {
  /** Jobs that are being claimed, and what they take. */
  private readonly admitted = new Map<JobNode, readonly Taking[]>();
  /** Those of them that were offered again meanwhile. */
  private readonly again = new Set<JobNode>();
  /** The keys under which jobs wait. */
  private readonly waitedFor = new Set<LimitCounter>();
  private readonly held = new Map<string, Held>();
  private readonly streams: LimitStreams;

  constructor(private readonly dependencies: LimitDeskDependencies) {
    this.streams = new LimitStreams(dependencies, {
      isHeld: (owner) => this.held.has(heldKey(owner)),
      isHeldUnder: (counter) => this.isHeldUnder(counter),
    });
  }

  /** Takes events of the log, after what they change. */
  hear(events: readonly RecordedEvent[]): void {
    this.streams.hear(events);
  }

  close(): void {
    this.streams.close();
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
      const counter = this.streams.counter(key);
      const isFree = !counter.isBusy && counter.known !== null && (wasCalled || counter.waiters.size === 0);
      const hasRoom = isFree && counter.hasRoom(measure, units, this.streams.clock.now());
      if (!hasRoom || counter.hasPlaceOf(job)) {
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
      const counter = this.streams.find(key);
      if (counter?.called.delete(job) === true) wasCalled = true;
    }
    return wasCalled;
  }

  private setAside(job: JobNode, counter: LimitCounter): void {
    if (counter.hasPlaceOf(job)) counter.spokenFor.add(job);
    else counter.waiters.add(job, unitsUnder(job, counter.key));
    this.waitedFor.add(counter);
    if (counter.known === null && !counter.isBusy) this.dependencies.underWay(this.streams.load(counter));
    this.streams.watch(counter);
  }

  /** Forgets a job that is not ready any more. */
  forget(job: JobNode): void {
    for (const { key } of job.definition.limits!) {
      const counter = this.streams.find(key);
      counter?.waiters.delete(job);
      counter?.spokenFor.delete(job);
      counter?.called.delete(job);
    }
  }

  /** Calls up as many of the jobs that wait as there is room for. False if that is none. */
  callUp(): boolean {
    let isAny = false;
    for (const counter of this.waitedFor) {
      if (!counter.isWaitedFor) this.waitedFor.delete(counter);
      else if (this.callUnder(counter)) isAny = true;
    }
    return isAny;
  }

  private callUnder(counter: LimitCounter): boolean {
    if (counter.isBusy || counter.known === null) return false;
    for (const job of counter.spokenFor) {
      if (counter.hasPlaceOf(job)) continue;
      counter.spokenFor.delete(job);
      counter.waiters.add(job, unitsUnder(job, counter.key));
    }
    const { projection, slots, offer } = this.dependencies;
    const measure: LimitMeasure = settingFor(projection.work.limits, counter.key) ?? {};
    const unitsOf = (job: JobNode) => unitsUnder(job, counter.key);
    const mayRun = ({ definition: { type } }: JobNode) => projection.mayStart(type) && slots.freeOf(type) > 0;
    // One that takes more than there ever is waits until that changes, in nobody's way.
    const canRun = (job: JobNode) => mayRun(job) && unitsOf(job) <= (measure.concurrency ?? Infinity);
    const ready = [...counter.called].filter(mayRun);
    let units = counter.unitsFree(measure) - ready.reduce((sum, job) => sum + unitsOf(job), 0);
    let places = Math.min(counter.startsFree(measure, this.streams.clock.now()), slots.free) - ready.length;
    let isAny = false;
    while (places >= 1) {
      const job = counter.waiters.next(canRun, (graphId) => counter.placesOf(graphId));
      if (job === null || unitsOf(job) > units) break;
      counter.waiters.call(job);
      counter.called.add(job);
      units -= unitsOf(job);
      places -= 1;
      isAny = true;
      offer(job);
    }
    this.streams.watch(counter);
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
    return this.dependencies.log.joinsStreams === true && !takings.some(({ counter }) => counter.isClockWrong);
  }

  /** The appends that take its places, behind those that were planned before. */
  placesFor(job: JobNode, owner: PlaceOwner): readonly AppendAlong[] {
    return this.admitted.get(job)!.map((taking) => {
      const { counter, measure } = taking;
      const { places } = counter.known!;
      counter.isBusy = true;
      const notBefore = places.nextStart(measure, counter.ahead.length);
      const expectedRevision = places.revision + counter.ahead.length;
      // If those before it do not go in, another worker's may be in their place, and leave less room.
      const expectedEventId = counter.ahead.at(-1);
      const append = this.streams.append(counter, expectedRevision, [placeTaken(owner, taking)]);
      counter.ahead.push(append.events[0]!.id);
      return { ...append, ...defined({ notBefore, expectedEventId }) };
    });
  }

  /** A claim was refused together with its places: others were faster, or it is too early by the log's clock. */
  refused(job: JobNode): void {
    for (const { counter, measure } of this.admitted.get(job)!) {
      if (measure.starts !== undefined) counter.refusedAt = counter.known?.places.revision ?? null;
    }
  }

  /** Takes its places one after the other. False if one was not to be had; then those before it are given back. */
  async take(job: JobNode, owner: PlaceOwner): Promise<boolean> {
    const taken: { readonly counter: LimitCounter; readonly takenBy: number }[] = [];
    for (const taking of this.admitted.get(job)!) {
      const { counter } = taking;
      const sentAt = this.dependencies.environment.now();
      const takenBy = await this.streams.write(counter, [placeTaken(owner, taking)]);
      if (takenBy !== null) this.streams.learn(counter, sentAt);
      // Another worker may have a place for the same claim, and give it back without a word to this one.
      if (takenBy === null || counter.known?.places.find(owner)?.revision !== takenBy) {
        for (const place of taken) this.streams.returnPlace(place.counter, { owner, takenBy: place.takenBy });
        return false;
      }
      taken.push({ counter, takenBy });
    }
    return true;
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
    await Promise.all([...concerned].map((counter) => this.streams.refreshed(counter)));
  }

  // ---- what is over

  /** An attempt of this worker has ended, or was lost. */
  over(claimed: ClaimedJob): void {
    if (this.held.size === 0) return;
    const held = this.held.get(heldKey({ graphId: claimed.graphId, jobId: claimed.id, attempt: claimed.attempt }));
    if (held !== undefined) this.dependencies.underWay(this.giveBackOnceOver(held, claimed));
  }

  private async giveBackOnceOver(held: Held, claimed: ClaimedJob): Promise<void> {
    // Its ending may be about to be written: by whoever hands the job back.
    await Promise.resolve();
    await claimed.written();
    this.held.delete(heldKey(held.owner));
    if (claimed.state.status !== 'started') this.streams.returnTo(held.counters, held.owner);
    else await this.giveBackIfOver(held);
  }

  private async giveBackIfOver({ owner, counters }: Held): Promise<void> {
    await Promise.all(counters.map((counter) => this.streams.look(counter, [owner])));
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
