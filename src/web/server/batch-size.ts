/** The bounds of a {@link BatchSize}: how many at first and at most, and how much they should come to. */
export interface BatchBounds {
  readonly first: number;
  readonly most: number;
  readonly wanted: number;
}

/**
 * How many things to read at once when each may be small or very large (an event has a hundred bytes or half a million, a graph
 * one job or ten thousand): it follows from the size of those that were read before.
 */
export class BatchSize {
  private next: number;

  constructor(private readonly bounds: BatchBounds) {
    this.next = bounds.first;
  }

  get limit(): number {
    return this.next;
  }

  /** Takes how many were read, and what they came to. */
  note(count: number, size: number): void {
    const { most, wanted } = this.bounds;
    const fitting = size === 0 ? most : Math.floor((wanted * count) / size);
    this.next = Math.max(1, Math.min(fitting, 2 * this.next, most));
  }
}
