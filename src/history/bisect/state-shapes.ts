import { External, type JobAnswer } from '../../domain/external.js';
import { JobLimit } from '../../domain/job-limit.js';
import { Memoize, MemoizedFrom } from '../../domain/memoize.js';
import type { Pause } from '../../domain/pauses.js';
import { eventTypes, Failure, RetryPolicy, WorkerIdentity } from '../../domain/events.js';
import { type DerivedStatus, type GraphStatus, graphStatuses } from '../../domain/graph.js';
import { dependencyRules } from '../../domain/dependency-rules.js';
import { jobStatuses } from '../../domain/job.js';
import type { JobExpiry, JobInfo } from '../../domain/graph-info.js';
import { timeLimits } from '../../domain/timing.js';
import type { GraphView } from '../moments/graph-history.js';
import type { LogView } from './log-view.js';
import type { Shape } from './shape.js';

/** The members of an object; the compiler sees to it that none is missing. */
function members<A extends object>(shapes: Readonly<Record<keyof A, Shape>>): Shape {
  return { kind: 'members', members: shapes };
}

const free: Shape = { kind: 'free' };
const value: Shape = { kind: 'value' };
const oneOf = (names: readonly string[]): Shape => ({ kind: 'value', names });
const fieldsOf = ({ fields }: { readonly fields: readonly string[] }, ownData: readonly string[] = []): Shape => ({
  kind: 'members',
  members: Object.fromEntries(fields.map((name) => [name, ownData.includes(name) ? free : value])),
});

const derived: Readonly<Record<DerivedStatus, Shape>> = {
  finished: value,
  skipped: value,
  started: value,
  ready: value,
  awaiting: value,
  'backing-off': value,
  deferred: value,
  delayed: value,
  waiting: value,
  blocked: value,
  failed: value,
  aborted: value,
};

const job = members<JobInfo>({
  graphId: value,
  id: value,
  type: value,
  status: oneOf(jobStatuses),
  derivedStatus: oneOf(Object.keys(derived)),
  args: free,
  parents: { kind: 'list', item: value },
  when: oneOf(dependencyRules),
  optional: { kind: 'list', item: value },
  withSpawned: { kind: 'list', item: value },
  spawnedBy: value,
  retry: fieldsOf(RetryPolicy, ['nonRetryable']),
  timeoutMs: value,
  priority: value,
  startAfter: value,
  delayMs: value,
  scheduleToStartMs: value,
  scheduleToCloseMs: value,
  expiry: members<JobExpiry>({ limit: oneOf(timeLimits), at: value }),
  external: fieldsOf(External),
  limits: { kind: 'list', item: fieldsOf(JobLimit) },
  attempt: value,
  result: free,
  carriedFrom: members<NonNullable<JobInfo['carriedFrom']>>({
    graphId: value,
    attempt: value,
    eventId: value,
    finishedAt: value,
  }),
  failure: fieldsOf(Failure, ['data']),
  memoize: fieldsOf(Memoize),
  memoizedFrom: fieldsOf(MemoizedFrom),
  pauses: {
    kind: 'list',
    item: members<Pause>({
      scope: oneOf(['namespace', 'type', 'graph']),
      type: value,
      graphId: value,
      by: value,
      reason: value,
      at: value,
    }),
  },
  abort: members<NonNullable<JobInfo['abort']>>({ by: value, message: value, silent: value }),
  skipReason: value,
  deferReason: value,
  answer: members<JobAnswer>({ by: value, reason: value, at: value }),
  worker: fieldsOf(WorkerIdentity),
  progress: value,
  details: free,
  notBefore: value,
  startedAt: value,
  endedAt: value,
  heartbeatAt: value,
  leaseMs: value,
  lostLeases: value,
});

/** What a question about a graph may name. */
export function graphShape(jobIds: readonly string[]): Shape {
  return members<GraphView>({
    number: value,
    at: value,
    event: members<GraphView['event']>({
      type: oneOf([...eventTypes, 'Unreadable']),
      jobId: oneOf(jobIds),
      actor: value,
    }),
    id: value,
    status: oneOf(graphStatuses),
    labels: free,
    priority: value,
    isPaused: value,
    count: members(derived),
    jobs: { kind: 'map', of: 'job', names: jobIds, value: job },
  });
}

const statusCounts = Object.fromEntries(graphStatuses.map((status) => [status, value])) as Record<GraphStatus, Shape>;

/**
 * What a question about the whole log may name.
 *
 * @param there which types of jobs and which graphs there are, once the log has been read; before that, any may come
 */
export function logShape(
  there: { readonly types: readonly string[]; readonly graphIds: readonly string[] } | null,
): Shape {
  const graphId = there === null ? value : oneOf(there.graphIds);
  return members<LogView>({
    number: value,
    at: value,
    event: members<LogView['event']>({
      type: oneOf([...eventTypes, 'Unreadable']),
      graphId,
      jobId: value,
      actor: value,
    }),
    graphs: members(statusCounts),
    started: value,
    ready: { kind: 'map', of: 'type of job', ...(there === null ? {} : { names: there.types }), value },
  });
}
