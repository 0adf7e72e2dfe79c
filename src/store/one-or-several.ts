/** @internal What a filter that takes one value or several was given; null if it was left out. */
export function oneOrSeveral<A extends string>(given: A | readonly A[] | undefined): ReadonlySet<A> | null {
  if (given === undefined) return null;
  return new Set(typeof given === 'string' ? [given] : given);
}
