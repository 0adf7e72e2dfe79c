import type { JobNode } from '../domain/graph.js';
import { Heap } from '../prelude/heap.js';

/** A ready job, as it is offered to this worker. */
export interface Offer {
  readonly job: JobNode;
  readonly hash: number;
  /** How many workers outrank this one for the job: it is meant for the one that nobody outranks. */
  readonly outrankedBy: number;
  /** The hash of the job with the worker that it is meant for: at random, but the same for every worker. */
  readonly owned: number;
  /** Where in the log its graph was submitted. */
  readonly submittedAt: number;
  /** When this worker first wanted it although it is meant for another, on the monotonic clock. */
  readonly wantedAt: number | null;
}

/**
 * Whether an offer comes before another: by its priority, its own or its graph's, then by how few workers outrank this one. Of those
 * meant for it, a worker takes those of the oldest graph first; of those meant for others, those of the newest, to which
 * these come last. The jobs of one graph are in an order that is another one for each worker: whoever does not know of the
 * others yet should not be after the same job as they are.
 */
export function isBefore(a: Offer, b: Offer): boolean {
  const [first, second] = [a.job.priority, b.job.priority];
  if (first !== second) return first > second;
  if (a.outrankedBy !== b.outrankedBy) return a.outrankedBy < b.outrankedBy;
  return a.outrankedBy === 0 ? isOlder(a, b) : isOlder(b, a);
}

function isOlder(a: Offer, b: Offer): boolean {
  return a.submittedAt === b.submittedAt ? a.owned < b.owned : a.submittedAt < b.submittedAt;
}

/** Offers, with the next one to take on top. */
export class OfferHeap extends Heap<Offer> {
  constructor() {
    super(isBefore);
  }
}
