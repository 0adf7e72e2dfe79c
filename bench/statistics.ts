/** Medians, and how far what they stand for lies apart. */

/** Of an even number of values, the middle of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1]! + sorted[Math.floor(half)]!) / 2;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}

/** A median with the least and the most of the values it stands for. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/** How many times as much, round by round. Rounds that one of them lacks are left out. */
export function ratios(of: readonly number[], beside: readonly number[]): number[] {
  return of.slice(0, beside.length).map((value, round) => value / beside[round]!);
}
