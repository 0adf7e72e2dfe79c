import { frozen, type Json } from '../prelude/json.js';
import { absurd } from '../prelude/absurd.js';
import {
  answerIn,
  type CarriedResult,
  type EventEnvelope,
  type EventOf,
  type Failure,
  type JobEvent,
  type WorkerIdentity,
} from './events.js';
import { delayAfter } from './delay-after.js';
import type { JobAnswer } from './external.js';
import type { MemoizedFrom } from './memoize.js';

/** The statuses a job can have, named as in Overseer, which knows all but `skipped`. */
export const jobStatuses = ['unstarted', 'started', 'finished', 'failed', 'aborted', 'skipped'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/** How many jobs have which status: none yet. */
export function noJobs(): Record<JobStatus, number> {
  return { unstarted: 0, started: 0, finished: 0, failed: 0, aborted: 0, skipped: 0 };
}

/**
 * The job's state machine, as data: for each event, the statuses it may meet and the one it leads to. An event that
 * meets any other status cannot follow from the history before it; it changes nothing and is reported as an anomaly.
 *
 *     unstarted ── JobStarted ──▶ started ── JobFinished ──▶ finished
 *         ▲                          │ ──── JobFaulted ────▶ failed
 *         └──── JobFaulted ──────────┘ ──── JobAborted ────▶ aborted
 *         │                          └───── JobSkipped ────▶ skipped
 *         ├──── JobDeferred ─────────┘
 *         ├──── JobReset ── failed, aborted, skipped
 *         ├──── JobAnswered ──▶ finished, failed, of a job that no worker runs
 *         ├──── JobExpired ───▶ failed, also from started
 *         └──── ClaimRevoked ─▶ unstarted: only a claim that was under way is refused by it
 */
export const transitions = {
  JobStarted: { unstarted: 'started' },
  Heartbeat: { started: 'started' },
  JobsSpawned: { started: 'started' },
  JobFinished: { started: 'finished' },
  /** To `unstarted` when it may be tried again, to `failed` when not: the event says which. */
  JobFaulted: { started: 'unstarted' },
  JobAborted: { unstarted: 'aborted', started: 'aborted' },
  JobSkipped: { started: 'skipped' },
  JobDeferred: { started: 'unstarted' },
  /** To `finished` or to `failed`: the event says which. */
  JobAnswered: { unstarted: 'finished' },
  JobExpired: { unstarted: 'failed', started: 'failed' },
  ClaimRevoked: { unstarted: 'unstarted' },
  JobReset: { failed: 'unstarted', aborted: 'unstarted', skipped: 'unstarted' },
} as const satisfies Record<JobEvent['type'], Partial<Record<JobStatus, JobStatus>>>;

/** What a job's own stream says about it. Aborts of its ancestors or its graph are not part of this: see `GraphState`. */
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
  /** When the log recorded the owner's last sign of life: its start or a heartbeat. */
  readonly heartbeatAt: string | null;
  readonly progress: number | null;
  /** Details of the last heartbeat, kept for the next attempt. */
  readonly details: Json;
  /** How long a job that may be tried again must wait, counted from its last event. */
  readonly delayMs: number | null;
  /** When that is over by the log's clock, for people to read. A worker judges the wait by its own clock. */
  readonly notBefore: string | null;
  readonly result: Json;
  /** Which job's run the result comes from, if this one was not run since its result was remembered. */
  readonly memoizedFrom: MemoizedFrom | null;
  /** Why the last attempt failed. */
  readonly failure: Failure | null;
  readonly abort: { readonly by: string; readonly message: string; readonly silent: boolean } | null;
  /** Why it skipped itself, if it did. A job that is skipped because of its parents has no reason of its own. */
  readonly skipReason: string | null;
  /** Why its handler put it off, while it waits for that. */
  readonly deferReason: string | null;
  /** Who answered it from outside, while that answer stands. */
  readonly answer: JobAnswer | null;
  /** Its graph was aborted while a worker held it, and no event in its own stream has told that worker yet. */
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
  delayMs: null,
  notBefore: null,
  result: null,
  memoizedFrom: null,
  failure: null,
  abort: null,
  skipReason: null,
  deferReason: null,
  answer: null,
  interrupted: false,
  revision: -1,
  lastEventId: null,
});

type Recorded<Event> = Pick<EventEnvelope, 'id' | 'revision' | 'recordedAt'> & Event;
export type RecordedJobEvent = Recorded<JobEvent>;

/** Why an event cannot follow from a job's state, or null if it can. */
export function whyImpossible(job: JobState, event: RecordedJobEvent): string | null {
  if (!(job.status in transitions[event.type])) return `${event.type} cannot follow while the job is ${job.status}`;
  switch (event.type) {
    case 'JobStarted':
    case 'ClaimRevoked':
      return event.data.attempt === job.attempt + 1
        ? null
        : `attempt ${event.data.attempt} cannot follow attempt ${job.attempt}`;
    case 'Heartbeat':
    case 'JobsSpawned':
    case 'JobFinished':
    case 'JobFaulted':
    case 'JobSkipped':
    case 'JobDeferred':
      return event.data.attempt === job.attempt
        ? null
        : `${event.type} of attempt ${event.data.attempt} while attempt ${job.attempt} runs`;
    case 'JobExpired':
      return whyNotExpired(job, event.data.attempt);
    case 'JobAborted':
    case 'JobAnswered':
    case 'JobReset':
      return null;
    default:
      return absurd(event);
  }
}

/** Of a job that runs, only its own worker says that its time has run out. */
function whyNotExpired(job: JobState, attempt: number | undefined): string | null {
  if (attempt === (job.status === 'started' ? job.attempt : undefined)) return null;
  if (attempt !== undefined) return `JobExpired of attempt ${attempt} while no such attempt runs`;
  return `JobExpired of no attempt while attempt ${job.attempt} runs`;
}

/** A job's state while an event is applied to a copy of it. */
type Draft = { -readonly [Field in keyof JobState]: JobState[Field] };

/**
 * The job after an event that can follow (see {@link whyImpossible}). A job's state is flat, so each event lists the fields
 * it changes. Values from outside are frozen, to any depth, since many readers share one result.
 */
export function evolveJob(job: JobState, event: RecordedJobEvent): JobState {
  const draft = copyOf(job);
  draft.interrupted = false;
  change(draft, event);
  return after(event, draft);
}

function change(job: Draft, event: RecordedJobEvent): void {
  const { recordedAt } = event;
  switch (event.type) {
    case 'JobStarted':
      return start(job, event);
    case 'Heartbeat': {
      const { progress, details } = event.data;
      job.heartbeatAt = recordedAt;
      if (progress !== undefined) job.progress = progress;
      if (details !== undefined) job.details = frozen(details);
      return;
    }
    case 'JobsSpawned':
      job.heartbeatAt = recordedAt;
      return;
    case 'ClaimRevoked':
      return;
    case 'JobFinished':
      job.status = 'finished';
      job.result = frozen(event.data.result);
      job.memoizedFrom = event.data.memoized === undefined ? null : Object.freeze(event.data.memoized);
      job.failure = null;
      job.worker = null;
      job.endedAt = recordedAt;
      return;
    case 'JobFaulted':
      return fault(job, event);
    case 'JobAborted': {
      const { by, message, silent } = event.data;
      job.status = 'aborted';
      job.abort = Object.freeze({ by, message, silent });
      job.worker = null;
      endWait(job);
      job.endedAt = recordedAt;
      return;
    }
    case 'JobSkipped':
      job.status = 'skipped';
      job.skipReason = event.data.reason;
      job.failure = null;
      job.worker = null;
      job.endedAt = recordedAt;
      return;
    case 'JobDeferred':
      return defer(job, event);
    case 'JobAnswered':
      return answer(job, event);
    case 'JobExpired':
      return expire(job, event);
    case 'JobReset':
      return reset(job);
    default:
      absurd(event);
  }
}

function fault(job: Draft, event: Recorded<EventOf<'JobFaulted'>>): void {
  const { cause, failure, next } = event.data;
  job.status = next.kind === 'failed' ? 'failed' : 'unstarted';
  job.failure = frozen(failure);
  job.worker = null;
  job.endedAt = event.recordedAt;
  if (cause === 'lease-expired') job.lostLeases += 1;
  else if (cause !== 'released') job.failures += 1;
  if (next.kind === 'retry') wait(job, delayAfter(event), event.recordedAt);
}

function expire(job: Draft, { data, recordedAt }: Recorded<EventOf<'JobExpired'>>): void {
  job.status = 'failed';
  job.failure = frozen(data.failure);
  job.worker = null;
  endWait(job);
  job.endedAt = recordedAt;
}

function defer(job: Draft, event: Recorded<EventOf<'JobDeferred'>>): void {
  job.status = 'unstarted';
  job.deferReason = event.data.reason;
  job.failure = null;
  job.worker = null;
  job.endedAt = event.recordedAt;
  wait(job, delayAfter(event), event.recordedAt);
}

function answer(job: Draft, { data, recordedAt }: Recorded<EventOf<'JobAnswered'>>): void {
  const { by, reason } = data;
  const outcome = answerIn(data);
  job.status = outcome.kind;
  job.answer = Object.freeze({ by, reason, at: recordedAt });
  job.result = outcome.kind === 'finished' ? frozen(outcome.result) : null;
  job.failure = outcome.kind === 'failed' ? frozen(outcome.failure) : null;
  job.endedAt = recordedAt;
}

function reset(job: Draft): void {
  job.status = 'unstarted';
  job.abort = null;
  job.skipReason = null;
  job.answer = null;
  endWait(job);
  job.endedAt = null;
  job.failures = 0;
  job.lostLeases = 0;
}

function start(job: Draft, { data, recordedAt }: Recorded<EventOf<'JobStarted'>>): void {
  job.status = 'started';
  job.attempt = data.attempt;
  job.worker = Object.freeze(data.worker);
  job.leaseMs = data.leaseMs;
  endWait(job);
  job.progress = null;
  job.startedAt = recordedAt;
  job.heartbeatAt = recordedAt;
  job.endedAt = null;
}

function endWait(job: Draft): void {
  job.delayMs = null;
  job.notBefore = null;
  job.deferReason = null;
}

function wait(job: Draft, delayMs: number, recordedAt: string): void {
  if (delayMs === 0) return;
  job.delayMs = delayMs;
  job.notBefore = new Date(Date.parse(recordedAt) + delayMs).toISOString();
}

/** A job that finished in another graph, or skipped itself there: nothing has happened to it in this one, and nothing will. */
export function carriedJob({ result }: CarriedResult, status: 'skipped' | undefined): JobState {
  if (status !== undefined) return Object.freeze({ ...initialJob, status });
  return Object.freeze({ ...initialJob, status: 'finished', result: frozen(result) });
}

/** The job when its graph is aborted: the worker that ran it has lost it. */
export function interruptJob(job: JobState): JobState {
  return job.status === 'started'
    ? Object.freeze({ ...job, status: 'unstarted', worker: null, interrupted: true })
    : job;
}

/**
 * The job after an event that came too late, after the abort of its graph. The revision moves, so that it still fences; the
 * status stays.
 */
export function noteLateEvent(job: JobState, event: RecordedJobEvent): JobState {
  const draft = copyOf(job);
  if (event.type === 'JobStarted') draft.attempt = event.data.attempt;
  draft.interrupted = event.type === 'JobStarted' || event.type === 'Heartbeat' || event.type === 'JobsSpawned';
  return after(event, draft);
}

/** The job after an event that cannot follow or cannot be read. The revision moves, since the event is in the stream. */
export function passOver(job: JobState, event: Pick<EventEnvelope, 'id' | 'revision'>): JobState {
  return after(event, copyOf(job));
}

/** The job without its result, which is too large for the state. */
export function withoutResult(job: JobState): JobState {
  const draft = copyOf(job);
  draft.result = null;
  return Object.freeze(draft);
}

function after({ revision, id }: Pick<EventEnvelope, 'id' | 'revision'>, job: Draft): JobState {
  job.revision = revision;
  job.lastEventId = id;
  return Object.freeze(job);
}

/** Field by field: spreading a frozen object takes twenty times as long, and this runs for every event. */
function copyOf(job: JobState): Draft {
  return {
    status: job.status,
    attempt: job.attempt,
    failures: job.failures,
    lostLeases: job.lostLeases,
    worker: job.worker,
    leaseMs: job.leaseMs,
    startedAt: job.startedAt,
    endedAt: job.endedAt,
    heartbeatAt: job.heartbeatAt,
    progress: job.progress,
    details: job.details,
    delayMs: job.delayMs,
    notBefore: job.notBefore,
    result: job.result,
    memoizedFrom: job.memoizedFrom,
    failure: job.failure,
    abort: job.abort,
    skipReason: job.skipReason,
    deferReason: job.deferReason,
    answer: job.answer,
    interrupted: job.interrupted,
    revision: job.revision,
    lastEventId: job.lastEventId,
  };
}
