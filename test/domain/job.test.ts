import { eventTypes, type JobEvent } from '../../src/domain/events.js';
import { jobStatuses, transitions } from '../../src/domain/job.js';
import { type JobCommand } from '../../src/domain/job-decisions.js';
import {
  aborted,
  answered,
  deferred,
  expired,
  failed,
  faulted,
  finished,
  given,
  graphAborted,
  graphAfter,
  graphPaused,
  graphResumed,
  type Happening,
  heartbeat,
  reset,
  revoked,
  skipped,
  started,
  statuses,
  submitted,
  worker,
  spawned,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('the job’s state machine');

const one = submitted({ a: [] });
const asked = submitted({ a: [] }, { external: {} });
const limited = submitted({ a: [] }, { scheduleToCloseMs: 1 });
const start: JobCommand = { kind: 'start', worker: worker('w2'), leaseMs: 500, hasWaited: true };
const finish = (attempt: number): JobCommand => ({ kind: 'finish', attempt, result: 7 });
const abort: JobCommand = { kind: 'abort', by: 'op', message: 'enough', silent: true };
const resetIt: JobCommand = { kind: 'reset', by: 'op', reason: 'again' };
const fail = (
  cause: 'fault' | 'exception' | 'timeout' | 'lease-expired' | 'released',
  more: object = {},
): JobCommand => ({
  kind: 'fault',
  attempt: 1,
  cause,
  failure: { reason: `system/${cause}`, exception: 'Error', message: 'boom' },
  errorNames: ['Error'],
  now: Date.parse('2026-06-01T00:00:00.000Z'),
  random: 0,
  ...more,
});

/** Histories that leave job a in each status. */
const inStatus: Record<(typeof jobStatuses)[number], readonly Happening[]> = {
  unstarted: [one],
  started: [one, ['a', started()]],
  finished: [one, ['a', started()], ['a', finished()]],
  failed: [one, ['a', started()], ['a', failed()]],
  aborted: [one, ['a', aborted()]],
  skipped: [one, ['a', started()], ['a', skipped()]],
};

spec.test('given an unstarted job without parents, when it is started, then JobStarted with the next attempt', () => {
  given(one)
    .when('a', start)
    .then({ type: 'JobStarted', data: { attempt: 1, worker: worker('w2'), leaseMs: 500 } });
  given(one, ['a', started()], ['a', faulted()])
    .when('a', start)
    .then({ type: 'JobStarted', data: { attempt: 2, worker: worker('w2'), leaseMs: 500 } });
});

spec.test('given a started job, when it is started, then job-already-started', () => {
  given(...inStatus.started)
    .when('a', start)
    .thenRejected('job-already-started', /"a".*graph g/);
});

spec.test('given an ended job, when it is started, then job-already-ended', () => {
  for (const status of ['finished', 'failed', 'aborted'] as const) {
    given(...inStatus[status])
      .when('a', start)
      .thenRejected('job-already-ended', new RegExp(status));
  }
});

spec.test('given a parent that is not finished, when the child is started, then job-not-ready names it', () => {
  given(submitted({ a: [], b: ['a'] }), ['a', started()])
    .when('b', start)
    .thenRejected('job-not-ready', /waits for a/);
});

spec.test('given a job that is backing off, when it is started too early, then job-not-ready says for how long', () => {
  const history: readonly Happening[] = [one, ['a', started()], ['a', faulted(1, 250)]];
  given(...history)
    .when('a', { ...start, hasWaited: false })
    .thenRejected('job-not-ready', /backing off until 2026-01-01T/);
  given(...history)
    .when('a', start)
    .then({ type: 'JobStarted', data: { attempt: 2, worker: worker('w2'), leaseMs: 500 } });
});

spec.test('given a started job, when its attempt beats, finishes or aborts, then the event of that attempt', () => {
  given(...inStatus.started)
    .when('a', { kind: 'heartbeat', attempt: 1 })
    .then({ type: 'Heartbeat', data: { attempt: 1 } });
  given(...inStatus.started)
    .when('a', { kind: 'heartbeat', attempt: 1, progress: 0.5, details: { row: 3 } })
    .then({ type: 'Heartbeat', data: { attempt: 1, progress: 0.5, details: { row: 3 } } });
  given(...inStatus.started)
    .when('a', finish(1))
    .then({ type: 'JobFinished', data: { attempt: 1, result: 7 } });
  given(...inStatus.started)
    .when('a', { ...abort, attempt: 1 })
    .then({ type: 'JobAborted', data: { by: 'op', message: 'enough', silent: true, attempt: 1 } });
});

spec.test('given a job that is not started, when an attempt says anything, then job-not-started', () => {
  for (const status of ['unstarted', 'finished', 'failed', 'aborted'] as const) {
    for (const command of [
      finish(1),
      fail('fault'),
      { kind: 'heartbeat', attempt: 1 } as const,
      { ...abort, attempt: 1 } as JobCommand,
    ]) {
      given(...inStatus[status])
        .when('a', command)
        .thenRejected('job-not-started', new RegExp(status));
    }
  }
});

spec.test('given a later attempt, when an older one says anything, then attempt-superseded', () => {
  const history: readonly Happening[] = [one, ['a', started(1, 'old')], ['a', faulted()], ['a', started(2, 'new')]];
  for (const command of [
    finish(1),
    fail('fault'),
    { kind: 'heartbeat', attempt: 1 } as const,
    { ...abort, attempt: 1 } as JobCommand,
  ]) {
    given(...history)
      .when('a', command)
      .thenRejected('attempt-superseded', /attempt 1 .* attempt 2/);
  }
});

spec.test('given an exception without a policy, then the job fails; with one, it may be tried again', () => {
  const event = (next: object): JobEvent => ({
    type: 'JobFaulted',
    data: {
      attempt: 1,
      cause: 'exception',
      failure: { reason: 'system/exception', exception: 'Error', message: 'boom' },
      next: next as { kind: 'failed' },
    },
  });
  given(...inStatus.started)
    .when('a', fail('exception'))
    .then(event({ kind: 'failed' }));
  const retry = { maximumAttempts: 2, initialIntervalMs: 100, jitter: 0 };
  given(submitted({ a: [] }, { retry }), ['a', started()])
    .when('a', fail('exception'))
    .then(event({ kind: 'retry', notBefore: '2026-06-01T00:00:00.100Z', delayMs: 100 }));
  given(...inStatus.started)
    .when('a', fail('exception', { policyOfType: retry }))
    .then(event({ kind: 'retry', notBefore: '2026-06-01T00:00:00.100Z', delayMs: 100 }));
});

spec.test('given an aborted job, when it is aborted again, then nothing; an ended one refuses', () => {
  given(...inStatus.aborted)
    .when('a', abort)
    .then();
  given(...inStatus.finished)
    .when('a', abort)
    .thenRejected('job-already-ended', /finished and stays so/);
  given(...inStatus.failed)
    .when('a', abort)
    .thenRejected('job-already-ended', /failed and stays so/);
});

spec.test(
  'given a job that failed, was aborted or skipped itself, when it is reset, then JobReset; any other refuses',
  () => {
    for (const status of ['failed', 'aborted', 'skipped'] as const) {
      given(...inStatus[status])
        .when('a', resetIt)
        .then({ type: 'JobReset', data: { by: 'op', reason: 'again' } });
    }
    for (const status of ['unstarted', 'started', 'finished'] as const) {
      given(...inStatus[status])
        .when('a', resetIt)
        .thenRejected('job-not-ended', /only a job that failed, was aborted or skipped itself/);
    }
  },
);

spec.test('given a job aborted only through another, when it is reset, then the rejection says which to retry', () => {
  given(submitted({ a: [], b: ['a'], c: ['b'] }), ['a', aborted()])
    .when('c', resetIt)
    .thenRejected('job-aborted-through-another', /job "a"; retry that one/);
  given(one, graphAborted)
    .when('a', resetIt)
    .thenRejected('job-aborted-through-another', /graph g; retry that one/);
});

spec.test('given a paused graph, then no job of it is started, and those that run go on', () => {
  given(one, graphPaused)
    .when('a', start)
    .thenRejected('job-paused', /held back, since its graph is paused/);
  given(one, graphPaused, graphResumed)
    .when('a', start)
    .then({ type: 'JobStarted', data: { attempt: 1, worker: worker('w2'), leaseMs: 500 } });
  given(one, ['a', started()], graphPaused)
    .when('a', finish(1))
    .then({ type: 'JobFinished', data: { attempt: 1, result: 7 } });
});

spec.test(
  'given each event in each status, then the table of transitions is what happens, and all else is an anomaly',
  () => {
    const events: Record<keyof typeof transitions, (attempt: number) => JobEvent> = {
      JobStarted: (attempt) => started(attempt + 1),
      Heartbeat: heartbeat,
      JobsSpawned: (attempt) => spawned({ x: {} }, attempt),
      JobFinished: finished,
      JobFaulted: faulted,
      JobAborted: () => aborted(),
      JobSkipped: skipped,
      JobDeferred: deferred,
      JobAnswered: () => answered(),
      JobExpired: (attempt) => expired(attempt),
      ClaimRevoked: (attempt) => revoked(attempt + 1),
      JobReset: () => reset(),
    };
    let covered = 0;
    for (const status of jobStatuses) {
      for (const [type, make] of Object.entries(events)) {
        const attempt = status === 'unstarted' || status === 'aborted' ? 0 : 1;
        // Only a job that no worker runs is answered.
        const isAnswer = type === 'JobAnswered' && status === 'unstarted';
        const first = type === 'JobExpired' ? limited : isAnswer ? asked : one;
        const history = [first, ...inStatus[status].slice(1)];
        const graph = graphAfter(...history, ['a', make(attempt)]);
        const table = transitions[type as keyof typeof transitions] as Partial<Record<string, string>>;
        assert.is(statuses(graph)['a'], table[status] ?? status, `${type} while ${status}`);
        assert.is(graph.anomalies.length, table[status] === undefined ? 1 : 0, `${type} while ${status}`);
        covered += 1;
      }
    }
    assert.is(covered, jobStatuses.length * 12);
    assert.is(eventTypes.length, 33);
  },
);

spec.run();
