import { OverseerError } from '../prelude/errors.js';
import { nearestTo } from '../prelude/nearest.js';

/** @internal What a filter that takes one value or several was given; null if it was left out. */
export function oneOrSeveral<A extends string>(given: A | readonly A[] | undefined): ReadonlySet<A> | null {
  if (given === undefined) return null;
  return new Set(typeof given === 'string' ? [given] : given);
}

/**
 * @internal Refuses names that are none: a misspelt one would look as if nothing had it.
 *
 * @throws OverseerError `filter-invalid`
 */
export function assertKnown(what: string, given: ReadonlySet<string> | null, known: readonly string[]): void {
  for (const name of given ?? []) {
    if (known.includes(name)) continue;
    const message = `no ${what} is called ${JSON.stringify(name)}; did you mean ${nearestTo(String(name), known)}?`;
    throw new OverseerError('filter-invalid', message);
  }
}
