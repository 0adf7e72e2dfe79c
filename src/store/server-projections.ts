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
import { assertOptions } from '../prelude/known-names.js';

/**
 * The state of the projections in a store's server: those of this release, and those that other releases installed.
 *
 * @throws OverseerError `projections-unsupported` for a store without a server
 */
export async function serverProjectionStatus(store: Store): Promise<readonly ServerProjectionReport[]> {
  return await orThrow(projectionsOf(store).status());
}

/** What {@link applyServerProjections} would do, given the same names. */
export async function planServerProjections(
  store: Store,
  names: readonly string[] = [],
): Promise<readonly PlannedServerProjection[]> {
  return await orThrow(projectionsOf(store).plan(names));
}

/**
 * Installs projections on the server of a store, and starts those that have stopped. May be called any number of times.
 * None is ever changed in place, and none that Overseer did not install is touched.
 *
 * @param names of projections, with or without a version (`graph-history`, `graph-history-v1`); those that they need are
 * added. All unless given
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
 * Removes projections from the server of a store. Unless `deleteStreams` is set, the streams that they have written stay,
 * and must be deleted before the projections can be installed again.
 *
 * @throws LogError `projections-refused` if others need them, or if Overseer did not install them
 */
export async function removeServerProjections(
  store: Store,
  names: readonly string[] = [],
  options: { readonly deleteStreams?: boolean } = {},
): Promise<readonly RemovedServerProjection[]> {
  assertOptions<{ readonly deleteStreams?: boolean }>('removeServerProjections', options, { deleteStreams: true });
  return await orThrow(projectionsOf(store).remove(names, options));
}

function projectionsOf({ log: { address, projections } }: Store): ServerProjections {
  if (projections !== undefined) return projections;
  throw new OverseerError(
    'projections-unsupported',
    `the store ${address} has no server that could run projections; use an EventStoreDB (esdb://HOST:PORT)`,
  );
}
