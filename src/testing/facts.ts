import { resultFrom } from '../domain/results.js';
import { failureAnswered } from '../store/answer.js';
import { checkedBeat, checkedResult } from '../handlers/output.js';
import { Fault } from '../handlers/signals.js';
import type { SpawnedJobs } from '../domain/job-graph.js';
import { defined } from '../prelude/defined.js';
import { E } from '../prelude/fp.js';
import { JobTimeoutError } from '../worker/execute.js';
import { type Duration, msOf } from '../prelude/duration.js';
import { asThrown, type Past, somebody } from './past.js';

/**
 * Something that happened to a graph before a test begins. Facts are told in the order in which they happened, and each is
 * checked by the rules that hold for workers and operators. Make them with {@link finished}, {@link faulted} and so on.
 */
export interface Fact {
  /** As it was written, for messages. */
  readonly text: string;
  /** @internal */
  readonly tell: (past: Past) => Promise<void>;
}

function fact(name: string, args: readonly unknown[], tell: Fact['tell']): Fact {
  const shown = args.filter((arg) => arg !== undefined).map((arg) => JSON.stringify(arg) ?? typeof arg);
  return { text: `${name}(${shown.join(', ')})`, tell };
}

/**
 * A worker claimed the job, and still runs it when the next fact comes. It is not there in the test, so its lease ends
 * when time passes.
 */
export function started(
  job: string,
  { worker, lease }: { readonly worker?: string; readonly lease?: Duration } = {},
): Fact {
  const leaseMs = lease === undefined ? undefined : msOf(lease, 'the lease');
  return fact('started', [job], (past) => past.start(job, worker, leaseMs));
}

/** The worker that runs the job gave a sign of life, with these details for the next attempt. */
export function heartbeat(job: string, details?: unknown, progress?: number): Fact {
  return fact('heartbeat', [job, details], async (past) => {
    const checked = checkedBeat(details, progress);
    if (E.isLeft(checked)) return past.impossible(checked.left.message);
    await past.byOwner(job, (attempt) => ({ kind: 'heartbeat', attempt, details: checked.right, progress }));
  });
}

/** The job finished with this result, and had spawned jobs, as its handler would by `job.spawn`. */
export function finished(job: string, result?: unknown, { spawned }: { readonly spawned?: SpawnedJobs } = {}): Fact {
  return fact('finished', [job, result, spawned], async (past) => {
    const checked = checkedResult(result);
    if (E.isLeft(checked)) return past.impossible(checked.left.message);
    if (spawned !== undefined) await past.spawned(job, spawned);
    await past.byOwner(job, (attempt) => ({ kind: 'finish', attempt, result: checked.right }));
  });
}

/** Its handler called `fault(message)`. The job is tried again, unless its policy says that this was the last attempt. */
export function faulted(
  job: string,
  message = 'not now',
  { retryAfter }: { readonly retryAfter?: Duration } = {},
): Fact {
  const retryAfterMs = retryAfter === undefined ? undefined : msOf(retryAfter, 'retryAfter');
  return fact('faulted', [job, message], (past) =>
    past.failing(job, 'fault', defined({ ...asThrown(new Fault(message)), retryAfterMs })),
  );
}

/** Its handler threw this. The job has failed, unless its policy says that it is tried again. */
export function threw(job: string, error: unknown = new Error('boom')): Fact {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : error;
  return fact('threw', [job, text], (past) => past.failing(job, 'exception', asThrown(error)));
}

/** An attempt took longer than the job's `timeoutMs`. */
export function timedOut(job: string): Fact {
  return fact('timedOut', [job], async (past) => {
    const { timeoutMs } = await past.definitionOf(job);
    if (timeoutMs === undefined) return past.impossible(`job ${JSON.stringify(job)} has no timeoutMs`);
    await past.failing(
      job,
      'timeout',
      asThrown(new JobTimeoutError(`the attempt took longer than ${timeoutMs} ms`), 'timed-out'),
    );
  });
}

/** The job's `scheduleToStartMs` or `scheduleToCloseMs` ran out, whichever comes first. Time passes until then. */
export function expired(job: string): Fact {
  return fact('expired', [job], (past) => past.expired(job));
}

/** The worker that ran the job died, and its lease ended. */
export function leaseLost(job: string): Fact {
  const failure = { reason: 'system/lease-expired', exception: 'LeaseExpired', message: 'its worker has died' };
  return fact('leaseLost', [job], (past) => past.failing(job, 'lease-expired', { failure, errorNames: [] }));
}

/** Its handler called `abort(message)`; or, with `by`, somebody aborted the job from outside. */
export function aborted(job: string, message = 'no need', { by }: { readonly by?: string } = {}): Fact {
  return fact('aborted', [job, message], async (past) => {
    const abort = { kind: 'abort', message, silent: by !== undefined } as const;
    if (by !== undefined) return await past.byOperator(job, by, { ...abort, by });
    await past.byOwner(job, (attempt, owner) => ({ ...abort, by: owner, attempt }));
  });
}

/** Its handler called `skip(reason)`. */
export function skipped(job: string, reason = 'nothing to do'): Fact {
  return fact('skipped', [job, reason], (past) => past.byOwner(job, (attempt) => ({ kind: 'skip', attempt, reason })));
}

/** Its handler called `defer(reason, { delayMs })`. */
export function deferred(job: string, reason = 'too early', delay: Duration = '1 min'): Fact {
  const delayMs = msOf(delay, 'delay');
  return fact('deferred', [job, reason], (past) =>
    past.byOwner(job, (attempt) => ({ kind: 'defer', attempt, reason, delayMs })),
  );
}

/** Somebody outside finished a job that no worker runs. */
export function answered(job: string, result: unknown = null, { by = somebody }: { readonly by?: string } = {}): Fact {
  return fact('answered', [job, result], async (past) => {
    const checked = resultFrom(result);
    if (E.isLeft(checked)) return past.impossible(`the ${checked.left}`);
    const outcome = { kind: 'finished', result: checked.right } as const;
    await past.byOperator(job, by, { kind: 'answer', by, reason: '', outcome });
  });
}

/** Somebody outside failed a job that no worker runs. */
export function answeredFailed(job: string, message: string, { by = somebody }: { readonly by?: string } = {}): Fact {
  const outcome = { kind: 'failed', failure: failureAnswered(message) } as const;
  return fact('answeredFailed', [job, message], (past) =>
    past.byOperator(job, by, { kind: 'answer', by, reason: '', outcome }),
  );
}

/** An operator opened again a job that failed, was aborted or skipped itself. */
export function retried(job: string, { by = somebody }: { readonly by?: string } = {}): Fact {
  return fact('retried', [job], (past) => past.byOperator(job, by, { kind: 'reset', by, reason: 'retried' }));
}

/** An operator aborted the graph as a whole. */
export function graphAborted({ by = somebody }: { readonly by?: string } = {}): Fact {
  return fact('graphAborted', [], (past) => past.ofGraph({ kind: 'abort', by, reason: 'aborted' }));
}

/** An operator took the abort of the graph back. */
export function graphRetried({ by = somebody }: { readonly by?: string } = {}): Fact {
  return fact('graphRetried', [], (past) => past.ofGraph({ kind: 'reset', by, reason: 'retried' }));
}

/** This much time passed. */
export function passed(duration: Duration): Fact {
  return fact('passed', [duration], (past) => past.passed(duration));
}
