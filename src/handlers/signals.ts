import { assertOptions } from '../prelude/known-names.js';

const brand = Symbol.for('overseer.signal');

type SignalKind = 'fault' | 'abort' | 'skip' | 'defer';

/**
 * Thrown in a handler to say how its job goes on. It is recognised by a mark, not by its class, so that a second copy of this
 * library in the program (for example in a dependency) works too.
 */
class Signal extends Error {
  readonly [brand]: SignalKind;
  constructor(kind: SignalKind, message: string) {
    super(message);
    this[brand] = kind;
  }
}

/** This attempt failed, and a later one may succeed. See {@link fault}. */
export class Fault extends Signal {
  override readonly name = 'Fault';
  constructor(
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super('fault', message);
  }
}

/** The job, and all that depends on it, shall not be done. See {@link abort}. */
export class Abort extends Signal {
  override readonly name = 'Abort';
  constructor(
    message: string,
    readonly isSilent: boolean,
  ) {
    super('abort', message);
  }
}

/** There is nothing to do for this job. See {@link skip}. */
export class Skip extends Signal {
  override readonly name = 'Skip';
  constructor(reason: string) {
    super('skip', reason);
  }
}

/** It is too early for this job. See {@link defer}. */
export class Defer extends Signal {
  override readonly name = 'Defer';
  constructor(
    reason: string,
    readonly until: DeferOptions,
  ) {
    super('defer', reason);
  }
}

/** All that a handler can throw to say how its job goes on. */
export type AnySignal = Fault | Abort | Skip | Defer;

/** Until when a job is put off: one of the two. */
export interface DeferOptions {
  /** How long it waits, in milliseconds. */
  readonly delayMs?: number;
  /** Until when it waits, in milliseconds since the epoch. */
  readonly untilMs?: number;
}

interface FaultOptions {
  readonly retryAfterMs?: number;
}

/**
 * In a handler: gives up this attempt without failing the job, which is tried again after a delay (by its retry policy; by
 * default a second, doubling, up to a minute). Use it for what will pass: a busy service, a lock somebody holds. It is not
 * reported to Sentry.
 *
 * @param options.retryAfterMs the delay, in milliseconds, in place of the policy's
 */
export function fault(message: string, options: FaultOptions = {}): never {
  assertOptions<FaultOptions>('fault', options, { retryAfterMs: true });
  const { retryAfterMs } = options;
  if (retryAfterMs !== undefined && !(Number.isFinite(retryAfterMs) && retryAfterMs >= 0)) {
    throw new RangeError(`retryAfterMs is ${String(retryAfterMs)}; it is a number of milliseconds from 0`);
  }
  throw new Fault(message, retryAfterMs);
}

/**
 * In a handler: aborts the job and every job that depends on it, directly or through others. Use it for work that need not or
 * cannot be done any more. It is reported to Sentry, if that is set up; {@link abortSilent} is not.
 */
export function abort(message: string): never {
  throw new Abort(message, false);
}

/** Like {@link abort}, but not reported to Sentry: for aborts that are part of normal work. */
export function abortSilent(message: string): never {
  throw new Abort(message, true);
}

/**
 * In a handler: ends the job as skipped, since there is nothing to do. That is no failure. A job that needs its result is
 * skipped too; one whose rule is `none-failed`, or that named this one as optional, runs.
 */
export function skip(reason: string): never {
  throw new Skip(reason);
}

/**
 * In a handler: puts the job off, since it is too early. The job waits, no worker holds it, and it starts again afterwards.
 * That is no failed attempt: it uses up no `maximumAttempts`, and is not reported to Sentry. The next attempt gets the
 * details of the last heartbeat.
 *
 *     defer('the file is not there yet', { delayMs: 60_000 })
 *
 * @param options.delayMs how long to wait, in milliseconds
 * @param options.untilMs or until when, in milliseconds since the epoch
 *
 * It waits for a second at least, and a century at most; so a time that has passed means in a second.
 */
export function defer(reason: string, options: DeferOptions): never {
  assertOptions<DeferOptions>('defer', options, { delayMs: true, untilMs: true });
  const { delayMs, untilMs } = options;
  if ((delayMs === undefined) === (untilMs === undefined)) {
    const given = delayMs === undefined ? 'neither' : 'both';
    throw new RangeError(
      `defer is given ${given} of delayMs and untilMs; give one of them, such as { delayMs: 60_000 }`,
    );
  }
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && delayMs >= 0)) {
    throw new RangeError(`delayMs is ${String(delayMs)}; it is a number of milliseconds from 0`);
  }
  if (untilMs !== undefined && !Number.isFinite(untilMs)) {
    throw new RangeError(`untilMs is ${String(untilMs)}; it is a number of milliseconds since the epoch`);
  }
  throw new Defer(reason, options);
}

/**
 * The signal in what a handler threw, or null. It may be wrapped: as a `cause` at any depth, or among the `errors` of an
 * AggregateError.
 */
export function signalIn(thrown: unknown): AnySignal | null {
  const seen = new Set<unknown>();
  const open: unknown[] = [thrown];
  while (open.length > 0) {
    const next = open.shift();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (brand in next) return next as AnySignal;
    if ('cause' in next) open.push(next.cause);
    if ('errors' in next && Array.isArray(next.errors)) open.push(...(next.errors as unknown[]));
  }
  return null;
}

export function isFault(signal: AnySignal): signal is Fault {
  return signal[brand] === 'fault';
}

export function isAbort(signal: AnySignal): signal is Abort {
  return signal[brand] === 'abort';
}

export function isDefer(signal: AnySignal): signal is Defer {
  return signal[brand] === 'defer';
}

/** How long a job waits that is put off at a time, both in milliseconds. */
export function delayFrom({ delayMs, untilMs }: DeferOptions, now: number): number {
  return delayMs ?? (untilMs === undefined ? NaN : untilMs - now);
}

export function isSkip(signal: AnySignal): signal is Skip {
  return signal[brand] === 'skip';
}
