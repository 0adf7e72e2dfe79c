import type { ReadinessListener } from '../domain/eligibility.js';
import type { JobNode } from '../domain/graph.js';
import type { Environment } from '../store/environment.js';

/** How long after its last claim a worker still counts as one that claims. */
const rememberedMs = 10_000;

interface Offer {
  readonly job: JobNode;
  readonly priority: number;
  /** Lower comes first. */
  readonly order: number;
}

/**
 * The ready jobs of the types this worker handles, in the order in which it would claim them.
 *
 * Workers with the same view must not run for the same job. So each job has, among the workers that were seen claiming
 * lately, one that it is meant for: the one whose hash with the job is highest. A worker takes the jobs meant for it
 * first, the others when it has none left, in an order of its own. Nobody has to agree on anything for this: a worker
 * that knows too few or too many others loses a claim now and then, no more.
 */
export class ReadyQueue implements ReadinessListener {
  private readonly offers = new Map<string, OfferHeap>();
  /** Jobs in a heap; each is in there once. */
  private readonly offered = new Set<JobNode>();
  private readonly waiting = new Map<JobNode, () => void>();
  private readonly claimants = new Map<string, { readonly hash: number; seenAt: number }>();

  constructor(
    private readonly workerId: string,
    private readonly handles: (type: string) => boolean,
    private readonly environment: Environment,
    /** Called when a job that had to wait (for its back-off to end) can be claimed. */
    private readonly onOffer: () => void,
  ) {
    this.claimants.set(workerId, { hash: hashOf(workerId), seenAt: Infinity });
  }

  becameReady(job: JobNode): void {
    if (!this.handles(job.definition.type)) return;
    const { notBefore } = job.state;
    const waitMs = notBefore === null ? 0 : Date.parse(notBefore) - this.environment.now();
    if (waitMs <= 0) return this.offer(job);
    const cancel = this.environment.setTimer(waitMs, () => {
      this.waiting.delete(job);
      if (!job.isReady) return;
      this.becameReady(job);
      this.onOffer();
    });
    this.waiting.set(job, cancel);
  }

  noLongerReady(job: JobNode): void {
    this.waiting.get(job)?.();
    this.waiting.delete(job);
    // Its offer, if it has one, is passed over when it comes up.
  }

  /** Puts a job back that was taken but not claimed. */
  offerAgain(job: JobNode): void {
    if (job.isReady) this.becameReady(job);
  }

  sawClaim(workerId: string): void {
    const known = this.claimants.get(workerId);
    if (workerId === this.workerId) return;
    const seenAt = this.environment.monotonic();
    if (known !== undefined) known.seenAt = seenAt;
    else this.claimants.set(workerId, { hash: hashOf(workerId), seenAt });
  }

  /** The next jobs to claim, at most `most`, of the types that have a place left. */
  take(most: number, placesOfType: (type: string) => number): readonly JobNode[] {
    const taken: JobNode[] = [];
    const places = new Map<string, number>();
    while (taken.length < most) {
      let best: { type: string; heap: OfferHeap; offer: Offer } | null = null;
      for (const [type, heap] of this.offers) {
        const offer = this.firstOf(heap);
        if (offer === null) {
          this.offers.delete(type);
          continue;
        }
        if (!places.has(type)) places.set(type, placesOfType(type));
        if (places.get(type)! > 0 && (best === null || isBefore(offer, best.offer))) best = { type, heap, offer };
      }
      if (best === null) break;
      this.remove(best.heap, best.offer);
      places.set(best.type, places.get(best.type)! - 1);
      taken.push(best.offer.job);
    }
    return taken;
  }

  /** Takes back all timers. */
  close(): void {
    for (const cancel of this.waiting.values()) cancel();
    this.waiting.clear();
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

  private offer(job: JobNode): void {
    if (this.offered.has(job)) return;
    this.offered.add(job);
    const { type } = job.definition;
    const heap = this.offers.get(type) ?? new OfferHeap();
    this.offers.set(type, heap);
    heap.add({ job, priority: job.graph.priority, order: this.orderOf(job) });
  }

  /** From 0 up to 1 for a job meant for this worker, from 1 up to 2 for others'. */
  private orderOf(job: JobNode): number {
    const jobHash = hashOf(`${job.graph.id}/${job.id}`);
    const since = this.environment.monotonic() - rememberedMs;
    const own = mix(jobHash ^ this.claimants.get(this.workerId)!.hash);
    let isMeantForUs = true;
    for (const [id, { hash, seenAt }] of this.claimants) {
      if (seenAt < since) this.claimants.delete(id);
      else if (mix(jobHash ^ hash) > own) isMeantForUs = false;
    }
    return own / 2 ** 32 + (isMeantForUs ? 0 : 1);
  }
}

function isBefore(a: Offer, b: Offer): boolean {
  return a.priority === b.priority ? a.order < b.order : a.priority > b.priority;
}

/** A binary heap. */
class OfferHeap {
  private readonly items: Offer[] = [];

  get first(): Offer | null {
    return this.items[0] ?? null;
  }

  add(offer: Offer): void {
    const { items } = this;
    let at = items.length;
    items.push(offer);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(offer, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = offer;
  }

  removeFirst(): void {
    const { items } = this;
    const last = items.pop();
    if (last === undefined || items.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && isBefore(items[child + 1]!, items[child]!)) child += 1;
      if (!isBefore(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
  }
}

/** FNV-1a over UTF-16 units: cheap, and enough once mixed. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: spreads every bit over all others. */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
