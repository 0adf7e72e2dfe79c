import type { JobNode } from '../domain/graph.js';
import { Heap } from '../prelude/heap.js';

/** A ready job, as it is offered to this worker. */
export interface Offer {
  readonly job: JobNode;
  readonly hash: number;
  /** Lower comes first. */
  readonly order: number;
  /** When this worker first wanted it although it is meant for another, on the monotonic clock. */
  readonly wantedAt: number | null;
}

/** Whether an offer comes before another: by the priority of its graph, then by its order. */
export function isBefore(a: Offer, b: Offer): boolean {
  const [first, second] = [a.job.graph.priority, b.job.graph.priority];
  return first === second ? a.order < b.order : first > second;
}

/** Offers, with the next one to take on top. */
export class OfferHeap extends Heap<Offer> {
  constructor() {
    super(isBefore);
  }
}
