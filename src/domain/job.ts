import { freeze } from 'immer';
import { E, type Either } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import { absurd } from '../prelude/invariant.js';
import type {
  EventEnvelope,
  Failure,
  FaultCause,
  JobDefinition,
  JobEvent,
  RetryPolicy,
  WorkerIdentity,
} from './events.js';
import { limits } from './limits.js';
import { afterAttempt, defaultMaximumLostLeases } from './retry-policy.js';

/** The statuses a job can have, named as in Overseer. */
export const jobStatuses = ['unstarted', 'started', 'finished', 'failed', 'aborted'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/**
 * The job's state machine, as data: for each event, the statuses it may meet and the one it leads to. An event that
 * meets any other status cannot follow from the history before it; it changes nothing and is reported as an anomaly.
 *
 *     unstarted ── JobStarted ──▶ started ── JobFinished ──▶ finished
 *         ▲                          │ ──── JobFaulted ────▶ failed
 *         └──── JobFaulted ──────────┘ ──── JobAborted ────▶ aborted
 *         └──── JobReset ── failed, aborted
 */
export const transitions = {
  JobStarted: { unstarted: 'started' },
  Heartbeat: { started: 'started' },
  JobFinished: { started: 'finished' },
  /** To `unstarted` when it may be tried again, to `failed` when not: the event says which. */
  JobFaulted: { started: 'unstarted' },
  JobAborted: { unstarted: 'aborted', started: 'aborted' },
  JobReset: { failed: 'unstarted', aborted: 'unstarted' },
} as const satisfies Record<JobEvent['type'], Partial<Record<JobStatus, JobStatus>>>;

/** What a job's own stream says of it. Aborts of its ancestors or its graph are no part of it: see `GraphState`. */
export interface JobState {
  readonly status: JobStatus;
  /** Attempts begun so far; the number of the current one while it is started. */
  readonly attempt: number;
  /** Attempts since the last reset that ended in a fault, an exception or a timeout. */
  readonly failures: number;
  /** Leases lost since the last reset. */
  readonly lostLeases: number;
  /** Who holds it, while it is started. */
  readonly worker: WorkerIdentity | null;
  readonly leaseMs: number | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** When the log took the owner's last sign of life: its start or a heartbeat. */
  readonly heartbeatAt: string | null;
  readonly progress: number | null;
  /** Details of the last heartbeat, kept for the next attempt. */
  readonly details: Json;
  /** Until when a job that may be tried again has to wait. */
  readonly notBefore: string | null;
  readonly result: Json;
  /** Why the last attempt went wrong. */
  readonly failure: Failure | null;
  readonly abort: { readonly by: string; readonly message: string; readonly silent: boolean } | null;
  /** Its graph was aborted while a worker held it, and no event of its own has told that worker yet. */
  readonly interrupted: boolean;
  /** Of the last event in its stream, -1 while there is none. It is the job's fencing token. */
  readonly revision: number;
  readonly lastEventId: string | null;
}

export const initialJob: JobState = Object.freeze({
  status: 'unstarted',
  attempt: 0,
  failures: 0,
  lostLeases: 0,
  worker: null,
  leaseMs: null,
  startedAt: null,
  endedAt: null,
  heartbeatAt: null,
  progress: null,
  details: null,
  notBefore: null,
  result: null,
  failure: null,
  abort: null,
  interrupted: false,
  revision: -1,
  lastEventId: null,
});

export type RecordedJobEvent = Pick<EventEnvelope, 'id' | 'revision' | 'recordedAt'> & JobEvent;

/** Why an event cannot follow from a job's state, or null if it can. */
export function whyImpossible(job: JobState, event: RecordedJobEvent): string | null {
  if (!(job.status in transitions[event.type])) return `${event.type} cannot follow while the job is ${job.status}`;
  switch (event.type) {
    case 'JobStarted':
      return event.data.attempt === job.attempt + 1
        ? null
        : `attempt ${event.data.attempt} cannot follow attempt ${job.attempt}`;
    case 'Heartbeat':
    case 'JobFinished':
    case 'JobFaulted':
      return event.data.attempt === job.attempt
        ? null
        : `${event.type} of attempt ${event.data.attempt} while attempt ${job.attempt} runs`;
    case 'JobAborted':
    case 'JobReset':
      return null;
    default:
      return absurd(event);
  }
}

/**
 * The job after an event that can follow (see {@link whyImpossible}). A job's state is flat, so each event is written as
 * the fields it changes; values from outside are frozen to their depth, since one result is handed to many readers.
 */
export function evolveJob(job: JobState, event: RecordedJobEvent): JobState {
  return changed(job, event, { interrupted: false, ...changesBy(job, event) });
}

function changesBy(job: JobState, event: RecordedJobEvent): Partial<JobState> {
  const { recordedAt } = event;
  switch (event.type) {
    case 'JobStarted': {
      const { attempt, worker, leaseMs } = event.data;
      const since = { startedAt: recordedAt, heartbeatAt: recordedAt, endedAt: null };
      return { status: 'started', attempt, worker, leaseMs, notBefore: null, progress: null, ...since };
    }
    case 'Heartbeat': {
      const { progress = job.progress, details } = event.data;
      return {
        heartbeatAt: recordedAt,
        progress,
        details: details === undefined ? job.details : freeze(details, true),
      };
    }
    case 'JobFinished':
      return {
        status: 'finished',
        result: freeze(event.data.result, true),
        failure: null,
        worker: null,
        endedAt: recordedAt,
      };
    case 'JobFaulted': {
      const { cause, failure, next } = event.data;
      const counted = cause !== 'lease-expired' && cause !== 'released';
      return {
        status: next.kind === 'failed' ? 'failed' : 'unstarted',
        failure: freeze(failure, true),
        worker: null,
        endedAt: recordedAt,
        lostLeases: job.lostLeases + (cause === 'lease-expired' ? 1 : 0),
        failures: job.failures + (counted ? 1 : 0),
        notBefore: next.kind === 'failed' ? null : next.notBefore,
      };
    }
    case 'JobAborted': {
      const { by, message, silent } = event.data;
      return { status: 'aborted', abort: { by, message, silent }, worker: null, notBefore: null, endedAt: recordedAt };
    }
    case 'JobReset':
      return { status: 'unstarted', abort: null, notBefore: null, endedAt: null, failures: 0, lostLeases: 0 };
    default:
      return absurd(event);
  }
}

/** The job when its graph is aborted: whoever ran it has lost it. */
export function interruptJob(job: JobState): JobState {
  return job.status === 'started'
    ? Object.freeze({ ...job, status: 'unstarted', worker: null, interrupted: true })
    : job;
}

/**
 * The job after an event that came too late, behind the abort of its graph: the fact is kept and the revision moves,
 * so that it still fences, but the status stays.
 */
export function noteLateEvent(job: JobState, event: RecordedJobEvent): JobState {
  const attempt = event.type === 'JobStarted' ? event.data.attempt : job.attempt;
  return changed(job, event, { attempt, interrupted: event.type === 'JobStarted' || event.type === 'Heartbeat' });
}

/** The job after an event that cannot follow: it stands in the stream, so it fences; it says nothing. */
export function passOver(job: JobState, event: RecordedJobEvent): JobState {
  return changed(job, event, {});
}

function changed(job: JobState, { revision, id }: RecordedJobEvent, changes: Partial<JobState>): JobState {
  return Object.freeze({ ...job, revision, lastEventId: id, ...changes });
}

/** A job as a rule sees it: its own state, and what its graph adds to that. */
export interface JobSubject {
  readonly graphId: string;
  readonly definition: JobDefinition;
  readonly state: JobState;
  /** The status that counts, aborts of ancestors and graph included. */
  readonly status: JobStatus;
  readonly unfinishedParents: readonly string[];
  /** What aborted it, if it was not aborted itself: an ancestor's id or its graph. */
  readonly abortedThrough: { readonly job: string } | { readonly graph: string } | null;
}

export type JobCommand =
  | { readonly kind: 'start'; readonly worker: WorkerIdentity; readonly leaseMs: number; readonly now: number }
  | {
      readonly kind: 'heartbeat';
      readonly attempt: number;
      readonly progress?: number | undefined;
      readonly details?: Json | undefined;
    }
  | { readonly kind: 'finish'; readonly attempt: number; readonly result: Json }
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
      /** Milliseconds since the epoch. */
      readonly now: number;
      /** From 0 up to 1. */
      readonly random: number;
    }
  | {
      readonly kind: 'abort';
      readonly by: string;
      readonly message: string;
      readonly silent: boolean;
      /** Given when the running attempt aborts itself. */
      readonly attempt?: number | undefined;
    }
  | { readonly kind: 'reset'; readonly by: string; readonly reason: string };

/** A rule that says no. Nothing was written. */
export interface Rejection {
  readonly code:
    | 'job-not-found'
    | 'job-not-ready'
    | 'job-not-started'
    | 'job-already-started'
    | 'job-already-ended'
    | 'job-not-ended'
    | 'job-aborted-through-another'
    | 'attempt-superseded'
    | 'graph-not-found'
    | 'graph-already-ended'
    | 'graph-not-ended'
    | 'graph-unreadable';
  readonly message: string;
}

/** What a command does to a job: the events to append at the revision of the state it was decided on, or why not. */
export function decideJob(job: JobSubject, command: JobCommand): Either<Rejection, readonly JobEvent[]> {
  switch (command.kind) {
    case 'start':
      return decideStart(job, command);
    case 'heartbeat':
      return whileHeld(job, command.attempt, () => {
        const { attempt, progress, details } = command;
        return {
          type: 'Heartbeat',
          data: {
            attempt,
            ...(progress === undefined ? {} : { progress }),
            ...(details === undefined ? {} : { details }),
          },
        };
      });
    case 'finish':
      return whileHeld(job, command.attempt, () => ({
        type: 'JobFinished',
        data: { attempt: command.attempt, result: command.result },
      }));
    case 'fault':
      return whileHeld(job, command.attempt, () => faulted(job, command));
    case 'abort':
      return decideAbort(job, command);
    case 'reset':
      return decideReset(job, command);
    default:
      return absurd(command);
  }
}

type CommandOf<Kind extends JobCommand['kind']> = Extract<JobCommand, { readonly kind: Kind }>;

function decideStart(job: JobSubject, command: CommandOf<'start'>): Either<Rejection, readonly JobEvent[]> {
  if (job.status === 'started') return reject('job-already-started', `${named(job)} is already started`);
  if (job.status !== 'unstarted') return reject('job-already-ended', `${named(job)} is ${job.status}`);
  if (job.unfinishedParents.length > 0) {
    return reject('job-not-ready', `${named(job)} waits for ${job.unfinishedParents.join(', ')}`);
  }
  if (job.state.notBefore !== null && Date.parse(job.state.notBefore) > command.now) {
    return reject('job-not-ready', `${named(job)} is backing off until ${job.state.notBefore}`);
  }
  const { worker, leaseMs } = command;
  return E.right([{ type: 'JobStarted', data: { attempt: job.state.attempt + 1, worker, leaseMs } }]);
}

function decideAbort(job: JobSubject, command: CommandOf<'abort'>): Either<Rejection, readonly JobEvent[]> {
  const { by, message, silent, attempt } = command;
  const event: JobEvent = {
    type: 'JobAborted',
    data: { by, message: cut(message), silent, ...(attempt === undefined ? {} : { attempt }) },
  };
  if (attempt !== undefined) return whileHeld(job, attempt, () => event);
  if (job.status === 'aborted' && job.state.abort !== null) return E.right([]);
  // A job aborted through another keeps its own abort too, so that it stays aborted when the other is reset.
  if (job.status === 'finished' || job.status === 'failed') {
    return reject('job-already-ended', `${named(job)} is ${job.status} and stays so`);
  }
  return E.right([event]);
}

function decideReset(job: JobSubject, command: CommandOf<'reset'>): Either<Rejection, readonly JobEvent[]> {
  if (job.state.status === 'failed' || job.state.abort !== null) {
    return E.right([{ type: 'JobReset', data: { by: command.by, reason: cut(command.reason) } }]);
  }
  if (job.status === 'aborted' && job.abortedThrough !== null) {
    const instead =
      'job' in job.abortedThrough
        ? `job ${JSON.stringify(job.abortedThrough.job)}`
        : `graph ${job.abortedThrough.graph}`;
    return reject('job-aborted-through-another', `${named(job)} is aborted only through ${instead}; retry that one`);
  }
  return reject('job-not-ended', `${named(job)} is ${job.status}; only a failed or aborted job can be retried`);
}

/** The rule of fencing: only the attempt that runs may say anything about the job. */
function whileHeld(job: JobSubject, attempt: number, event: () => JobEvent): Either<Rejection, readonly JobEvent[]> {
  if (job.status !== 'started') return reject('job-not-started', `${named(job)} is ${job.status}, not started`);
  if (job.state.attempt !== attempt) {
    return reject(
      'attempt-superseded',
      `attempt ${attempt} of ${named(job)} is over; attempt ${job.state.attempt} runs`,
    );
  }
  return E.right([event()]);
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
    now,
    random,
  });
  return {
    type: 'JobFaulted',
    data: {
      attempt,
      cause,
      failure,
      next: next === 'failed' ? { kind: 'failed' } : { kind: 'retry', notBefore: new Date(next).toISOString() },
      ...(stack === undefined ? {} : { stack }),
    },
  };
}

function reject(code: Rejection['code'], message: string): Either<Rejection, never> {
  return E.left({ code, message });
}

function named(job: JobSubject): string {
  return `job ${JSON.stringify(job.definition.id)} of graph ${job.graphId}`;
}

function cut(text: string): string {
  return text.length <= limits.messageCharactersMax ? text : `${text.slice(0, limits.messageCharactersMax - 1)}…`;
}
