import type { WorkerIdentity } from '../domain/events.js';
import type { PlaceOwner } from '../domain/limit-places.js';
import type { EventLog } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import { newEvents } from '../store/new-events.js';
import type { Logger } from './logger.js';
import { standingOf } from '../store/place-standing.js';
import type { RetryingLog } from './retrying-log.js';

export interface OrphanDependencies {
  readonly log: Pick<EventLog, 'readStream' | 'readGraph'>;
  readonly retrying: RetryingLog;
  readonly environment: Environment;
  readonly worker: WorkerIdentity;
  readonly logger: Logger;
}

/**
 * Those of some places that can be given back: their attempts are over, or can never begin. A place whose claim may still come is
 * old if `mayRevoke`: then that claim is made impossible first, by an event in its job's stream. No clock is needed for that to be
 * safe: whoever took the place finds its claim refused.
 *
 * @throws LogError
 */
export async function lookForOrphans(
  dependencies: OrphanDependencies,
  owners: readonly PlaceOwner[],
  mayRevoke: boolean,
): Promise<readonly PlaceOwner[]> {
  const orphans: PlaceOwner[] = [];
  for (const owner of owners) {
    const standing = await standingOf(dependencies.log, owner);
    if (standing === 'is-over') orphans.push(owner);
    if (standing === 'may-come' && mayRevoke && (await revoke(dependencies, owner))) orphans.push(owner);
  }
  return orphans;
}

async function revoke({ retrying, environment, worker, logger }: OrphanDependencies, owner: PlaceOwner) {
  const { graphId, jobId, attempt, after: expectedRevision } = owner;
  const events = newEvents(environment, [{ type: 'ClaimRevoked', data: { attempt } }], null, worker.id);
  const results = await retrying.append([{ graphId, jobId, expectedRevision, events }]);
  const isRevoked = E.isRight(results) && results.right[0]!.appended;
  if (isRevoked)
    logger.warn({ graphId, jobId, attempt }, 'a place was taken for a claim that did not come; it is given back');
  return isRevoked;
}
