import type {
  AppliedServerProjection,
  PlannedServerProjection,
  ServerProjectionReport,
  RemovedServerProjection,
  ServerProjections,
} from '../log/server-projections.js';
import { OverseerError } from '../prelude/errors.js';
import { orThrow } from './or-throw.js';
import type { Store } from './store.js';

/**
 * How the server of a store and its projections stand: this release's, and what other releases have put there.
 *
 * @throws OverseerError `projections-unsupported` for a store without a server
 */
export async function serverProjectionStatus(store: Store): Promise<readonly ServerProjectionReport[]> {
  return await orThrow(projectionsOf(store).status());
}

/** What {@link applyServerProjections} would do. Names as there. */
export async function planServerProjections(
  store: Store,
  names: readonly string[] = [],
): Promise<readonly PlannedServerProjection[]> {
  return await orThrow(projectionsOf(store).plan(names));
}

/**
 * Puts projections on the server of a store, and starts those that stand still; may be called any number of times. None
 * is ever changed in place, and none that Overseer has not put there is touched.
 *
 * @param names of projections, with or without a version (`graph-history`, `graph-history-v1`), to which those they need
 * are added; all unless given
 * @throws LogError `projections-refused` if something is in the way (nothing was changed), `projections-disabled` if the
 * server runs none
 */
export async function applyServerProjections(
  store: Store,
  names: readonly string[] = [],
): Promise<readonly AppliedServerProjection[]> {
  return await orThrow(projectionsOf(store).apply(names));
}

/**
 * Takes projections off the server of a store. What they have written is left there unless `deleteStreams` is set, and
 * has to be deleted before they can be put there again.
 *
 * @throws LogError `projections-refused` if others need them, or somebody else has put them there
 */
export async function removeServerProjections(
  store: Store,
  names: readonly string[] = [],
  options: { readonly deleteStreams?: boolean } = {},
): Promise<readonly RemovedServerProjection[]> {
  return await orThrow(projectionsOf(store).remove(names, options));
}

function projectionsOf({ log: { address, projections } }: Store): ServerProjections {
  if (projections !== undefined) return projections;
  throw new OverseerError(
    'projections-unsupported',
    `the store ${address} has no server that could run projections; an EventStoreDB has (esdb://HOST:PORT)`,
  );
}
