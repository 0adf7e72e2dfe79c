/** A bug in this library. A rule that says no is a Rejection; a failure of the world is an …Error. */
class Defect extends Error {
  override readonly name = 'Defect';
}

/** The `default` of an exhaustive switch: does not compile while a case is missing. */
export function absurd(value: never): never {
  throw new Defect(`this case should not exist: ${JSON.stringify(value)}`);
}
