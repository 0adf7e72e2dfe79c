import { OverseerError } from '../prelude/errors.js';
import { shownName } from '../prelude/known-names.js';
import { nearestTo } from '../prelude/nearest.js';

/**
 * Refuses a name that is not one of those known, and names the nearest: a misspelt name in a test would make it green
 * without testing anything.
 *
 * @throws OverseerError `testing-invalid`
 */
export function assertKnown(name: string, known: readonly string[], what: string): void {
  if (known.includes(name)) return;
  const instead = known.length === 0 ? 'there is none' : `did you mean ${JSON.stringify(nearestTo(name, known))}?`;
  throw new OverseerError('testing-invalid', `${what} ${shownName(name)} is unknown; ${instead}`);
}

/** Refuses unknown options. */
export function assertOptions(options: object, known: readonly string[], whose: string): void {
  for (const key of Object.keys(options)) assertKnown(key, known, `the option of ${whose}`);
}

/** @throws OverseerError `testing-invalid` always */
export function invalid(message: string): never {
  throw new OverseerError('testing-invalid', message);
}
