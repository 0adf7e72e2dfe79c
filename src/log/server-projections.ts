/**
 * Projections that run inside the server that keeps the log: what a store with such a server offers for putting them
 * there, looking at them and taking them away again. What they are is in `projections/`.
 */
import type { TaskEither } from '../prelude/fp.js';

export interface ServerProjection {
  /** What it is called on the server: `overseer-graph-history-v1`. */
  readonly name: string;
  readonly projection: string;
  readonly version: number;
}

/**
 * How what is on the server relates to what this release would put there.
 *
 * - `installed`: it was installed by this library, from the source this release has
 * - `not-installed`
 * - `missing`: it was installed, and somebody has deleted it on the server
 * - `foreign`: something of that name is there that this library has not installed
 * - `other-source`: it was installed by this library, but what runs is another source than this release's
 * - `other-release`: a version this release does not have
 */
export type ServerProjectionStanding =
  'installed' | 'not-installed' | 'missing' | 'foreign' | 'other-source' | 'other-release';

/** What it is doing; `held`: it is meant to run, and the server runs no projections but its own. */
export type ServerProjectionState = 'running' | 'starting' | 'stopped' | 'held' | 'faulted' | 'deleting';

export interface ServerProjectionReport extends ServerProjection {
  readonly standing: ServerProjectionStanding;
  /** Null for one that is not on the server. */
  readonly state: ServerProjectionState | null;
  /** Why it faulted, in the server's words. */
  readonly reason: string | null;
  /** How far it has come, and to where all that it writes is certainly written, in the server's words. */
  readonly position: string | null;
  readonly checkpoint: string | null;
  /** Events it has yet to look at; of more than {@link lagMax} only that they are more. */
  readonly lag: number | null;
}

/** How many events a lag is counted up to. */
export const lagMax = 10_000;

export interface PlannedServerProjection extends ServerProjection {
  readonly standing: ServerProjectionStanding;
  /** What applying would do. `keep`: nothing. `refuse`: it would stop here, before it has changed anything. */
  readonly action: 'create' | 'start' | 'keep' | 'refuse';
  /** Why it would be refused, and what to do. */
  readonly why: string | null;
}

export interface AppliedServerProjection extends ServerProjection {
  readonly action: 'create' | 'start' | 'keep';
  /** What became of it. */
  readonly state: ServerProjectionState;
  readonly reason: string | null;
}

export interface RemovedServerProjection extends ServerProjection {
  /** How many streams it had written, and whether they were deleted with it. */
  readonly streams: number;
  readonly streamsDeleted: boolean;
}

/**
 * Names are those of projections, with or without a version (`graph-history`, `graph-history-v1`); none given means
 * all. Each takes along those it needs (when applying), and is refused while others need it (when removing).
 */
export interface ServerProjections<Failure extends Error = Error> {
  status(): TaskEither<Failure, readonly ServerProjectionReport[]>;
  plan(names?: readonly string[]): TaskEither<Failure, readonly PlannedServerProjection[]>;
  /** Puts on the server what is not there, and starts what stands still. May be called any number of times. */
  apply(names?: readonly string[]): TaskEither<Failure, readonly AppliedServerProjection[]>;
  /** Takes projections off the server; the streams they have written are left unless `deleteStreams` says so. */
  remove(
    names?: readonly string[],
    options?: { readonly deleteStreams?: boolean },
  ): TaskEither<Failure, readonly RemovedServerProjection[]>;
}
