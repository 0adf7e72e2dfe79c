import type { ReadinessListener } from '../domain/live-projection.js';
import type { JobNode } from '../domain/graph.js';
import { ordinalOf } from '../domain/positions.js';
import type { Environment } from '../store/environment.js';
import { isBefore, type Offer, OfferHeap } from './offers.js';
import { hashOf, mix } from './rendezvous-hash.js';

/** How long after its last claim a worker still counts as one that claims, in milliseconds. */
const rememberedMs = 10_000;

/** How many offers beyond the free slots are looked at, at a time, to find jobs that are not another worker's turn. */
const looksBeyond = 16;
/** How long a turn lasts: this many times what a claim takes to come back through the log; bounds in milliseconds. */
const turn = { claims: 4, least: 10, most: 1000 };
/** How long a worker that has seen nobody claim waits for its first claim, in milliseconds. */
const beginningMs = 250;

interface Claimant {
  readonly hash: number;
  seenAt: number;
  /** How many jobs it runs at a time: as many as this worker, unless it was seen to run more. */
  slots: number;
}

/** The offers of one type, while some are taken. */
interface Lane {
  readonly heap: OfferHeap;
  first: Offer | null;
  /** How many more jobs of the type may run. */
  free: number;
}

export interface ReadyQueueOptions {
  readonly workerId: string;
  /** How many jobs this worker runs at a time. */
  readonly ownSlots: number;
  readonly environment: Environment;
  /** Whether this worker has a handler for a type. */
  readonly handles: (type: string) => boolean;
  /** Whether a job is in this worker's share: it need not wait for workers that help out there. */
  readonly isOwn: (job: JobNode) => boolean;
  /** Whether the events that come have just happened: not while an old log is read. */
  readonly isLive: () => boolean;
  /** Called when a job that had to wait (for its back-off to end) can be claimed. */
  readonly onOffer: () => void;
  /** How many jobs a worker is seen to run. */
  readonly runningBy: (workerId: string) => number;
  /** Whether a job that has limits may be claimed now; if not, it is set aside until it is offered again. */
  readonly admits: (job: JobNode) => boolean;
  /** Told of a job that has limits and is not ready any more. */
  readonly onUnready: (job: JobNode) => void;
}

/**
 * The ready jobs of the types this worker handles, in the order in which it would claim them.
 *
 * Workers with the same view must not race for the same job. So each job is meant for one of the workers that were seen to
 * claim lately: the one whose hash with the job is highest (rendezvous hashing). A worker takes the jobs meant for it first,
 * and others when it has none left. For those it waits its turn: one turn for each worker that has a free slot and ranks
 * higher for the job. Workers need not agree on anything: one that knows too few or too many others loses a claim now and
 * then, or a few milliseconds. A worker that has seen no claim for a while, not even its own, cannot know the others: it
 * begins with a single job, and knows them by the time that one is claimed.
 */
export class ReadyQueue implements ReadinessListener {
  private readonly workerId: string;
  private readonly environment: Environment;
  private readonly offers = new Map<string, OfferHeap>();
  /** Jobs in a heap, where each may be only once. */
  private readonly offered = new Set<JobNode>();
  private readonly waiting = new Map<JobNode, () => void>();
  /** When the waits of jobs end: by the log's clock, and on the monotonic one. */
  private readonly waits = new WeakMap<JobNode, { readonly until: number; readonly endsAt: number }>();
  private readonly claimants = new Map<string, Claimant>();
  /** Whether the offers are ordered by the present claimants. */
  private isInOrder = true;
  /** When any worker was last seen to claim, on the monotonic clock. */
  private lastClaimAt = -Infinity;
  /** Cancels the timer of a beginning that is under way. */
  private beginning: (() => void) | null = null;
  /** How long a claim takes on average, from sending it until it comes back through the log. */
  private claimMs: number | undefined;
  /** How long a job takes on average, by type. */
  private readonly jobMs = new Map<string, number>();

  constructor(private readonly options: ReadyQueueOptions) {
    const { workerId, environment, ownSlots } = options;
    this.workerId = workerId;
    this.environment = environment;
    this.claimants.set(workerId, { hash: hashOf(workerId), seenAt: Infinity, slots: ownSlots });
  }

  becameReady(job: JobNode): void {
    if (!this.options.handles(job.definition.type)) return;
    const waitMs = this.waitMs(job);
    if (waitMs <= 0) this.offer(job, null);
    else this.wait(job, waitMs, null);
  }

  /** Whether a job has waited as long as it must, after its last attempt or before the first. */
  hasWaited(job: JobNode): boolean {
    return this.waitMs(job) <= 0;
  }

  /**
   * How much longer a job must wait. It is counted on this worker's monotonic clock, from the last event of its graph, which
   * this worker has just seen: no two clocks are compared. If that was long ago, only the time of day tells how much of the
   * wait is left; a clock that is wrong can then make the wait shorter, but never longer.
   */
  private waitMs(job: JobNode): number {
    const until = job.startsFrom;
    if (until === null) return 0;
    const now = this.environment.monotonic();
    const known = this.waits.get(job);
    if (known?.until === until) return known.endsAt - now;
    const sinceLastMs = until - Date.parse(job.graph.lastEventAt!);
    const leftMs = this.options.isLive() ? sinceLastMs : Math.min(until - this.environment.now(), sinceLastMs);
    this.waits.set(job, { until, endsAt: now + leftMs });
    return leftMs;
  }

  noLongerReady(job: JobNode): void {
    this.waiting.get(job)?.();
    this.waiting.delete(job);
    if (job.definition.limits !== undefined) this.options.onUnready(job);
    // If it has an offer, that is dropped when it comes to the top.
  }

  /** Whether no job is offered. Some may wait for a back-off, or for another worker's turn. */
  get isEmpty(): boolean {
    for (const heap of this.offers.values()) if (this.firstOf(heap) !== null) return false;
    return true;
  }

  handles(type: string): boolean {
    return this.options.handles(type);
  }

  /** Puts a job back that was dequeued but not claimed. */
  offerAgain(job: JobNode): void {
    if (job.isReady) this.becameReady(job);
  }

  sawClaim(workerId: string): void {
    const known = this.claimants.get(workerId);
    const seenAt = this.environment.monotonic();
    this.lastClaimAt = seenAt;
    this.beginning?.();
    this.beginning = null;
    if (workerId === this.workerId) return;
    const slots = Math.max(known?.slots ?? this.options.ownSlots, this.options.runningBy(workerId));
    this.claimants.set(workerId, { hash: known?.hash ?? hashOf(workerId), seenAt, slots });
    if (known === undefined) this.isInOrder = false;
  }

  /** Forgets who claims: this worker sees less of the log from now on, and there others may not claim at all. */
  forgetOthers(): void {
    for (const id of this.claimants.keys()) if (id !== this.workerId) this.claimants.delete(id);
    this.isInOrder = false;
  }

  /** Notes how long a claim took to come back through the log. */
  claimTook(ms: number): void {
    this.claimMs = average(this.claimMs, ms);
  }

  /** Notes how long a job ran. */
  jobTook(type: string, ms: number): void {
    this.jobMs.set(type, average(this.jobMs.get(type), ms));
  }

  /** The next jobs to claim: no more than there are free slots, in all and for each type. */
  dequeue(free: number, freeOf: (type: string) => number): readonly JobNode[] {
    const most = Math.min(free, this.mostNow());
    if (most > 0) this.bringInOrder();
    const jobs = this.dequeueUpTo(most, freeOf);
    if (jobs.length > 0 && most < free) this.begin();
    return jobs;
  }

  /** No limit; but one job to begin with, and none while that one is being claimed. */
  private mostNow(): number {
    if (this.environment.monotonic() - this.lastClaimAt <= rememberedMs) return Infinity;
    return this.beginning === null ? 1 : 0;
  }

  private begin(): void {
    this.beginning = this.environment.setTimer(beginningMs, () => {
      this.beginning = null;
      this.lastClaimAt = this.environment.monotonic(); // That is long enough.
      this.options.onOffer();
    });
  }

  private dequeueUpTo(most: number, freeOf: (type: string) => number): readonly JobNode[] {
    const jobs: JobNode[] = [];
    const lanes = this.lanes(freeOf);
    for (let looks = most + looksBeyond; jobs.length < most && looks > 0; looks--) {
      const lane = bestOf(lanes);
      if (lane === null) break;
      const offer = lane.first!;
      this.remove(lane.heap, offer);
      lane.first = this.firstOf(lane.heap);
      const waitMs = this.othersTurnsMs(offer);
      if (waitMs > 0) {
        this.wait(offer.job, waitMs, offer.wantedAt ?? this.environment.monotonic());
        continue;
      }
      if (offer.job.definition.limits !== undefined && !this.options.admits(offer.job)) {
        looks += 1;
        continue;
      }
      lane.free -= 1;
      jobs.push(offer.job);
    }
    return jobs;
  }

  /** The types that have offers. */
  private lanes(freeOf: (type: string) => number): readonly Lane[] {
    const lanes: Lane[] = [];
    for (const [type, heap] of this.offers) {
      const first = this.firstOf(heap);
      if (first === null) this.offers.delete(type);
      else lanes.push({ heap, first, free: freeOf(type) });
    }
    return lanes;
  }

  /** Cancels all timers. */
  close(): void {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
    this.beginning?.();
  }

  /** Jobs that stopped being ready are dropped when they come to the top. */
  private firstOf(heap: OfferHeap): Offer | null {
    for (let top = heap.first; top !== null; top = heap.first) {
      if (top.job.isReady) return top;
      this.remove(heap, top);
    }
    return null;
  }

  private remove(heap: OfferHeap, first: Offer): void {
    heap.removeFirst();
    this.offered.delete(first.job);
  }

  private wait(job: JobNode, ms: number, wantedAt: number | null): void {
    this.waiting.get(job)?.();
    // Whole milliseconds: on a coarse clock a smaller wait might never end.
    const cancel = this.environment.setTimer(Math.ceil(ms), () => {
      this.waiting.delete(job);
      if (!job.isReady) return;
      this.offer(job, wantedAt);
      this.options.onOffer();
    });
    this.waiting.set(job, cancel);
  }

  /** How much longer it is the turn of others: of workers that have a free slot for the job, or will have one soon. */
  private othersTurnsMs({ job, hash, outrankedBy, wantedAt }: Offer): number {
    if (outrankedBy === 0 || this.options.isOwn(job)) return 0;
    const now = this.environment.monotonic();
    const turnMs = Math.min(Math.max(turn.claims * (this.claimMs ?? 0), turn.least), turn.most);
    const jobMs = this.jobMs.get(job.definition.type) ?? Infinity;
    const own = mix(hash ^ this.claimants.get(this.workerId)!.hash);
    let before = 0;
    for (const [id, other] of this.claimants) {
      const isFree = this.options.runningBy(id) < other.slots;
      const freeInMs = jobMs / other.slots - (now - other.seenAt);
      if ((isFree || freeInMs < turnMs) && mix(hash ^ other.hash) > own) before += 1;
    }
    return before * turnMs - (now - (wantedAt ?? now));
  }

  private offer(job: JobNode, wantedAt: number | null): void {
    if (this.offered.has(job)) return;
    this.offered.add(job);
    const { type } = job.definition;
    const heap = this.offers.get(type) ?? new OfferHeap();
    this.offers.set(type, heap);
    const hash = hashOf(`${job.graph.id}/${job.id}`);
    const submittedAt = ordinalOf(job.graph.existsFrom!);
    heap.add({ job, hash, ...this.shareOut(hash), submittedAt, wantedAt });
  }

  /** How a job is shared out among the workers that are known. */
  private shareOut(jobHash: number): Pick<Offer, 'outrankedBy' | 'owned'> {
    const own = mix(jobHash ^ this.claimants.get(this.workerId)!.hash);
    let outrankedBy = 0;
    let owned = own;
    for (const { hash } of this.claimants.values()) {
      const other = mix(jobHash ^ hash);
      if (other > own) outrankedBy += 1;
      if (other > owned) owned = other;
    }
    return { outrankedBy, owned };
  }

  /** Workers come and go. Offers were ordered by the workers known at the time, so they are ordered again. */
  private bringInOrder(): void {
    const since = this.environment.monotonic() - rememberedMs;
    for (const [id, { seenAt }] of this.claimants) {
      if (seenAt >= since) continue;
      this.claimants.delete(id);
      this.isInOrder = false;
    }
    if (this.isInOrder) return;
    this.isInOrder = true;
    for (const [type, heap] of this.offers) {
      const anew = new OfferHeap();
      for (const offer of heap.all) anew.add({ ...offer, ...this.shareOut(offer.hash) });
      this.offers.set(type, anew);
    }
  }
}

/** The type whose first offer comes before those of all others that have a free slot; null if there is none. */
function bestOf(lanes: readonly Lane[]): Lane | null {
  let best: Lane | null = null;
  for (const lane of lanes) {
    if (lane.free < 1 || lane.first === null) continue;
    if (best === null || isBefore(lane.first, best.first!)) best = lane;
  }
  return best;
}

/** A moving average, in which the newest value counts for a fifth. */
function average(past: number | undefined, now: number): number {
  return past === undefined ? now : 0.8 * past + 0.2 * now;
}
