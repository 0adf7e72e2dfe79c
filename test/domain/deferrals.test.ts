/** Jobs that their handlers put off. */
import type { JobCommand } from '../../src/domain/job-decisions.js';
import { deferralMs, longestDelayMs } from '../../src/domain/retry-policy.js';
import {
  deferred,
  failed,
  faulted,
  finished,
  given,
  graphAborted,
  graphAfter,
  type Happening,
  heartbeat,
  reset,
  started,
  submitted,
  worker,
} from '../support/given.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('jobs that are put off');

const running: readonly Happening[] = [submitted({ a: [], b: ['a'] }), ['a', started()]];
const putOff = [...running, ['a', deferred(1, 60_000)]] as const;
const defer = (delayMs: number, attempt = 1): JobCommand => ({ kind: 'defer', attempt, reason: 'not there', delayMs });

spec.test('given a started job, when its handler defers it, then it is unstarted and waits that long', () => {
  given(...running)
    .when('a', defer(60_000))
    .then({ type: 'JobDeferred', data: { attempt: 1, reason: 'not there', delayMs: 60_000 } });
  const { state, ...job } = { state: graphAfter(...putOff).jobs.get('a')!.state, node: graphAfter(...putOff) };
  assert.equal(
    [state.status, state.delayMs, state.deferReason, state.worker],
    ['unstarted', 60_000, 'too early', null],
  );
  assert.is(Date.parse(state.notBefore!) - Date.parse(state.endedAt!), 60_000);
  const node = job.node.jobs.get('a')!;
  assert.equal([node.derivedStatus(0), node.derivedStatus(Infinity), node.isReady], ['deferred', 'ready', true]);
  assert.equal([job.node.status, job.node.jobs.get('b')!.derivedStatus(0)], ['running', 'waiting']);
});

spec.test('given a job that is put off, when it is started too early, then job-not-ready says for how long', () => {
  const start = { kind: 'start', worker: worker('w'), leaseMs: 500, hasWaited: false } as const;
  given(...putOff)
    .when('a', start)
    .thenRejected('job-not-ready', /is put off until 2026-01-01T/);
  given(...putOff)
    .when('a', { ...start, hasWaited: true })
    .then({ type: 'JobStarted', data: { attempt: 2, worker: worker('w'), leaseMs: 500 } });
  const again = graphAfter(...putOff, ['a', started(2)]).jobs.get('a')!.state;
  assert.equal([again.deferReason, again.delayMs, again.notBefore], [null, null, null]);
});

spec.test('given many deferrals, then none counts: neither as a failure nor as a lost lease', () => {
  let history: readonly Happening[] = [submitted({ a: [] }, { retry: { maximumAttempts: 2 } })];
  for (let attempt = 1; attempt <= 20; attempt++) {
    history = [...history, ['a', started(attempt)], ['a', deferred(attempt)]];
  }
  const { failures, lostLeases, failure } = graphAfter(...history).jobs.get('a')!.state;
  assert.equal([failures, lostLeases, failure], [0, 0, null]);
  const oops = { reason: 'system/fault', exception: 'Fault', message: null };
  given(...history, ['a', started(21)])
    .when('a', { kind: 'fault', attempt: 21, cause: 'fault', failure: oops, errorNames: [], now: 0, random: 0 })
    .then({
      type: 'JobFaulted',
      data: {
        ...{ attempt: 21, cause: 'fault', failure: oops },
        next: { kind: 'retry', notBefore: '1970-01-01T00:00:01.000Z', delayMs: 1000 },
      },
    });
});

spec.test(
  'given a fault before, when the next attempt defers, then the failure count stays and the failure is over',
  () => {
    const { state } = graphAfter(
      ...([submitted({ a: [] }), ['a', started()], ['a', faulted()], ['a', started(2)], ['a', deferred(2)]] as const),
    ).jobs.get('a')!;
    assert.equal([state.failures, state.failure, state.deferReason], [1, null, 'too early']);
  },
);

spec.test('given details of a heartbeat, then the attempt after a deferral gets them', () => {
  const beat = { ...heartbeat(), data: { attempt: 1, details: { page: 3 } } } as ReturnType<typeof heartbeat>;
  const { details } = graphAfter(...running, ['a', beat], ['a', deferred()], ['a', started(2)]).jobs.get('a')!.state;
  assert.equal(details, { page: 3 });
});

spec.test('given how long a handler asks to wait, then it is a second at least and a century at most', () => {
  const asked = [0, -5, 999, 1000, 1000.2, NaN, Infinity, 1e300, 60_000];
  assert.equal(asked.map(deferralMs), [
    ...[1000, 1000, 1000, 1000, 1001, 1000],
    ...[longestDelayMs, longestDelayMs, 60_000],
  ]);
  given(...running)
    .when('a', defer(-1))
    .then({ type: 'JobDeferred', data: { attempt: 1, reason: 'not there', delayMs: 1000 } });
});

spec.test('given a deferral of any length in a log, then the wait has an end that a calendar can write', () => {
  const { notBefore, delayMs } = graphAfter(...running, ['a', deferred(1, Number.MAX_SAFE_INTEGER)]).jobs.get(
    'a',
  )!.state;
  assert.is(delayMs, longestDelayMs);
  assert.ok(notBefore!.startsWith('21'));
});

spec.test(
  'given a job that another attempt holds or that has ended, then a deferral is refused, and is an anomaly',
  () => {
    given(...running)
      .when('a', defer(1000, 2))
      .thenRejected('attempt-superseded');
    given(submitted({ a: [] }))
      .when('a', defer(1000))
      .thenRejected('job-not-started');
    for (const history of [
      [...running, ['a', finished()]],
      [...running, ['a', failed()]],
      [submitted({ a: [] })],
      putOff,
    ] as const) {
      const before = graphAfter(...history).jobs.get('a')!.state.status;
      const graph = graphAfter(...history, ['a', deferred()]);
      assert.equal([graph.anomalies.length, graph.jobs.get('a')!.state.status], [1, before]);
    }
  },
);

spec.test('given the abort of its graph, then a deferral that comes late changes nothing', () => {
  const graph = graphAfter(...running, graphAborted, ['a', deferred()]);
  assert.equal([graph.anomalies, graph.jobs.get('a')!.status], [[], 'aborted']);
  assert.is(graph.jobs.get('a')!.state.deferReason, null);
});

spec.test('given a job that is put off, when it is aborted and reset, then it is ready at once', () => {
  const abort = { type: 'JobAborted', data: { by: 'x', message: '', silent: true } } as const;
  const { state } = graphAfter(...putOff, ['a', abort], ['a', reset()]).jobs.get('a')!;
  assert.equal([state.status, state.delayMs, state.deferReason], ['unstarted', null, null]);
});

spec.run();
