import { checkId, kindOf, problemIn } from '../domain/graph-rules.js';
import { limits } from '../domain/limits.js';
import { namespaceStream } from '../domain/namespace-stream.js';
import { decideWork, type Pause, pauseOfGraph, pausesOfWork, type WorkCommand } from '../domain/pauses.js';
import type { Append } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { isPlainObject } from '../prelude/json.js';
import { assertOptions } from '../prelude/known-names.js';
import { type AsOf, asOfOnly } from './graph-info.js';
import { loadWork } from './load-work.js';
import { newEvents } from './new-events.js';
import { commandGraph, noProgress } from './operate.js';
import { allowed, appendOrThrow, RejectedError } from './or-throw.js';
import { openGraphs } from './queue-depths.js';
import { type Reason, stated } from './reason.js';
import type { Store } from './store.js';

/** What to pause: the jobs of a graph, the jobs of a type in all graphs, or all work of the namespace. */
export type PauseTarget = { readonly graphId: string } | { readonly type: string } | 'namespace';

/**
 * Pauses work: no worker starts a job that it concerns, until {@link resume} is called with the same target. Jobs that run
 * go on to their end, and a claim that is under way at this moment may still be recorded. Back-offs, leases and timeouts
 * go on as ever. Resolves to false if it was paused already; then nothing is changed.
 *
 *     await pause(db, { type: 'send' }, { reason: 'the mail server is down' })
 *
 * @throws RejectedError `graph-not-found`, or `graph-already-ended` if nothing in the graph can run any more; OverseerError
 *   `pause-invalid` for a target that is none
 */
export async function pause(store: Store, target: PauseTarget, why: Reason = {}): Promise<boolean> {
  const { by, reason } = stated(store, why, 'paused by an operator');
  const { graphId, jobType } = checked(target);
  if (graphId !== null) return await commandGraph(store, graphId, { kind: 'pause', by, reason });
  return await commandWork(store, { kind: 'pause', jobType, by, reason });
}

/**
 * Ends a pause: the jobs it held back are offered to workers at once, unless another pause holds them too.
 *
 * @throws RejectedError `graph-not-found`, or `not-paused`; OverseerError `pause-invalid` for a target that is none
 */
export async function resume(store: Store, target: PauseTarget, why: Reason = {}): Promise<void> {
  const { by, reason } = stated(store, why, 'resumed by an operator');
  const { graphId, jobType } = checked(target);
  if (graphId === null) {
    await commandWork(store, { kind: 'resume', jobType, by, reason });
    return;
  }
  try {
    await commandGraph(store, graphId, { kind: 'resume', by, reason });
  } catch (error) {
    const isOther = error instanceof RejectedError && error.code === 'not-paused';
    if (!isOther || (await loadWork(store)).pause === null) throw error;
    throw new RejectedError({ code: 'not-paused', message: `${error.message} itself; all work of the namespace is` });
  }
}

/** The pauses in force: of all work, of types of job, and of graphs that have not ended. */
export async function pauses(store: Store, options: AsOf = {}): Promise<readonly Pause[]> {
  assertOptions<AsOf>('pauses', options, asOfOnly);
  const { projection } = await openGraphs(store, options);
  const ofGraphs = [...projection.graphs.values()].map(pauseOfGraph).filter((each) => each !== null);
  return [...pausesOfWork(projection.work), ...ofGraphs];
}

async function commandWork(store: Store, command: WorkCommand): Promise<boolean> {
  for (let tried: number | null = null; ;) {
    const work = await loadWork(store);
    if (tried === work.revision) throw noProgress("the namespace's own stream", work);
    tried = work.revision;
    const events = newEvents(store.environment, allowed(decideWork(work, command)), work.lastEventId, command.by);
    if (events.length === 0) return false;
    const append: Append = { ...namespaceStream, expectedRevision: work.revision, events };
    const [result] = await appendOrThrow(store.log, [append]);
    if (result!.appended) return true;
  }
}

/** Programs without types may give anything. */
function checked(target: PauseTarget): { readonly graphId: string | null; readonly jobType: string | null } {
  if (target === 'namespace') return { graphId: null, jobType: null };
  const given: unknown = target;
  const [name, value, ...more] = isPlainObject(given) ? Object.entries(given).flat() : [];
  if (more.length > 0 || typeof value !== 'string' || (name !== 'graphId' && name !== 'type')) {
    const message = `${kindOf(given)} is nothing that can be paused; give { graphId }, { type } or 'namespace'`;
    throw new OverseerError('pause-invalid', message);
  }
  if (name === 'graphId') return { graphId: value, jobType: null };
  try {
    checkId(value, 'type of job', limits.jobTypeBytesMax);
  } catch (thrown) {
    throw new OverseerError('pause-invalid', problemIn(thrown));
  }
  return { graphId: null, jobType: value };
}
