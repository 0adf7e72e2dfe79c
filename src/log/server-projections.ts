/**
 * Projections that run in the server that stores the log: how to install, inspect and remove them. The projections
 * themselves are in `projections/`.
 */
import type { TaskEither } from '../prelude/fp.js';

export interface ServerProjection {
  /** Its name on the server: `overseer-graph-history-v1`. */
  readonly name: string;
  readonly projection: string;
  readonly version: number;
}

/**
 * How a projection on the server relates to the one of this release.
 *
 * - `installed`: this library installed it, from the source that this release has
 * - `not-installed`
 * - `missing`: this library installed it, and somebody has deleted it on the server
 * - `foreign`: the server has one of that name that this library did not install
 * - `other-source`: this library installed it, but it runs another source than this release's
 * - `other-release`: a version that this release does not have
 */
export type ServerProjectionStanding =
  'installed' | 'not-installed' | 'missing' | 'foreign' | 'other-source' | 'other-release';

/** What it is doing. `held`: it is enabled, but the server runs only projections of its own. */
export type ServerProjectionState = 'running' | 'starting' | 'stopped' | 'held' | 'faulted' | 'deleting';

export interface ServerProjectionReport extends ServerProjection {
  readonly standing: ServerProjectionStanding;
  /** Null for one that is not on the server. */
  readonly state: ServerProjectionState | null;
  /** Why it faulted, in the server's words. */
  readonly reason: string | null;
  /** How far it has read, and up to where all that it writes is certainly written, in the server's words. */
  readonly position: string | null;
  readonly checkpoint: string | null;
  /** How many events it has yet to read, counted up to a little over {@link lagMax}. */
  readonly lag: number | null;
}

/** A lag over this is not counted exactly. */
export const lagMax = 10_000;

export interface PlannedServerProjection extends ServerProjection {
  readonly standing: ServerProjectionStanding;
  /** What applying would do. `keep`: nothing. `refuse`: it would fail, without changing anything. */
  readonly action: 'create' | 'start' | 'keep' | 'refuse';
  /** Why it would be refused, and what to do about it. */
  readonly why: string | null;
}

export interface AppliedServerProjection extends ServerProjection {
  readonly action: 'create' | 'start' | 'keep';
  /** Its state afterwards. */
  readonly state: ServerProjectionState;
  readonly reason: string | null;
}

export interface RemovedServerProjection extends ServerProjection {
  /** How many streams it had written, and whether they were deleted with it. */
  readonly streams: number;
  readonly streamsDeleted: boolean;
}

/**
 * Names are those of projections, with or without a version (`graph-history`, `graph-history-v1`); no names means all.
 * Applying one also applies those it needs; removing one is refused while others need it.
 */
export interface ServerProjections<Failure extends Error = Error> {
  status(): TaskEither<Failure, readonly ServerProjectionReport[]>;
  plan(names?: readonly string[]): TaskEither<Failure, readonly PlannedServerProjection[]>;
  /** Installs those that are missing, and starts those that have stopped. May be called any number of times. */
  apply(names?: readonly string[]): TaskEither<Failure, readonly AppliedServerProjection[]>;
  /** Removes projections from the server, and with `deleteStreams` also the streams that they have written. */
  remove(
    names?: readonly string[],
    options?: { readonly deleteStreams?: boolean },
  ): TaskEither<Failure, readonly RemovedServerProjection[]>;
}
