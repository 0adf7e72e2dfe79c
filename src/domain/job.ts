import { freeze } from 'immer';
import type { Json } from '../prelude/json.js';
import { absurd } from '../prelude/absurd.js';
import type { EventEnvelope, Failure, JobEvent, WorkerIdentity } from './events.js';

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

/** A job that finished in another graph: nothing has happened to it in this one, and nothing will. */
export function carriedJob(result: Json): JobState {
  return Object.freeze({ ...initialJob, status: 'finished', result: freeze(result, true) });
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
