import type { JobNode } from '../domain/graph.js';

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

/** A binary heap of offers, with the next one to take on top. */
export class OfferHeap {
  private readonly items: Offer[] = [];

  get all(): readonly Offer[] {
    return this.items;
  }

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
