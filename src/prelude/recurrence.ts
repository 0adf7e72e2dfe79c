/** The instants at which something recurs, in milliseconds since the epoch, without an end or with one. */
export interface Recurrence {
  /** The first instant after a moment; null if there is none. */
  next(after: number): number | null;
  /** The last instant before a moment; null if there is none. */
  previous(before: number): number | null;
}

/**
 * Every so many milliseconds, counted from the epoch. So it is the same whoever looks, and whenever it was set: every quarter of
 * an hour is at the full quarters.
 */
export function everyMs(ms: number): Recurrence {
  return {
    next: (after) => (Math.floor(after / ms) + 1) * ms,
    previous: (before) => (Math.ceil(before / ms) - 1) * ms,
  };
}

/** The instants after a moment and up to another, in order, and not more than so many of them. */
export function instantsBetween(recurrence: Recurrence, after: number, upTo: number, most: number): readonly number[] {
  const instants: number[] = [];
  for (let at = recurrence.next(after); at !== null && at <= upTo; at = recurrence.next(at)) {
    if (instants.length === most) break;
    instants.push(at);
  }
  return instants;
}
