/**
 * Every event this engine writes: name, version, shape, and how older versions are read. This file is the storage
 * format, and so public API. An event's shape never changes under the same version: bump `version`, add the step from
 * the old one to `upcasters`, and leave the steps that are there alone.
 *
 * Ids are not repeated in the data: the name of an event's stream has its graph and job.
 */
import * as t from '../prelude/io.js';
import {
  Instant,
  intFrom,
  JsonRecord,
  JsonValue,
  numberBetween,
  oneOf,
  orNull,
  record,
  SafeInt,
  withOneOf,
} from '../prelude/codec.js';
import type { Json } from '../prelude/json.js';
import { dependencyRules } from './dependency-rules.js';
import { External } from './external.js';
import { JobLimit } from './job-limit.js';
import { Memoize, MemoizedFrom } from './memoize.js';
import { overlaps } from './overlap.js';
import { isTimed, timeLimits } from './timing.js';

const PositiveInt = intFrom(1);
const Milliseconds = intFrom(0, 'milliseconds, a whole number from 0');

/** An event's place in the log. Opaque; compare with `comparePositions` of positions.ts. */
export type Position = string & { readonly _position: unique symbol };

export const PositionText = t.string as unknown as t.Type<Position>;

/** When, and how often, a failed attempt is tried again. The field names are Temporal's. */
export const RetryPolicy = record(
  'retry policy',
  {},
  {
    /** Attempts in all, including the first. Without it there is no limit. */
    maximumAttempts: PositiveInt,
    initialIntervalMs: Milliseconds,
    backoffCoefficient: numberBetween(1, 1000, 'number from 1 to 1000'),
    maximumIntervalMs: Milliseconds,
    /** How much of a delay is random: a delay d becomes one between d × (1 − jitter) and d. */
    jitter: numberBetween(0, 1, 'number from 0 to 1'),
    /** Names of errors (`error.name`, its class or its `code`) that are never tried again. */
    nonRetryable: t.readonlyArray(t.string, 'list of error names'),
  },
);
export type RetryPolicy = t.TypeOf<typeof RetryPolicy>;

/** The result of a job that finished in another graph, and where it did. */
export const CarriedResult = record('carried result', {
  /** The graph in which the job ran. */
  graphId: t.string,
  /** The attempt that finished it there; 0 if it was answered from outside, and no attempt ran. */
  attempt: intFrom(0),
  /** Of the JobFinished or JobAnswered that recorded the result there. */
  eventId: t.string,
  /** When the log recorded that event. */
  finishedAt: Instant,
  result: JsonValue,
});
export type CarriedResult = t.TypeOf<typeof CarriedResult>;

/** What a fork was made from: a graph, as it stood at a position of the log. */
export const ForkedFrom = record('origin', { graphId: t.string, position: PositionText });
export type ForkedFrom = t.TypeOf<typeof ForkedFrom>;

/** One job as its graph's submission states it. It never changes afterwards. */
export const JobDefinition = record(
  'job',
  { id: t.string, type: t.string, parents: t.readonlyArray(t.string, 'list of job ids') },
  {
    /** What it asks of its parents before it may start; `all-finished` unless given. */
    when: oneOf(dependencyRules, 'rule of a dependency'),
    /** Those of its parents that may be skipped without its being skipped too. */
    optional: t.readonlyArray(t.string, 'list of job ids'),
    /** Those of its parents for whose spawned jobs it waits as well, however deep below them. */
    withSpawned: t.readonlyArray(t.string, 'list of job ids'),
    /** Only in a fork: the job that spawned it in the graph that the fork was made from, and that is carried over. */
    spawnedBy: t.string,
    /** Only where they differ from the graph's. */
    args: JsonRecord,
    retry: RetryPolicy,
    timeoutMs: PositiveInt,
    /** How many leases may be lost before the job counts as poison and fails. */
    maximumLostLeases: intFrom(0),
    /** The job does not run in this graph: it is finished from the start, with this result. */
    carried: CarriedResult,
    /** What is carried over is that the job skipped itself there: `eventId` is of its JobSkipped, and the result is null. */
    carriedStatus: t.literal('skipped'),
    /**
     * Its result is remembered. Added without a new version of GraphSubmitted: a reader that ignores it runs the job, which
     * is never wrong.
     */
    memoize: Memoize,
    /** No worker runs it: somebody outside answers it. */
    external: External,
    /** What it counts under, in the order of the keys: see limit-places.ts. */
    limits: t.readonlyArray(JobLimit, 'list of limits'),
    /**
     * In place of its graph's. Added without a new version of GraphSubmitted: a reader that ignores it starts jobs in another
     * order, which no job relies on.
     */
    priority: SafeInt,
    /** It does not start before this instant. */
    startAfter: Instant,
    /** It does not start before it has been ready for so long. */
    delayMs: PositiveInt,
    /** It has failed if no worker has started it so long after it could be. */
    scheduleToStartMs: PositiveInt,
    /** It has failed if it has not ended so long after it could first be started, whatever the attempts. */
    scheduleToCloseMs: PositiveInt,
  },
);
export type JobDefinition = t.TypeOf<typeof JobDefinition>;

const JobDefinitions = t.readonlyArray(JobDefinition, 'list of jobs');

/** Who runs a job. `id` is unique to one started worker. */
export const WorkerIdentity = record(
  'worker',
  { id: t.string, host: t.string, pid: SafeInt },
  {
    /**
     * Identifies the process on its host, so that others there can see whether it still runs; absent where a host cannot
     * tell. Added without a new version of JobStarted, since a reader that ignores it misreads nothing.
     */
    process: t.string,
  },
);
export type WorkerIdentity = t.TypeOf<typeof WorkerIdentity>;

/** What went wrong, as Overseer records it: `reason`, the exception's class, its message, and its data if it has any. */
export const Failure = record(
  'failure',
  { reason: t.string, exception: t.string, message: orNull(t.string) },
  { data: JsonValue },
);
export type Failure = t.TypeOf<typeof Failure>;

export const FaultCause = t.keyof(
  { fault: null, exception: null, timeout: null, 'lease-expired': null, released: null },
  'cause of a fault',
);
export type FaultCause = t.TypeOf<typeof FaultCause>;

const Retry = record(
  'retry',
  {
    kind: t.literal('retry'),
    /** Until when the job must wait, by the writer's clock. Only release 0.1.0 uses it; later ones use `delayMs`. */
    notBefore: Instant,
  },
  {
    /**
     * How long the job must wait after the log recorded this event. Added without a new version: a reader that ignores it
     * uses `notBefore` as before, but a reader that does not know a new version could not read the job at all.
     */
    delayMs: Milliseconds,
  },
);
const Failed = record('failed', { kind: t.literal('failed') });

/** Why there is a run: its instant fell due, an operator asked for it, or it has waited for the run before it. */
const firingKinds = ['due', 'asked', 'buffered'] as const;

/** The oldest version of GraphSubmitted that can say what a job's definition does. */
function versionOf(job: JobDefinition): number {
  const { when, optional, withSpawned, spawnedBy, carried, carriedStatus, external, limits } = job;
  const ofVersion3 = [when, optional, withSpawned, spawnedBy, carriedStatus, external, limits];
  if (ofVersion3.some((field) => field !== undefined) || carried?.attempt === 0 || isTimed(job)) return 3;
  return carried === undefined ? 1 : 2;
}

const definitions = {
  GraphSubmitted: define({
    version: 3,
    // Version 2 added `carried` to jobs, and version 3 `when`, `optional`, `withSpawned`, `spawnedBy`, `carriedStatus`,
    // `external`, `limits` and all that is said of time. A release that would run such a job again, or too early, or too many
    // of them, or at all, must not be able to read it.
    upcasters: { 1: (data) => data, 2: (data) => data },
    versionNeeded: ({ jobs, startAfter, deadline, deadlineMs }) => {
      const ofVersion3 = [startAfter, deadline, deadlineMs].some((field) => field !== undefined);
      return jobs.reduce((needed, job) => Math.max(needed, versionOf(job)), ofVersion3 ? 3 : 1);
    },
    means:
      'The graph exists. One too large for one event comes in parts and exists from its last part on; the first part has args, labels, priority and origin.',
    codec: record(
      'GraphSubmitted',
      {
        part: PositiveInt,
        parts: PositiveInt,
        jobs: JobDefinitions,
        args: JsonRecord,
        labels: t.readonly(t.record(t.string, t.string, 'labels')),
        priority: SafeInt,
      },
      {
        /** The graph it is a fork of. */
        forkedFrom: ForkedFrom,
        /** None of its jobs starts before this instant. */
        startAfter: Instant,
        /** It is aborted if it has not ended at this instant, or so long after its submission. */
        deadline: Instant,
        deadlineMs: PositiveInt,
      },
    ),
  }),
  GraphAborted: define({
    version: 1,
    means: 'Every job of the graph that had not ended is aborted.',
    codec: record(
      'GraphAborted',
      { by: t.string, reason: t.string },
      {
        /**
         * Its deadline, if that is why. Recorded before it, which only a wrong clock does, the event has no effect. Added
         * without a new version: only a graph with a deadline has it.
         */
        deadline: Instant,
      },
    ),
  }),
  GraphReset: define({
    version: 1,
    means: 'An operator resets the abort of the graph: jobs aborted only by it are unstarted again.',
    codec: record('GraphReset', { by: t.string, reason: t.string }),
  }),
  GraphPaused: define({
    version: 1,
    means: 'An operator pauses the graph: none of its jobs is started until it is resumed. Those that run go on.',
    codec: record('GraphPaused', { by: t.string, reason: t.string }),
  }),
  GraphResumed: define({
    version: 1,
    means: 'An operator ends the pause of the graph.',
    codec: record('GraphResumed', { by: t.string, reason: t.string }),
  }),
  WorkPaused: define({
    version: 1,
    means:
      'An operator pauses a type of job in all graphs, or with the type null all work of the namespace: no such job is started until it is resumed. Those that run go on.',
    codec: record('WorkPaused', { jobType: orNull(t.string), by: t.string, reason: t.string }),
  }),
  WorkResumed: define({
    version: 1,
    means: 'An operator ends the pause of a type of job, or with the type null that of all work.',
    codec: record('WorkResumed', { jobType: orNull(t.string), by: t.string, reason: t.string }),
  }),
  JobStarted: define({
    version: 1,
    means: 'A worker has claimed the job and holds it for the length of the lease.',
    codec: record('JobStarted', { attempt: PositiveInt, worker: WorkerIdentity, leaseMs: PositiveInt }),
  }),
  Heartbeat: define({
    version: 1,
    means: 'The owner is alive; its lease starts again.',
    codec: record(
      'Heartbeat',
      { attempt: PositiveInt },
      { progress: numberBetween(0, 1, 'number from 0 to 1'), details: JsonValue },
    ),
  }),
  JobsSpawned: define({
    version: 1,
    means:
      'The attempt adds jobs to the graph, below its own. They exist from the moment at which it finishes, and never if it does not. Many come in several of these events.',
    codec: record('JobsSpawned', {
      attempt: PositiveInt,
      jobs: JobDefinitions,
      /** Those of the job that spawns, for every job that has none of its own. */
      args: JsonRecord,
    }),
  }),
  JobFinished: define({
    version: 1,
    means: 'The job is done; children whose rules ask for no more become ready.',
    codec: record(
      'JobFinished',
      { attempt: PositiveInt, result: JsonValue },
      {
        /**
         * The handler was not run: the result was remembered from this job. Added without a new version: a reader that
         * ignores it sees a job that finished with this result, which it did.
         */
        memoized: MemoizedFrom,
      },
    ),
  }),
  JobFaulted: define({
    version: 1,
    means:
      'This attempt is over without a result. Either the job is unstarted again and may start after a delay, or it has failed.',
    codec: record(
      'JobFaulted',
      {
        attempt: PositiveInt,
        cause: FaultCause,
        failure: Failure,
        next: t.union([Retry, Failed], 'retry or failed'),
      },
      { stack: t.string },
    ),
  }),
  JobAborted: define({
    version: 1,
    means: 'The job is aborted, and with it every job that depends on its success.',
    codec: record(
      'JobAborted',
      { by: t.string, message: t.string, silent: t.boolean },
      /** The attempt that aborted itself; absent when somebody else did. */
      { attempt: PositiveInt },
    ),
  }),
  JobSkipped: define({
    version: 1,
    means: 'The handler found that there is nothing to do. Jobs that need a result of this one are skipped too.',
    codec: record('JobSkipped', { attempt: PositiveInt, reason: t.string }),
  }),
  JobDeferred: define({
    version: 1,
    means:
      'The handler found that it is too early: the job is unstarted again and may start after a delay. The attempt counts as no failure.',
    codec: record('JobDeferred', {
      attempt: PositiveInt,
      reason: t.string,
      /** How long the job must wait after the log recorded this event. */
      delayMs: Milliseconds,
    }),
  }),
  JobAnswered: define({
    version: 1,
    means: 'Somebody outside answered a job that no worker runs: it has finished with a result, or has failed.',
    codec: withOneOf(
      record(
        'JobAnswered',
        { by: t.string, reason: t.string },
        {
          /** Of a job that has finished. There is either a result or a failure. */
          result: JsonValue,
          /** Of a job that has failed. */
          failure: Failure,
        },
      ),
      'result',
      'failure',
    ),
  }),
  JobExpired: define({
    version: 1,
    means:
      'A time limit of the job has run out: it has failed. An attempt that runs is over; only its own worker writes that. Recorded too early, which only a wrong clock does, the event has no effect.',
    codec: record(
      'JobExpired',
      { limit: oneOf(timeLimits, 'time limit'), failure: Failure },
      /** The attempt that ran; absent when none did. */
      { attempt: PositiveInt },
    ),
  }),
  ClaimRevoked: define({
    version: 1,
    means:
      'Nobody starts this attempt any more on what was seen of the job before. It is written when a place was taken for a claim that does not come: then the place can be given back. The job stays as it is.',
    codec: record('ClaimRevoked', { attempt: PositiveInt }),
  }),
  JobReset: define({
    version: 1,
    means: 'An operator reopens a job that failed, was aborted or skipped itself: it is unstarted again.',
    codec: record('JobReset', { by: t.string, reason: t.string }),
  }),
  ResultMemoized: define({
    version: 1,
    means:
      "The result of a job that has finished is the one remembered under the key in the stream's name, from now on.",
    codec: record('ResultMemoized', {
      graphId: t.string,
      jobId: t.string,
      attempt: PositiveInt,
      /** Of the JobFinished that holds the result. */
      eventId: t.string,
      /** Of that event in its stream. */
      revision: intFrom(0),
    }),
  }),
  LimitSet: define({
    version: 1,
    means:
      'An operator limits what runs under a key, or under all keys that begin alike: so many places at a time, so many starts in any window, or both. It holds for what starts from now on.',
    codec: record(
      'LimitSet',
      { key: t.string, by: t.string, reason: t.string },
      { concurrency: PositiveInt, starts: PositiveInt, windowMs: PositiveInt },
    ),
  }),
  LimitRemoved: define({
    version: 1,
    means: 'An operator takes a limit away. What else is set for keys that begin alike holds again.',
    codec: record('LimitRemoved', { key: t.string, by: t.string, reason: t.string }),
  }),
  PlaceTaken: define({
    version: 1,
    means:
      "A worker takes a place under the key in the stream's name, for a claim of a job behind a revision of its stream. It names the limits it was judged by. Over these, or too early for them by the time at which it was recorded, it is void: it has no effect.",
    codec: record(
      'PlaceTaken',
      { graphId: t.string, jobId: t.string, attempt: PositiveInt, after: intFrom(-1), units: PositiveInt },
      { concurrency: PositiveInt, starts: PositiveInt, windowMs: PositiveInt },
    ),
  }),
  PlaceGivenBack: define({
    version: 1,
    means: 'The attempt that had the place is over, or can never begin: another may take it.',
    codec: record('PlaceGivenBack', {
      graphId: t.string,
      jobId: t.string,
      attempt: PositiveInt,
      after: intFrom(-1),
    }),
  }),
  ScheduleNamed: define({
    version: 1,
    means: 'There may be a schedule of this name from now on: its stream says so. Names are never taken back.',
    codec: record('ScheduleNamed', { name: t.string }),
  }),
  ScheduleSet: define({
    // What needs a new version of GraphSubmitted, because of its jobs, needs one of this event too.
    version: 1,
    means:
      'An operator sets the schedule: what falls due after this moment is made from it. It holds the whole graph of the runs, and either a cron line and its time zone, or a period.',
    codec: record(
      'ScheduleSet',
      {
        jobs: t.readonlyArray(JobDefinition, 'list of jobs'),
        args: JsonRecord,
        labels: t.readonly(t.record(t.string, t.string, 'labels')),
        priority: SafeInt,
        overlap: oneOf(overlaps, 'rule of overlapping runs'),
        catchUpMs: PositiveInt,
        by: t.string,
        reason: t.string,
      },
      { cron: t.string, timezone: t.string, everyMs: PositiveInt, deadlineMs: PositiveInt },
    ),
  }),
  SchedulePaused: define({
    version: 1,
    means: 'An operator pauses the schedule: nothing that falls due is made until it is resumed. Runs there are go on.',
    codec: record('SchedulePaused', { by: t.string, reason: t.string }),
  }),
  ScheduleResumed: define({
    version: 1,
    means:
      'An operator ends the pause of the schedule. What fell due before this moment and was not decided is not made.',
    codec: record('ScheduleResumed', { by: t.string, reason: t.string }),
  }),
  ScheduleRemoved: define({
    version: 1,
    means: 'An operator removes the schedule: it makes no run any more, until it is set again. Runs there are go on.',
    codec: record('ScheduleRemoved', { by: t.string, reason: t.string }),
  }),
  ScheduleTriggered: define({
    version: 1,
    means: 'An operator asks for runs: one now, or those of a stretch of the past. Each waits for the run before it.',
    codec: record(
      'ScheduleTriggered',
      { instants: t.readonlyArray(Instant, 'list of instants'), by: t.string, reason: t.string },
      { backfill: record('stretch', { from: Instant, to: Instant }) },
    ),
  }),
  ScheduleFired: define({
    version: 1,
    means:
      'A run is decided: the graph of this id, made from what was last set before. Whoever sees that it is missing submits it.',
    codec: record(
      'ScheduleFired',
      { instant: Instant, kind: oneOf(firingKinds, 'kind of run'), graphId: t.string },
      /** The run before it, which is aborted first if it has not ended. */
      { aborts: t.string },
    ),
  }),
  ScheduleBuffered: define({
    version: 1,
    means: 'An instant is due, and waits until the run before it has ended.',
    codec: record('ScheduleBuffered', { instant: Instant }),
  }),
  ScheduleSkipped: define({
    version: 1,
    means:
      'What fell due from one instant to another is not made: the run before it had not ended (`overlap`), or nobody was there in time (`missed`).',
    codec: record(
      'ScheduleSkipped',
      { from: Instant, to: Instant, why: oneOf(['overlap', 'missed'], 'reason') },
      /** How many instants, if not too many to be counted. */
      { count: PositiveInt },
    ),
  }),
};

/** A step from one version of an event's data to the next: pure, total on what that version wrote, frozen once released. */
type Upcaster = (data: unknown) => unknown;

/** @internal */
export interface Definition<Data> {
  readonly version: number;
  readonly means: string;
  readonly codec: t.Decoder<unknown, Data> & { is(value: unknown): boolean; readonly fields: readonly string[] };
  /** By the version they start from. */
  readonly upcasters: Readonly<Record<number, Upcaster>>;
  /** The oldest version whose readers understand this data correctly. Default: the current version. */
  versionNeeded?(data: Data): number;
}

function define<Data>(definition: Omit<Definition<Data>, 'upcasters'> & Partial<Definition<Data>>): Definition<Data> {
  return { upcasters: {}, ...definition };
}

/** The events by name. */
export const eventDefinitions: {
  readonly [Type in keyof typeof definitions]: (typeof definitions)[Type];
} = definitions;

export type EventType = keyof typeof definitions;
type EventData<Type extends EventType> = (typeof definitions)[Type] extends Definition<infer Data> ? Data : never;

/** One fact: what happened, and its data. */
export type DomainEvent = {
  readonly [Type in EventType]: { readonly type: Type; readonly data: EventData<Type> };
}[EventType];
export type EventOf<Type extends EventType> = Extract<DomainEvent, { readonly type: Type }>;

/** Jobs that an attempt spawns, as its event has them. */
export type Spawned = Pick<EventOf<'JobsSpawned'>['data'], 'jobs' | 'args'>;

/** What an answer from outside says of its job. */
export type AnswerOutcome =
  { readonly kind: 'finished'; readonly result: Json } | { readonly kind: 'failed'; readonly failure: Failure };

export function answerIn({ result = null, failure }: EventOf<'JobAnswered'>['data']): AnswerOutcome {
  return failure === undefined ? { kind: 'finished', result } : { kind: 'failed', failure };
}

/** Events of a job's stream. */
export type JobEvent = EventOf<
  | 'JobStarted'
  | 'Heartbeat'
  | 'JobsSpawned'
  | 'JobFinished'
  | 'JobFaulted'
  | 'JobAborted'
  | 'JobSkipped'
  | 'JobDeferred'
  | 'JobAnswered'
  | 'JobExpired'
  | 'ClaimRevoked'
  | 'JobReset'
>;
/** Events of a graph's own stream. */
export type GraphEvent = EventOf<'GraphSubmitted' | 'GraphAborted' | 'GraphReset' | 'GraphPaused' | 'GraphResumed'>;
/** Events of the namespace's own stream: see namespace-stream.ts. */
export type NamespaceEvent = EventOf<'WorkPaused' | 'WorkResumed' | 'ScheduleNamed' | 'LimitSet' | 'LimitRemoved'>;
/** Events of a stream of places: see limit-places.ts. */
export type PlaceEvent = EventOf<'PlaceTaken' | 'PlaceGivenBack'>;
/** Events of a schedule's stream: see schedules.ts. */
export type ScheduleEvent = EventOf<
  | 'ScheduleSet'
  | 'SchedulePaused'
  | 'ScheduleResumed'
  | 'ScheduleRemoved'
  | 'ScheduleTriggered'
  | 'ScheduleFired'
  | 'ScheduleBuffered'
  | 'ScheduleSkipped'
>;

/** The events by which an attempt ends, when they are its own. */
export const attemptEnds: readonly RecordedEvent['type'][] = [
  'JobFinished',
  'JobFaulted',
  'JobAborted',
  'JobSkipped',
  'JobDeferred',
  'JobExpired',
];

export const eventTypes = Object.keys(definitions) as readonly EventType[];

/** The jobs that an event defines: those of a submission, and those that are spawned if its attempt finishes. */
export function jobsIn(event: RecordedEvent): readonly JobDefinition[] {
  return event.type === 'GraphSubmitted' || event.type === 'JobsSpawned' ? event.data.jobs : noJobs;
}

const noJobs: readonly JobDefinition[] = [];

/** Types of the events that define jobs. */
export const definingJobs: readonly EventType[] = ['GraphSubmitted', 'JobsSpawned'];

/**
 * A stream: a graph's own (`jobId` is null), or that of one of its jobs. With the empty graph id, which no graph can have,
 * it belongs to the namespace itself.
 */
export interface StreamId {
  readonly graphId: string;
  readonly jobId: string | null;
}

/** An event about to be appended. Its id is made before the append and kept while the append is tried again. */
export interface NewEvent {
  readonly id: string;
  readonly event: DomainEvent;
  /** Id of the event that led to this one. */
  readonly causationId: string | null;
  /** Who wrote it: a worker's id or an operator's name. */
  readonly actor: string;
}

/** What the log knows about an event besides its type and data. */
export interface EventEnvelope extends StreamId {
  /** A UUID. */
  readonly id: string;
  /** The event's place in its stream, from 0. */
  readonly revision: number;
  readonly position: Position;
  /** When the log recorded it. Never decreases along the log, as far as a server's clock allows. */
  readonly recordedAt: string;
  readonly schemaVersion: number;
  /** Id of the event that led to this one. Stored as `$causationId`; `$correlationId` is the graph's id. */
  readonly causationId: string | null;
  readonly actor: string;
  /** The length of its data as stored. */
  readonly bytes: number;
}

/** Why an event cannot be understood. A newer release may understand the first two; no release the others. */
export type UnreadableProblem = 'unknown-event-type' | 'event-from-the-future' | 'malformed-event' | 'nested-too-deep';

/** A stored event that cannot be understood. It is kept, shown and reported, and changes nothing. */
export interface UnreadableEvent {
  readonly type: 'Unreadable';
  readonly data: {
    readonly storedType: string;
    readonly problem: UnreadableProblem;
    readonly explanation: string;
    /** Its data as stored; as text if it is nested too deeply. */
    readonly stored: unknown;
  };
}

export type RecordedEvent = EventEnvelope & (DomainEvent | UnreadableEvent);
