import type { Position } from './events.js';

/**
 * Negative if `a` comes before `b`, positive if after, 0 if equal. A position is one whole number, or two with a slash
 * between them; one alone means the same number twice.
 */
export function comparePositions(a: Position, b: Position): number {
  if (a === b) return 0;
  if (!a.includes('/') && !b.includes('/')) return compareNumerals(a, b);
  const [a1 = '', a2 = a1] = a.split('/');
  const [b1 = '', b2 = b1] = b.split('/');
  return compareNumerals(a1, b1) || compareNumerals(a2, b2);
}

/** A number that rises with positions, as far as numbers are exact: for an order in which a tie does no harm. */
export function ordinalOf(position: Position): number {
  return Number.parseInt(position, 10);
}

/** Whole numbers as decimal text without leading zeros: the longer is the larger. */
function compareNumerals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
