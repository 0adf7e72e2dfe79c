import { defined } from '../prelude/defined.js';
import { inWords } from '../prelude/duration.js';
import { E, type Either } from '../prelude/fp.js';
import { inShort } from '../prelude/phrases.js';
import { absurd } from '../prelude/absurd.js';
import { isoTime } from '../prelude/iso-time.js';
import type { Json } from '../prelude/json.js';
import type {
  AnswerOutcome,
  Failure,
  FaultCause,
  JobDefinition,
  JobEvent,
  RetryPolicy,
  Spawned,
  WorkerIdentity,
} from './events.js';
import { answeredBy } from './answer-phrases.js';
import type { MemoizedFrom } from './memoize.js';
import type { JobState, JobStatus } from './job.js';
import { cutMessage } from './limits.js';
import type { Rejection } from './rejection.js';
import { afterAttempt, deferralMs, defaultMaximumLostLeases } from './retry-policy.js';
import { type Expiry, reasonOf } from './timing.js';

/** A job as a rule sees it: its own state, and what its graph adds to that. */
export interface JobSubject {
  readonly graphId: string;
  readonly definition: JobDefinition;
  readonly state: JobState;
  /** The effective status, which includes aborts of ancestors and of the graph. */
  readonly status: JobStatus;
  /** Parents that keep it from starting; none once they let it. */
  readonly waitsFor: readonly string[];
  /** What aborted it, if it has no abort of its own: an ancestor or its graph. */
  readonly abortedThrough: { readonly job: string } | { readonly graph: string } | null;
  /** Whether its graph is paused. A pause of its type or of the namespace stands elsewhere, and workers look there. */
  readonly isPaused: boolean;
  /** From when on it may start, by the log's clock, if it was ever asked to wait; milliseconds since the epoch. */
  readonly startsFrom: number | null;
}

export type JobCommand =
  | {
      readonly kind: 'start';
      readonly worker: WorkerIdentity;
      readonly leaseMs: number;
      /** Whether the job has waited as long as it must, by the clock of the worker that watched it. */
      readonly hasWaited: boolean;
    }
  | {
      readonly kind: 'heartbeat';
      readonly attempt: number;
      readonly progress?: number | undefined;
      readonly details?: Json | undefined;
    }
  | {
      readonly kind: 'finish';
      readonly attempt: number;
      readonly result: Json;
      /** Given when the result was remembered, and the handler not run. */
      readonly memoized?: MemoizedFrom | undefined;
      /** What the attempt spawns, or the rest of it. */
      readonly spawned?: Spawned | undefined;
    }
  /** A part of what the attempt spawns, if that is too much to go with its end. */
  | { readonly kind: 'spawn'; readonly attempt: number; readonly spawned: Spawned }
  | {
      readonly kind: 'fault';
      readonly attempt: number;
      readonly cause: FaultCause;
      readonly failure: Failure;
      readonly stack?: string | undefined;
      readonly errorNames: readonly string[];
      readonly retryAfterMs?: number | undefined;
      /** The policy of the job's type, used when the job has none of its own. */
      readonly policyOfType?: RetryPolicy | undefined;
      /** Milliseconds since the epoch, for `notBefore`. */
      readonly now: number;
      /** From 0, below 1. */
      readonly random: number;
    }
  | { readonly kind: 'skip'; readonly attempt: number; readonly reason: string }
  | {
      readonly kind: 'defer';
      readonly attempt: number;
      readonly reason: string;
      /** How long its handler asks to wait. */
      readonly delayMs: number;
    }
  | {
      readonly kind: 'answer';
      readonly by: string;
      readonly reason: string;
      readonly outcome: AnswerOutcome;
    }
  | {
      readonly kind: 'abort';
      readonly by: string;
      readonly message: string;
      readonly silent: boolean;
      /** Given when the running attempt aborts itself. */
      readonly attempt?: number | undefined;
    }
  | {
      /** A time limit of the job has run out. */
      readonly kind: 'expire';
      readonly expiry: Expiry;
      /** Given when its worker says so of the attempt that runs. */
      readonly attempt?: number | undefined;
    }
  /** Nobody is to start the attempt that comes next on what was seen of the job so far. */
  | { readonly kind: 'revoke'; readonly attempt: number }
  | { readonly kind: 'reset'; readonly by: string; readonly reason: string };

/** Decides what a command does to a job: the events to append at the revision of the job's state, or why nothing. */
export function decideJob(job: JobSubject, command: JobCommand): Either<Rejection, readonly JobEvent[]> {
  switch (command.kind) {
    case 'start':
      return decideStart(job, command);
    case 'heartbeat':
      return whileHeld(job, command.attempt, () => {
        const { attempt, progress, details } = command;
        return [{ type: 'Heartbeat', data: defined({ attempt, progress, details }) }];
      });
    case 'spawn':
      return whileHeld(job, command.attempt, () => [spawnedBy(command)]);
    case 'finish':
      return whileHeld(job, command.attempt, () => {
        const { attempt, result, memoized, spawned } = command;
        const finished: JobEvent = { type: 'JobFinished', data: defined({ attempt, result, memoized }) };
        return spawned === undefined ? [finished] : [spawnedBy({ attempt, spawned }), finished];
      });
    case 'fault':
      return whileHeld(job, command.attempt, () => [faulted(job, command)]);
    case 'skip':
      return whileHeld(job, command.attempt, () => {
        const { attempt, reason } = command;
        return [{ type: 'JobSkipped', data: { attempt, reason: cutMessage(reason) } }];
      });
    case 'defer':
      return whileHeld(job, command.attempt, () => {
        const { attempt, reason, delayMs } = command;
        return [{ type: 'JobDeferred', data: { attempt, reason: cutMessage(reason), delayMs: deferralMs(delayMs) } }];
      });
    case 'answer':
      return decideAnswer(job, command);
    case 'abort':
      return decideAbort(job, command);
    case 'expire':
      return decideExpire(job, command);
    case 'revoke':
      return decideRevoke(job, command);
    case 'reset':
      return decideReset(job, command);
    default:
      return absurd(command);
  }
}

type CommandOf<Kind extends JobCommand['kind']> = Extract<JobCommand, { readonly kind: Kind }>;

function decideStart(job: JobSubject, command: CommandOf<'start'>): Either<Rejection, readonly JobEvent[]> {
  if (job.definition.external !== undefined) {
    return reject('job-external', `${named(job)} is answered from outside, and run by no worker`);
  }
  if (job.status === 'started') return reject('job-already-started', `${named(job)} is already started`);
  if (job.status !== 'unstarted') return reject('job-already-ended', `${named(job)} is ${job.status}`);
  if (job.waitsFor.length > 0) {
    return reject('job-not-ready', `${named(job)} waits for ${job.waitsFor.join(', ')}`);
  }
  if (job.isPaused) return reject('job-paused', `${named(job)} is held back, since its graph is paused`);
  if (job.startsFrom !== null && !command.hasWaited) {
    return reject('job-not-ready', `${named(job)} ${whyItWaits(job.state)} until ${isoTime(job.startsFrom)}`);
  }
  const { worker, leaseMs } = command;
  return E.right([{ type: 'JobStarted', data: { attempt: job.state.attempt + 1, worker, leaseMs } }]);
}

function whyItWaits({ delayMs, deferReason }: JobState): string {
  if (delayMs === null) return 'is delayed';
  return deferReason === null ? 'is backing off' : 'is put off';
}

/** A pause holds back starts only: whoever was asked may answer. */
function decideAnswer(job: JobSubject, command: CommandOf<'answer'>): Either<Rejection, readonly JobEvent[]> {
  if (job.definition.external === undefined) {
    return reject('job-not-external', `${named(job)} is run by workers; only a job with external can be answered`);
  }
  if (job.status !== 'unstarted') return reject('job-already-ended', `${named(job)} ${howEnded(job)}`);
  if (job.waitsFor.length > 0) {
    return reject('job-not-ready', `${named(job)} cannot be answered yet: it waits for ${job.waitsFor.join(', ')}`);
  }
  const { by, reason, outcome } = command;
  const said = outcome.kind === 'finished' ? { result: outcome.result } : { failure: outcome.failure };
  return E.right([{ type: 'JobAnswered', data: { by, reason: cutMessage(reason), ...said } }]);
}

/** What stands of a job that was to be answered. */
function howEnded({ status, state, definition, abortedThrough }: JobSubject): string {
  const { answer, abort } = state;
  if (answer !== null) return `is ${status} already: ${answeredBy(state)}`;
  if (definition.carried !== undefined) return `is ${status} already, in graph ${definition.carried.graphId}`;
  if (abort !== null) return `is aborted, by ${abort.by}: ${inShort(abort.message, 200)}`;
  if (abortedThrough === null) return `is ${status} already`;
  return 'job' in abortedThrough
    ? `is aborted through job ${JSON.stringify(abortedThrough.job)}`
    : 'is aborted with its graph';
}

function decideAbort(job: JobSubject, command: CommandOf<'abort'>): Either<Rejection, readonly JobEvent[]> {
  const { by, message, silent, attempt } = command;
  const event: JobEvent = {
    type: 'JobAborted',
    data: defined({ by, message: cutMessage(message), silent, attempt }),
  };
  if (attempt !== undefined) return whileHeld(job, attempt, () => [event]);
  if (job.status === 'aborted' && job.state.abort !== null) return E.right([]);
  // A job aborted through another keeps its own abort too, so that it stays aborted when the other is reset.
  if (job.status === 'finished' || job.status === 'failed' || job.status === 'skipped') {
    return reject('job-already-ended', `${named(job)} is ${job.status} and stays so`);
  }
  return E.right([event]);
}

/** Time goes on while a graph is paused. */
function decideExpire(job: JobSubject, command: CommandOf<'expire'>): Either<Rejection, readonly JobEvent[]> {
  const { attempt, expiry } = command;
  const { limit } = expiry;
  const event: JobEvent = { type: 'JobExpired', data: defined({ limit, failure: expired(job, expiry), attempt }) };
  if (attempt !== undefined) return whileHeld(job, attempt, () => [event]);
  if (job.status !== 'unstarted') return reject('job-already-ended', `${named(job)} is ${job.status}`);
  if (job.waitsFor.length > 0) return reject('job-not-ready', `${named(job)} waits for ${job.waitsFor.join(', ')}`);
  return E.right([event]);
}

/** What is to be said of a job whose time has run out. Its last failure is what kept it, most likely. */
function expired({ state, definition }: JobSubject, { limit, limitMs }: Expiry): Failure {
  const within = `within ${inWords(limitMs)} (${limit}Ms)`;
  const isAsked = definition.external !== undefined;
  const did = limit === 'scheduleToStart' ? 'was not started' : isAsked ? 'was not answered' : 'had not ended';
  const last =
    state.failure === null
      ? ''
      : `; its last attempt failed: ${inShort(state.failure.message ?? state.failure.exception, 500)}`;
  return {
    reason: reasonOf(limit),
    exception: limit === 'scheduleToStart' ? 'ScheduleToStartTimeout' : 'ScheduleToCloseTimeout',
    message: cutMessage(`it ${did} ${within}${last}`),
  };
}

/** An abort that reached it does not matter: it may be reset, and the claim still come. */
function decideRevoke(
  { state, ...job }: JobSubject,
  { attempt }: CommandOf<'revoke'>,
): Either<Rejection, readonly JobEvent[]> {
  if (state.status === 'unstarted' && state.attempt + 1 === attempt) {
    return E.right([{ type: 'ClaimRevoked', data: { attempt } }]);
  }
  return reject('attempt-superseded', `attempt ${attempt} of ${named({ state, ...job })} is not the next one to start`);
}

function decideReset(job: JobSubject, command: CommandOf<'reset'>): Either<Rejection, readonly JobEvent[]> {
  if (job.state.status === 'failed' || job.state.status === 'skipped' || job.state.abort !== null) {
    return E.right([{ type: 'JobReset', data: { by: command.by, reason: cutMessage(command.reason) } }]);
  }
  if (job.status === 'aborted' && job.abortedThrough !== null) {
    const instead =
      'job' in job.abortedThrough
        ? `job ${JSON.stringify(job.abortedThrough.job)}`
        : `graph ${job.abortedThrough.graph}`;
    return reject('job-aborted-through-another', `${named(job)} is aborted only through ${instead}; retry that one`);
  }
  const instead =
    job.status === 'skipped'
      ? 'is skipped because of the jobs it depends on; retry one of those'
      : `is ${job.status}; only a job that failed, was aborted or skipped itself can be retried`;
  return reject('job-not-ended', `${named(job)} ${instead}`);
}

/** The rule of fencing: only the attempt that runs may write about the job. */
function whileHeld(
  job: JobSubject,
  attempt: number,
  events: () => readonly JobEvent[],
): Either<Rejection, readonly JobEvent[]> {
  if (job.status !== 'started') return reject('job-not-started', `${named(job)} is ${job.status}, not started`);
  if (job.state.attempt !== attempt) {
    return reject(
      'attempt-superseded',
      `attempt ${attempt} of ${named(job)} is over; attempt ${job.state.attempt} runs`,
    );
  }
  return E.right(events());
}

function spawnedBy({ attempt, spawned }: { readonly attempt: number; readonly spawned: Spawned }): JobEvent {
  return { type: 'JobsSpawned', data: { attempt, ...spawned } };
}

function faulted(job: JobSubject, command: CommandOf<'fault'>): JobEvent {
  const { attempt, cause, failure, stack, errorNames, retryAfterMs, now, random } = command;
  const counted = cause !== 'lease-expired' && cause !== 'released';
  const next = afterAttempt(job.definition.retry ?? command.policyOfType, {
    cause,
    failures: job.state.failures + (counted ? 1 : 0),
    lostLeases: job.state.lostLeases + (cause === 'lease-expired' ? 1 : 0),
    maximumLostLeases: job.definition.maximumLostLeases ?? defaultMaximumLostLeases,
    errorNames,
    retryAfterMs,
    random,
  });
  return {
    type: 'JobFaulted',
    data: defined({
      attempt,
      cause,
      failure,
      next: next === 'failed' ? ({ kind: 'failed' } as const) : again(next, now),
      stack,
    }),
  };
}

/** Instants are written with four digits for the year; this is the last one. */
const lastInstant = Date.parse('9999-12-31T23:59:59.999Z');

function again(delayMs: number, now: number) {
  const notBefore = new Date(Math.min(now + delayMs, lastInstant)).toISOString();
  return { kind: 'retry', notBefore, delayMs } as const;
}

function reject(code: Rejection['code'], message: string): Either<Rejection, never> {
  return E.left({ code, message });
}

function named(job: JobSubject): string {
  return `job ${JSON.stringify(job.definition.id)} of graph ${job.graphId}`;
}
