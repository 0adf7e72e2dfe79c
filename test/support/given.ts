/** The language of the domain's tests: given(events).when(command).then(events). */
import {
  type CarriedResult,
  type DomainEvent,
  eventDefinitions,
  type JobDefinition,
  type JobEvent,
  type Position,
  type RecordedEvent,
  type StreamId,
} from '../../src/domain/events.js';
import { versionOf } from '../../src/domain/read-event.js';
import { GraphState, type JobNode } from '../../src/domain/graph.js';
import { decideJob, type JobCommand } from '../../src/domain/job-decisions.js';
import type { Rejection } from '../../src/domain/rejection.js';
import { assert } from './spec.js';

let clock = Date.parse('2026-01-01T00:00:00.000Z');
let ids = 0;

/** Gives events their envelopes, in the order they are made. */
export class Recorder {
  private position = 0;
  private readonly revisions = new Map<string, number>();

  record(stream: StreamId, event: DomainEvent): RecordedEvent {
    const key = `${stream.graphId}/${stream.jobId ?? ''}`;
    const revision = (this.revisions.get(key) ?? -1) + 1;
    this.revisions.set(key, revision);
    this.position += 1;
    clock += 1;
    ids += 1;
    return deepFreeze({
      ...stream,
      id: `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`,
      revision,
      position: String(this.position) as Position,
      recordedAt: new Date(clock).toISOString(),
      schemaVersion: event.type in eventDefinitions ? versionOf(event) : 1,
      causationId: null,
      actor: 'test',
      bytes: JSON.stringify(event.data).length,
      ...event,
    });
  }
}

function deepFreeze<A>(value: A): A {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

export const worker = (id: string) => ({ id, host: 'here', pid: 1 });

/** Events, one a line. */
export const started = (attempt = 1, id = 'w1'): JobEvent => ({
  type: 'JobStarted',
  data: { attempt, worker: worker(id), leaseMs: 1000 },
});
export const heartbeat = (attempt = 1): JobEvent => ({ type: 'Heartbeat', data: { attempt } });
export const finished = (attempt = 1, result: null | string | number = null): JobEvent => ({
  type: 'JobFinished',
  data: { attempt, result },
});
const failure = { reason: 'system/exception', exception: 'Error', message: 'boom' };
export const failed = (attempt = 1): JobEvent => ({
  type: 'JobFaulted',
  data: { attempt, cause: 'exception', failure, next: { kind: 'failed' } },
});
export const faulted = (attempt = 1, delayMs = 0): JobEvent => ({
  type: 'JobFaulted',
  data: { attempt, cause: 'fault', failure, next: { kind: 'retry', notBefore: '2020-01-01T00:00:00.000Z', delayMs } },
});
/** Jobs that an attempt spawns, as their ids have them: none names others, unless it says so. */
export const spawned = (jobs: Readonly<Record<string, Partial<JobDefinition>>>, attempt = 1): JobEvent => {
  const definitions = Object.entries(jobs).map(([id, rest]) => {
    return { id, type: id, parents: [id.slice(0, id.lastIndexOf('/'))], ...rest };
  });
  return { type: 'JobsSpawned', data: { attempt, jobs: definitions, args: {} } };
};
export const skipped = (attempt = 1): JobEvent => ({ type: 'JobSkipped', data: { attempt, reason: 'nothing new' } });
export const deferred = (attempt = 1, delayMs = 60_000): JobEvent => ({
  type: 'JobDeferred',
  data: { attempt, reason: 'too early', delayMs },
});
export const answered = (result: null | string | number = null, by = 'me'): JobEvent => ({
  type: 'JobAnswered',
  data: { by, reason: '', result },
});
export const answeredFailed = (by = 'me'): JobEvent => ({
  type: 'JobAnswered',
  data: {
    by,
    reason: 'checked',
    failure: { reason: 'system/answer', exception: 'FailedFromOutside', message: 'wrong' },
  },
});
/** A time limit has run out: of an attempt that runs, or of none. */
export const revoked = (attempt = 1): JobEvent => ({ type: 'ClaimRevoked', data: { attempt } });
export const expired = (attempt = 0, limit: 'scheduleToStart' | 'scheduleToClose' = 'scheduleToClose'): JobEvent => ({
  type: 'JobExpired',
  data: {
    limit,
    failure: { reason: 'system/schedule-to-close', exception: 'ScheduleToCloseTimeout', message: 'too late' },
    ...(attempt > 0 ? { attempt } : {}),
  },
});
export const aborted = (by = 'me'): JobEvent => ({ type: 'JobAborted', data: { by, message: 'no', silent: true } });
export const reset = (by = 'me'): JobEvent => ({ type: 'JobReset', data: { by, reason: 'again' } });
export const graphAborted: DomainEvent = { type: 'GraphAborted', data: { by: 'me', reason: 'no' } };
export const graphReset: DomainEvent = { type: 'GraphReset', data: { by: 'me', reason: 'again' } };
export const graphPaused: DomainEvent = { type: 'GraphPaused', data: { by: 'me', reason: 'wait' } };
export const graphResumed: DomainEvent = { type: 'GraphResumed', data: { by: 'me', reason: 'go' } };

export function submitted(
  jobs: Readonly<Record<string, readonly string[]>>,
  policy: Partial<JobDefinition> = {},
): DomainEvent {
  const definitions = Object.entries(jobs).map(([id, parents]) => ({ id, type: id, parents, ...policy }));
  return { type: 'GraphSubmitted', data: { part: 1, parts: 1, jobs: definitions, args: {}, labels: {}, priority: 0 } };
}

/** What a fork carries over. */
export const carried = (result: CarriedResult['result'] = null): CarriedResult => ({
  graphId: 'origin',
  attempt: 1,
  eventId: '00000000-0000-4000-8000-00000000000f',
  finishedAt: '2025-12-31T00:00:00.000Z',
  result,
});

/** A fork: as {@link submitted}, with the results of some of its jobs. */
export function forked(
  jobs: Readonly<Record<string, readonly string[]>>,
  results: Readonly<Record<string, CarriedResult['result']>>,
): DomainEvent {
  const definitions = Object.entries(jobs).map(([id, parents]): JobDefinition => {
    return { id, type: id, parents, ...(id in results ? { carried: carried(results[id]) } : {}) };
  });
  const forkedFrom = { graphId: 'origin', position: '7' as Position };
  const data = { part: 1, parts: 1, jobs: definitions, args: {}, labels: {}, priority: 0, forkedFrom };
  return { type: 'GraphSubmitted', data };
}

/** A graph `g`, and what happened: `['a', started()]` in a job's stream, a bare event in the graph's. */
export type Happening = DomainEvent | readonly [jobId: string, event: JobEvent];

/** Time passes by the log's clock. */
interface Passing {
  readonly passMs: number;
}

/** What happens, or nothing for a while. */
export type Step = Happening | Passing;

export function graphAfter(...happenings: readonly Step[]): GraphState {
  const recorder = new Recorder();
  const graph = new GraphState('g');
  for (const happening of happenings) {
    if ('passMs' in happening) {
      clock += happening.passMs;
      continue;
    }
    const [jobId, event] = isInJob(happening) ? happening : [null, happening];
    graph.apply(recorder.record({ graphId: 'g', jobId }, event));
  }
  return graph;
}

function isInJob(happening: Happening): happening is readonly [string, JobEvent] {
  return Array.isArray(happening);
}

export function given(...happenings: readonly Step[]) {
  return {
    when: (jobId: string, command: JobCommand) => {
      const job: JobNode = graphAfter(...happenings).jobs.get(jobId)!;
      const decision = decideJob(job.subject(), command);
      return {
        then(...events: readonly JobEvent[]) {
          assert.equal(decision, { _tag: 'Right', right: events });
        },
        thenRejected(code: Rejection['code'], message?: RegExp) {
          assert.is(decision._tag, 'Left');
          if (decision._tag !== 'Left') return;
          assert.is(decision.left.code, code);
          if (message !== undefined) assert.match(decision.left.message, message);
        },
      };
    },
  };
}

/** Each job's effective status. */
export function statuses(graph: GraphState): Record<string, string> {
  return Object.fromEntries([...graph.jobs.values()].map((job) => [job.id, job.status]));
}
