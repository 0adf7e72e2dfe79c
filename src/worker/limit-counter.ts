import type { JobNode } from '../domain/graph.js';
import type { LimitMeasure } from '../domain/limit-settings.js';
import type { PlaceOwner } from '../domain/limit-places.js';
import type { KnownLimit } from '../store/known-limit.js';
import { LimitWaiters } from './limit-waiters.js';

/** A place that can be given back. */
export interface PlaceReturn {
  readonly owner: PlaceOwner;
  /** Of the event that took it, if only that one is meant; null if nobody may have a place for this claim any more. */
  readonly takenBy: number | null;
}

/** What a worker knows of one key, and what it is about to do there. */
export class LimitCounter {
  /** Null until its stream has been read. */
  known: KnownLimit | null = null;
  /** Whether it is being read, or written to by this worker. Nothing else is done with it meanwhile. */
  isBusy = false;
  /** What this round of claims takes, beside what is known: units, and places. */
  planned = { units: 0, places: 0 };
  /** How many jobs are being claimed that want a place of it. */
  claims = 0;
  /** Whether an event was heard that comes after one that was not read yet. */
  isBehind = false;
  /** Where its stream was when claims were refused with their places; null if none were. */
  refusedAt: number | null = null;
  /** Whether it is too early by the log's clock for what this worker takes to be due. */
  isClockWrong = false;
  /** The ids of the events of this round that are to be appended to its stream, in order. */
  ahead: string[] = [];
  /** Ready jobs that are set aside. */
  readonly waiters = new LimitWaiters();
  /** Ready jobs whose next claim has a place already: another worker is about to start them, or has died before it could. */
  readonly spokenFor = new Set<JobNode>();
  /** Jobs that were called up to be claimed now. */
  readonly called = new Set<JobNode>();
  /** Places that can be given back. */
  returns: PlaceReturn[] = [];
  /** When this worker first saw a place that others have, on the monotonic clock, by the revision that took it. */
  readonly seenAt = new Map<number, number>();
  cancelWindow = () => {};
  cancelLook: (() => void) | null = null;

  constructor(readonly key: string) {}

  /** Whether nobody here wants anything of it. */
  get isIdle(): boolean {
    const isUsed = this.isBusy || this.isWaitedFor || this.called.size > 0 || this.returns.length > 0;
    return !isUsed && this.planned.places === 0;
  }

  /** Whether jobs are set aside here. */
  get isWaitedFor(): boolean {
    return this.waiters.size > 0 || this.spokenFor.size > 0;
  }

  /** Whether a job's next claim has a place, be it of another worker. */
  hasPlaceOf({ graph, id, state }: JobNode): boolean {
    return this.known?.places.find({ graphId: graph.id, jobId: id, after: state.revision }) !== undefined;
  }

  /** Whether there is room for so many units at a time by the log's clock, if what is planned is done. */
  hasRoom(measure: LimitMeasure, units: number, now: number): boolean {
    return this.unitsFree(measure) >= units && this.startsFree(measure, now) >= 1;
  }

  unitsFree(measure: LimitMeasure): number {
    return this.readable === null ? 0 : this.readable.unitsFree(measure) - this.planned.units;
  }

  startsFree(measure: LimitMeasure, now: number): number {
    if (measure.starts === undefined) return Infinity;
    if (this.readable === null || this.readable.nextStart(measure) > now) return 0;
    return measure.starts - this.readable.startsWithin(measure, now) - this.planned.places;
  }

  /** Its places; null where they are not known, or this release cannot read them. */
  get readable() {
    return this.known === null || this.known.places.unreadable !== null ? null : this.known.places;
  }

  /** How many places a graph has. */
  placesOf(graphId: string): number {
    return this.known?.places.countOf(graphId) ?? 0;
  }

  close(): void {
    this.cancelWindow();
    this.cancelLook?.();
  }
}
