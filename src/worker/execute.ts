import { endingsOf, finishedAmong, type ParentThen } from '../domain/attempt-input.js';
import type { JobNode } from '../domain/graph.js';
import type { RetryPolicy } from '../domain/events.js';
import type { JobCommand } from '../domain/job-decisions.js';
import type { Expiry } from '../domain/timing.js';
import { safely } from '../handlers/failure.js';
import { type Handler, invokeHandler, type RunningJob } from '../handlers/handler.js';
import { jobForHandler } from '../handlers/job-for-handler.js';
import { checkedResult, inspected } from '../handlers/output.js';
import { delayFrom, isAbort, isDefer, isFault, isSkip } from '../handlers/signals.js';
import type { EventLog } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import type { ClaimedJob } from './claimed-job.js';
import { coalescedHeartbeat } from './heartbeats.js';
import type { RetryingLog } from './retrying-log.js';

/** How an attempt ended: returned, or threw something that may carry a signal. */
export type Outcome =
  | { readonly kind: 'returned'; readonly result: Json }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timed-out'; readonly error: JobTimeoutError }
  | { readonly kind: 'expired'; readonly error: JobTimeoutError; readonly expiry: Expiry };

/** The attempt took longer than its job's `timeoutMs`, or the job longer than its `scheduleToCloseMs`. */
export class JobTimeoutError extends OverseerError {
  override readonly name = 'JobTimeoutError';
  declare readonly code: 'job-timeout';
  constructor(message: string) {
    super('job-timeout', message);
  }
}

/** The cause of the fault of an attempt that threw no signal. */
const causes = { threw: 'exception', 'timed-out': 'timeout', released: 'released' } as const;

/**
 * Runs a job's handler, and calls back once with how it ended. Everything a handler can do wrong becomes an outcome. If the
 * handler returns at once a value that is no object, the call comes before this returns.
 */
export function execute(handler: Handler, job: RunningJob, onEnded: (outcome: Outcome) => void): void {
  const threw = (error: unknown) => onEnded({ kind: 'threw', error });
  let returned: unknown;
  try {
    returned = typeof handler === 'function' ? handler(job) : invokeHandler(handler, job);
  } catch (error) {
    return threw(error);
  }
  // Only of an object it can be asked whether it is a promise, and asking may throw.
  if (!isObject(returned)) return onEnded(outcomeOf(returned));
  Promise.resolve(returned).then((value) => onEnded(outcomeOf(value)), threw);
}

function isObject(value: unknown): boolean {
  return typeof value === 'function' || (typeof value === 'object' && value !== null);
}

function outcomeOf(returned: unknown): Outcome {
  const result = checkedResult(returned);
  return E.isLeft(result) ? { kind: 'threw', error: result.left } : { kind: 'returned', result: result.right };
}

/**
 * The command that records an outcome. An exception while the worker stops hands the job back: the handler may have failed
 * only because its child process got the Ctrl-C too.
 */
export function commandFor(
  outcome: Outcome,
  claimed: ClaimedJob,
  isStopping: boolean,
  retry: () => { readonly policyOfType: RetryPolicy | undefined; readonly now: number; readonly random: number },
): JobCommand {
  const { attempt } = claimed;
  if (outcome.kind === 'returned') return { kind: 'finish', attempt, result: outcome.result };
  if (outcome.kind === 'expired') return { kind: 'expire', attempt, expiry: outcome.expiry };
  const kind = outcome.kind === 'threw' && isStopping ? 'released' : outcome.kind;
  const { signal, ...thrown } = inspected(outcome.error, kind);
  if (signal !== null && isSkip(signal)) return { kind: 'skip', attempt, reason: thrown.failure.message ?? '' };
  if (signal !== null && isDefer(signal)) {
    const delayMs = safely(() => Number(delayFrom(signal.until, retry().now)), NaN);
    return { kind: 'defer', attempt, reason: thrown.failure.message ?? '', delayMs };
  }
  if (signal !== null && isAbort(signal)) {
    const silent = safely(() => (signal.isSilent as unknown) === true, false);
    return { kind: 'abort', attempt, by: claimed.state.worker!.id, message: thrown.failure.message ?? '', silent };
  }
  const cause = signal !== null ? 'fault' : causes[kind];
  const retryAfterMs = safely(() => (signal !== null && isFault(signal) ? signal.retryAfterMs : undefined), undefined);
  return { kind: 'fault', attempt, cause, ...thrown, retryAfterMs, ...retry() };
}

/** Whether the results of all parents are in memory: the projection leaves large ones out. */
export function hasInputs(parents: readonly ParentThen[]): boolean {
  return !parents.some(({ record }) => record.resultOmitted);
}

/** The results of the parents that had finished, by id: what the projection does not keep is read from the log. */
export async function readInputs(
  parents: readonly ParentThen[],
  log: EventLog,
  retrying: RetryingLog,
): Promise<Record<string, Json>> {
  const finished = finishedAmong(parents).map(({ node }) => node);
  const results = await Promise.all(finished.map((parent) => resultOf(parent, log, retrying)));
  return Object.fromEntries(finished.map((parent, index) => [parent.id, results[index]!]));
}

async function resultOf(job: JobNode, log: EventLog, retrying: RetryingLog): Promise<Json> {
  if (!job.record.resultOmitted) return job.state.result;
  if (job.carried !== null) return await carriedResultOf(job, log, retrying);
  const { revision } = job.state;
  const range = { from: revision, to: revision };
  const read = await retrying.read(log.readStream({ graphId: job.graph.id, jobId: job.id }, range))();
  if (E.isLeft(read)) throw read.left;
  const event = read.right[0];
  return event?.type === 'JobFinished' || event?.type === 'JobAnswered' ? (event.data.result ?? null) : null;
}

/** A result that was carried over is in the submission of its graph. */
async function carriedResultOf(job: JobNode, log: EventLog, retrying: RetryingLog): Promise<Json> {
  const read = await retrying.read(log.readStream({ graphId: job.graph.id, jobId: null }))();
  if (E.isLeft(read)) throw read.left;
  const jobs = read.right.flatMap((event) => (event.type === 'GraphSubmitted' ? event.data.jobs : []));
  return jobs.find(({ id }) => id === job.id)?.carried?.result ?? null;
}

/** The job as its handler sees it. */
export function runningJob(
  node: JobNode,
  claimed: ClaimedJob,
  inputs: Record<string, Json>,
  parents: readonly ParentThen[],
  spawn: RunningJob['spawn'],
): RunningJob {
  const { graphId, id, type, attempt } = claimed;
  const { details } = claimed.state;
  const input = {
    ...{ graphId, id, type, attempt, args: node.args, inputs, labels: node.graph.labels, details },
    // Few handlers ask.
    get parents() {
      return endingsOf(parents);
    },
  };
  const run = {
    get signal() {
      return claimed.signal;
    },
    heartbeat: coalescedHeartbeat(claimed),
    spawn,
  };
  return jobForHandler(input, run);
}
