/**
 * The least whole number from one to another for which a condition holds that holds for all greater ones; the second if it
 * holds for none before. By binary search.
 */
export function leastWhere(from: number, to: number, holds: (n: number) => boolean): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
