import { leastWhere } from '../../../prelude/least-where.js';

/** How many of some rising numbers are at most a bound. */
export function countUpTo(rising: readonly number[], bound: number): number {
  return leastWhere(0, rising.length, (index) => rising[index]! > bound);
}
