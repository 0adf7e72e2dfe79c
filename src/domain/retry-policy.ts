import type { FaultCause, RetryPolicy } from './events.js';

/** How a `fault` is tried again when no policy says otherwise: from a second on, doubling, up to a minute, for ever. */
const faultPolicy: Required<Omit<RetryPolicy, 'maximumAttempts' | 'nonRetryable'>> = {
  initialIntervalMs: 1000,
  backoffCoefficient: 2,
  maximumIntervalMs: 60_000,
  jitter: 0.2,
};

/** A century: longer than anybody waits, and a time that every calendar can still write down. */
export const longestDelayMs = 100 * 366 * 24 * 3600 * 1000;

/** A job that its handler puts off waits at least that long: two events each time must not become thousands a second. */
const shortestDeferralMs = 1000;

/** How long a job waits that its handler puts off, in whole milliseconds. What is no length of time is the shortest. */
export function deferralMs(askedMs: number): number {
  return Math.min(Math.max(Number.isNaN(askedMs) ? 0 : Math.ceil(askedMs), shortestDeferralMs), longestDelayMs);
}

/** How many lost leases a job survives when its definition does not say. */
export const defaultMaximumLostLeases = 5;

export interface AttemptOver {
  readonly cause: FaultCause;
  /** Attempts that went wrong so far, this one included; lost leases and releases do not count. */
  readonly failures: number;
  /** Leases lost so far, this one included. */
  readonly lostLeases: number;
  readonly maximumLostLeases: number;
  /** Names the error goes by: its class, `name`, `code`. */
  readonly errorNames: readonly string[];
  /** What the handler asked for, if it did. What is no length of time counts as not asked. */
  readonly retryAfterMs?: number | undefined;
  /** From 0 up to 1. */
  readonly random: number;
}

/**
 * What follows an attempt that is over: how long the job has to wait before it may start again, in whole milliseconds, or
 * `failed`.
 *
 * A fault is tried again unless the policy's bound on attempts is reached. An exception or a timeout fails the job, as
 * in Overseer, unless a policy is given. A lost lease is tried again at once, a bounded number of times, so that a job
 * that kills its workers fails in the end. A job handed back by a stopping worker is always tried again.
 */
export function afterAttempt(policy: RetryPolicy | undefined, over: AttemptOver): number | 'failed' {
  switch (over.cause) {
    case 'released':
      return 0;
    case 'lease-expired':
      return over.lostLeases > over.maximumLostLeases ? 'failed' : 0;
    case 'exception':
    case 'timeout':
      return policy === undefined ? 'failed' : nextTry(policy, over);
    case 'fault':
      return nextTry(policy ?? {}, over);
  }
}

function nextTry(policy: RetryPolicy, over: AttemptOver): number | 'failed' {
  if (policy.maximumAttempts !== undefined && over.failures >= policy.maximumAttempts) return 'failed';
  if (over.cause !== 'fault' && over.errorNames.some((name) => policy.nonRetryable?.includes(name))) return 'failed';
  const { retryAfterMs } = over;
  const isAsked = typeof retryAfterMs === 'number' && retryAfterMs >= 0;
  const delayMs = isAsked ? Math.ceil(retryAfterMs) : backoffMs(policy, over.failures, over.random);
  return Math.min(delayMs, longestDelayMs);
}

/** The delay after the n-th attempt that went wrong, in whole milliseconds. */
export function backoffMs(policy: RetryPolicy, failures: number, random: number): number {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs, jitter } = { ...faultPolicy, ...policy };
  // Powers grow beyond all numbers, and nothing times that is no number at all.
  const grown = initialIntervalMs === 0 ? 0 : initialIntervalMs * backoffCoefficient ** (failures - 1);
  const delay = Math.min(grown, maximumIntervalMs);
  return Math.round(delay * (1 - jitter * random));
}
