/** A bug in this library, as opposed to a rule that says no (Rejection) or a world that fails (…Error). */
export class Defect extends Error {
  override readonly name = 'Defect';
}

/** Throws a {@link Defect} when something that must hold by construction does not. */
export function invariant(holds: unknown, whatShouldHold: string): asserts holds {
  if (!holds) throw new Defect(`this should never happen: ${whatShouldHold}`);
}

/** The `default` of an exhaustive switch: does not compile while a case is missing. */
export function absurd(value: never): never {
  throw new Defect(`this case should not exist: ${JSON.stringify(value)}`);
}
