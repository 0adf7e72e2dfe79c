/** Given a past, when something is done, then … */
import { AssertionError } from 'node:assert';
import { type FullGraph, history, retryGraph, type RunningJob } from '../../src/index.js';
import {
  aborted,
  type Fact,
  faulted,
  finished,
  given,
  graphAborted,
  graphRetried,
  heartbeat,
  leaseLost,
  operatorAborts,
  operatorRetries,
  passed,
  retried,
  started,
  threw,
  timedOut,
  timePasses,
  workerRuns,
  workerRunsFor,
} from '../../src/testing/index.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('given, when, then', { timeoutMs: 30_000 });

const graph = { fetch: [], send: ['fetch'] };
const handlers = {
  fetch: () => ({ rows: 1 }),
  send: ({ inputs, attempt }: RunningJob) => `${inputs['fetch'].rows} rows at attempt ${attempt}`,
};

spec.test('given results and faults, when a worker runs, then it goes on from there', async () => {
  const {
    results,
    events,
    graph: after,
  } = await given(graph, [finished('fetch', { rows: 3 }), faulted('send', 'busy')])
    .when(workerRuns(handlers))
    .expect({
      status: 'finished',
      happened: ['send started', 'send finished'],
      results: { send: '3 rows at attempt 2' },
      jobs: { send: 'finished' },
      ready: [],
    });
  assert.equal(results, { fetch: { rows: 3 }, send: '3 rows at attempt 2' });
  assert.equal(
    events.map(({ type }) => type),
    ['JobStarted', 'JobFinished'],
  );
  assert.is(after.jobs['fetch']!.attempt, 1);
});

spec.test('given a past in which jobs were spawned, when a worker runs, then it runs these too', async () => {
  const growing: FullGraph = { jobs: { list: { type: 'list' }, sum: { type: 'sum', after: ['list/*'] } } };
  const ofGrowing = {
    list: () => 0,
    page: ({ args }: RunningJob) => args['page'],
    sum: ({ inputs }: RunningJob) => Object.keys(inputs).sort(),
  };
  const spawned = { a: { type: 'page', args: { page: 1 } }, b: { type: 'page', args: { page: 2 } } };
  await given(growing, [finished('list', 2, { spawned }), finished('list/a', 1)])
    .when(workerRuns(ofGrowing))
    .expect({ status: 'finished', results: { 'list/b': 2, sum: ['list', 'list/a', 'list/b'] } });
  const wrong = given(growing, [finished('list', 2, { spawned: { 'a/b': { type: 'page' } } })]);
  await assert.rejects(() => wrong.outcome(), /the past is impossible at fact 1.*has a slash in its name/);
});

spec.test('given nothing but a past, then it tells which jobs are ready', async () => {
  assert.equal((await given(graph).outcome()).ready, ['fetch']);
  assert.equal((await given(graph, [finished('fetch')]).outcome()).jobs, { fetch: 'finished', send: 'ready' });
  assert.equal((await given(graph, [threw('fetch', new TypeError('bad'))]).outcome()).jobs, {
    fetch: 'failed',
    send: 'blocked',
  });
});

const withPolicies: FullGraph = {
  jobs: {
    job: { type: 'job', timeoutMs: 1000, retry: { maximumAttempts: 3, initialIntervalMs: 60_000, jitter: 0 } },
  },
};

/** Pasts, and the status they lead to. */
const pasts: readonly (readonly [past: readonly Fact[], status: string, attempt: number])[] = [
  [[started('job')], 'started', 1],
  [[started('job', { worker: 'w1', lease: '5m' }), heartbeat('job', { page: 2 }, 0.5)], 'started', 1],
  [[faulted('job')], 'backing-off', 1],
  [[faulted('job', 'x', { retryAfter: 0 })], 'ready', 1],
  [[faulted('job'), passed('61s')], 'ready', 1],
  [[threw('job'), timedOut('job')], 'backing-off', 2],
  [[threw('job'), timedOut('job'), faulted('job')], 'failed', 3],
  [[threw('job'), timedOut('job'), faulted('job'), retried('job')], 'ready', 3],
  [[leaseLost('job')], 'ready', 1],
  [[aborted('job')], 'aborted', 1],
  [[aborted('job', 'stop', { by: 'olga' })], 'aborted', 0],
  [[aborted('job', 'stop', { by: 'olga' }), retried('job', { by: 'olga' }), finished('job', 7)], 'finished', 1],
  [[graphAborted({ by: 'olga' })], 'aborted', 0],
  [[started('job'), graphAborted(), graphRetried(), finished('job')], 'finished', 2],
];

for (const [past, status, attempt] of pasts) {
  const words = past.map(({ text }) => text).join(', ');
  spec.test(`given ${words}, then the job is ${status} after ${attempt} attempts`, async () => {
    const { jobs, graph: after } = await given(withPolicies, past).outcome();
    assert.is(jobs['job'], status);
    assert.is(after.jobs['job']!.attempt, attempt);
  });
}

/** Pasts that cannot be, and what says so. */
const impossible: readonly (readonly [past: readonly Fact[], message: RegExp])[] = [
  [[finished('send')], /fact 1, finished\("send"\): job "send" of graph graph-1 waits for fetch \(job-not-ready\)/],
  [[finished('fetch'), finished('fetch')], /fact 2, .*is finished \(job-already-ended\)/],
  [[started('fetch'), started('fetch')], /fact 2, .*already started \(job-already-started\)/],
  [
    [retried('fetch')],
    /is unstarted; only a job that failed, was aborted or skipped itself can be retried \(job-not-ended\)/,
  ],
  [[finished('fetch'), finished('send'), graphAborted()], /fact 3, graphAborted\(\): .*graph-already-ended/],
  [[graphRetried()], /graph graph-1 is running, so this changes nothing/],
  [[timedOut('fetch')], /job "fetch" has no timeoutMs/],
  [[finished('fetch', () => 1)], /result is a function, which JSON cannot hold/],
  [[heartbeat('fetch', null, 2)], /progress is 2/],
  [[finished('fetsch')], /the job "fetsch" is unknown; did you mean "fetch"\?/],
];

for (const [past, message] of impossible) {
  spec.test(
    `given ${past.map(({ text }) => text).join(', ')}, then it is refused by the rule that says no`,
    async () => {
      await assert.rejects(given(graph, past).outcome(), message);
    },
  );
}

spec.test('given a job that a worker held, when another runs, then it waits for the end of the lease', async () => {
  const { happened, graph: after } = await given(graph, [started('fetch', { worker: 'gone', lease: '2m' })])
    .when(workerRuns(handlers))
    .outcome();
  assert.equal(happened.slice(0, 2), ['fetch faulted (lease-expired)', 'fetch started']);
  assert.ok(Date.parse(after.lastEventAt) - Date.parse(after.submittedAt) > 120_000);
});

spec.test('given details of an earlier attempt, when a worker runs, then its handler goes on from them', async () => {
  const { results } = await given({ read: [] }, [heartbeat('read', { page: 7 }), faulted('read')])
    .when(workerRuns({ read: ({ details }) => details }))
    .outcome();
  assert.equal(results, { read: { page: 7 } });
});

spec.test('when operators act, then the outcome shows it; what a rule refuses is a rejection', async () => {
  const failed = given(graph, [threw('fetch')]);
  assert.equal((await failed.when(operatorRetries('fetch')).expect({ ready: ['fetch'] })).happened, ['fetch reset']);
  assert.equal((await failed.when(operatorRetries()).outcome()).happened, ['fetch reset']);
  assert.equal(
    (
      await given(graph)
        .when(operatorAborts('send', { by: 'olga' }))
        .outcome()
    ).happened,
    ['send aborted'],
  );
  assert.is((await given(graph).when(operatorAborts()).outcome()).status, 'aborted');
  const rejection = await given(graph).when(operatorRetries('fetch')).expectRejection('job-not-ended');
  assert.match(rejection.message, 'job "fetch" of graph graph-1 is unstarted');
  await assert.rejects(given(graph).when(operatorAborts()).expectRejection('job-not-ended'), /nothing was refused/);
  await assert.rejects(
    failed.when(operatorAborts()).expectRejection('job-not-ended'),
    (error: unknown) => error instanceof AssertionError,
  );
  await assert.rejects(given(graph).when(operatorAborts('sent')).outcome(), /did you mean "send"\?/);
});

spec.test('when several things are done, then one after another; also what the test itself does', async () => {
  const half = given({ fetch: [], send: ['fetch'] }).when(
    workerRunsFor('30m', (clock) => ({ fetch: () => clock.sleep('1h') }), { stopTimeout: 1000 }),
    timePasses('5m'),
    operatorAborts('send'),
    async (world, graphId) => {
      for await (const event of history(world.store, graphId)) assert.is(event.graphId, graphId);
      await retryGraph(world.store, graphId);
    },
  );
  assert.equal((await half.when(workerRuns(handlers)).outcome()).happened, [
    'fetch started',
    'fetch faulted (released)',
    'send aborted',
    'send reset',
    'fetch started',
    'fetch finished',
    'send started',
    'send finished',
  ]);
});

spec.test('given an expectation that does not hold, then an AssertionError shows both sides', async () => {
  const scenario = given(graph, [finished('fetch')]);
  const thrown = await scenario.expect({ ready: ['fetch'], results: { fetch: 1 } }).then(
    () => null,
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof AssertionError);
  assert.equal(thrown.actual, { ready: ['send'], results: { fetch: null } });
  assert.equal(thrown.expected, { ready: ['fetch'], results: { fetch: 1 } });
  await assert.rejects(scenario.expect({ results: { send: 1 } }), (error: unknown) => error instanceof AssertionError);
  await assert.rejects(scenario.expect({ redy: [] } as never), /did you mean "ready"\?/);
  await assert.rejects(scenario.expect({ status: 'finish' as never }), /did you mean "finished"\?/);
  await assert.rejects(scenario.expect({ jobs: { sned: 'ready' } }), /did you mean "send"\?/);
  assert.throws(() => given(graph, [], { sed: 1 } as never), /did you mean "seed"\?/);
});

spec.run();
