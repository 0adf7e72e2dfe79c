/** A bug in this library, as opposed to a rule that says no (Rejection) or a world that fails (…Error). */
class Defect extends Error {
  override readonly name = 'Defect';
}

/** The `default` of an exhaustive switch: does not compile while a case is missing. */
export function absurd(value: never): never {
  throw new Defect(`this case should not exist: ${JSON.stringify(value)}`);
}
