import { typesEverUsed } from '../../store/job-types.js';
import type { Store } from '../../store/store.js';
import { readNames } from './chosen-names.js';

/** The values of a flag that may be given several times, each with several separated by commas. */
export function splitValues(given: readonly string[] | undefined): readonly string[] | undefined {
  return given?.flatMap((text) => text.split(',')).map((text) => text.trim());
}

/**
 * Refuses types that no job ever had, when nothing was found: only then may a name be misspelt, and only then is it worth
 * reading all submissions. In a log without jobs, any type may be meant.
 *
 * @throws UsageError `usage`, with the type that is most likely meant
 */
export async function refuseUnusedTypes(store: Store, types: readonly string[] | undefined): Promise<void> {
  if (types === undefined) return;
  const known = await typesEverUsed(store);
  if (known.size > 0) readNames('--type', types, { what: 'type of a job', known });
}
