import { v7 as uuidV7 } from 'uuid';
import { checkedArgs, checkedGraph } from '../../domain/build-job-graph.js';
import type { ForkedFrom, Position } from '../../domain/events.js';
import { type ForkedCarry, type ForkedDrop, type ForkedRun, planFork } from './plan.js';
import { OverseerError } from '../../prelude/errors.js';
import { allowed, orThrow } from '../../store/or-throw.js';
import type { Store } from '../../store/store.js';
import { orInvalid } from '../../store/define.js';
import { storeGraph } from '../../store/submit.js';
import { assertOptions } from '../../prelude/known-names.js';
import { missingGraph } from '../../store/load-graph.js';
import { completesSubmission } from '../../domain/submission.js';

export interface ForkRequest {
  /** Ids of jobs that run again though they may have finished, with every job that depends on them. */
  readonly from?: readonly string[];
  /**
   * Put over the args of every job, field by field. A job that has finished with other args runs again, and with it every
   * job that depends on it.
   */
  readonly args?: Readonly<Record<string, unknown>>;
  /** Ids of jobs that keep their results, and the args these came from, whatever `args` says. */
  readonly keep?: readonly string[];
  /** Fork only if something has failed or was aborted. What is not finished runs in any case. */
  readonly failed?: boolean;
  /** An id of one's own: the same fork is then stored once, however often it is asked for. */
  readonly id?: string;
  /** Added to the labels of the graph; the same key replaces. */
  readonly labels?: Readonly<Record<string, string>>;
  /** That of the graph unless given. */
  readonly priority?: number;
  /** Fork the graph as it stood at this position of the log. */
  readonly asOf?: Position;
  /** Only say what would be done. */
  readonly dryRun?: boolean;
}

const forkOptions = {
  from: true,
  keep: true,
  args: true,
  failed: true,
  id: true,
  labels: true,
  priority: true,
  asOf: true,
  dryRun: true,
} as const;

/** A new graph made from an old one, and which of its jobs run. */
export interface Fork {
  readonly graphId: string;
  /** False when this very fork was stored already, and on a dry run; then nothing was changed. */
  readonly stored: boolean;
  /** The graph it was made from, and the position in the log as of which. */
  readonly forkedFrom: ForkedFrom;
  /** Jobs that run, and why. */
  readonly runs: readonly ForkedRun[];
  /** Jobs that do not: they are finished from the start, with the results they have in the old graph. */
  readonly carried: readonly ForkedCarry[];
  /** Jobs that are not in the new graph: the job that spawned them runs again, and spawns anew. */
  readonly dropped: readonly ForkedDrop[];
}

/**
 * Makes a new graph from an old one, in which everything that is finished is carried over with its result, but for the
 * chosen jobs and those that depend on them; these, and whatever is not finished, run. The old graph stays as it is.
 *
 *     await forkGraph(db, 'nightly', { from: ['parse'] })     parse again, and everything after it
 *     await forkGraph(db, 'nightly', { failed: true })        what failed or was aborted, and everything after it
 *     await forkGraph(db, 'nightly', { args: { day: 2 } })    what gets other args by that, and everything after it
 *
 * @throws RejectedError `graph-not-found`, `job-not-found`, `graph-unreadable`, `nothing-failed` if `failed` is asked for
 *   and nothing has, `fork-same` if no job gets other args, or `job-not-kept`; OverseerError `fork-unclear` if neither
 *   `from`, `failed` nor `args` is given; GraphConflictError if the id is taken by a graph of other content;
 *   InvalidGraphError if a job with its result is too large to be carried over, or if JSON cannot hold `args`
 */
export async function forkGraph(store: Store, graphId: string, request: ForkRequest): Promise<Fork> {
  assertOptions<ForkRequest>('forkGraph', request, forkOptions);
  const { from = [], keep = [], failed = false, labels = {}, priority, asOf = null, dryRun = false } = request;
  if (from.length === 0 && !failed && request.args === undefined) {
    const message = `say which jobs of graph ${graphId} must run again: name them (from), take those that failed (failed), or give other args (args)`;
    throw new OverseerError('fork-unclear', message);
  }
  const events = await orThrow(store.log.readGraph(graphId, asOf));
  if (!events.some(completesSubmission)) throw await missingGraph(store, graphId);
  const args = request.args === undefined ? null : orInvalid(checkedArgs(request.args));
  const choice = { from, keep, args, failed, id: request.id ?? uuidV7(), labels, priority };
  const { graph, ...plan } = allowed(planFork(graphId, events, choice));
  const checked = orInvalid(checkedGraph(graph));
  const stored = dryRun ? false : await storeGraph(store, checked);
  return { graphId: graph.id, stored, ...plan };
}
