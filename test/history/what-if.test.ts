/** What would have become of a graph under other retry policies, and in the eyes of other projections. */
import fc from 'fast-check';
import type { FaultCause, JobEvent, RecordedEvent, RetryPolicy } from '../../src/domain/events.js';
import { GraphState } from '../../src/domain/graph.js';
import { suppose, type SupposedPolicy } from '../../src/history/what-if/supposition.js';
import {
  compareProjections,
  defineProjection,
  fault,
  jobGraph,
  type OverseerError,
  retryGraph,
  start,
  type Store,
  transactGraph,
  waitForGraph,
  whatIf,
} from '../../src/index.js';
import {
  aborted,
  finished,
  forked,
  graphAborted,
  type Happening,
  Recorder,
  reset,
  started,
  submitted,
} from '../support/given.js';
import { graphShape, simulate, steps } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const spec = describe('supposing another retry policy');

const chain = submitted({ a: [], b: ['a'], c: ['b'], x: [] });

function over(
  attempt: number,
  next: 'retry' | 'failed',
  cause: FaultCause = 'exception',
  exception = 'TypeError',
): JobEvent {
  const failure = { reason: `system/${cause}`, exception, message: 'boom', data: { code: 'E_BOOM' } };
  const then = next === 'failed' ? { kind: next } : { kind: next, notBefore: '2020-01-01T00:00:00.000Z' };
  return { type: 'JobFaulted', data: { attempt, cause, failure, next: then } };
}

function eventsOf(happenings: readonly Happening[]): RecordedEvent[] {
  const recorder = new Recorder();
  return happenings.map((happening) => {
    const [jobId, event] = 'type' in happening ? [null, happening] : happening;
    return recorder.record({ graphId: 'g', jobId }, event);
  });
}

/** What differs, by job: its status, what it would be, attempts not made, and because of which jobs. */
function supposed(happenings: readonly Happening[], retry: RetryPolicy | SupposedPolicy) {
  const policyOf = typeof retry === 'function' ? retry : () => retry;
  const supposition = suppose(new GraphState('g'), eventsOf(happenings), policyOf);
  const jobs = supposition.jobs.map(({ id, recorded, supposed: now, notMade, because }) => {
    return [id, [`${recorded} → ${now}`, notMade, because]];
  });
  return { ...supposition, different: Object.fromEntries(jobs) as Record<string, unknown> };
}

const thirdTime: readonly Happening[] = [
  chain,
  ['a', started()],
  ['a', over(1, 'retry')],
  ['a', started(2)],
  ['a', over(2, 'retry', 'fault', 'Fault')],
  ['a', started(3)],
  ['a', finished(3)],
  ['b', started()],
  ['b', finished()],
  ['x', started()],
  ['x', finished()],
];

spec.test('fewer attempts: the job fails, what was made after that is not, and what hangs on it is blocked', () => {
  const { different, recorded, supposed: then, jobs } = supposed(thirdTime, { maximumAttempts: 2 });
  assert.equal(different, {
    a: ['finished → failed', [3], []],
    b: ['finished → blocked', [1], ['a']],
    c: ['ready → blocked', [], ['a']],
  });
  assert.equal([recorded.status, recorded.attempts, then.status, then.attempts], ['running', 5, 'failed', 3]);
  assert.equal(then.counts, { failed: 1, blocked: 2, finished: 1 });
  const [{ divergences }] = jobs as [(typeof jobs)[number]];
  assert.equal(
    divergences.map(({ attempt, cause, recorded: was, supposed: would }) => [attempt, cause, was, would]),
    [[2, 'fault', 'retry', 'failed']],
  );
});

const failedFirst: readonly Happening[] = [chain, ['a', started()], ['a', over(1, 'failed')]];

spec.test('more attempts: nobody knows how the one that was never made would have ended', () => {
  const { different, supposed: then } = supposed(failedFirst, { maximumAttempts: 2 });
  assert.equal(different, {
    a: ['failed → unknown', [], []],
    b: ['blocked → unknown', [], ['a']],
    c: ['blocked → unknown', [], ['a']],
  });
  assert.equal([then.status, then.counts], ['unknown', { unknown: 3, ready: 1 }]);
});

spec.test('the same decisions change nothing, whatever the policy says besides', () => {
  for (const retry of [
    { maximumAttempts: 3 },
    {},
    { maximumAttempts: 9, initialIntervalMs: 7 },
    { nonRetryable: ['RangeError'] },
  ]) {
    const { jobs, supposed: then, recorded } = supposed(thirdTime, retry);
    assert.equal([jobs, then], [[], recorded]);
  }
  assert.equal(supposed(failedFirst, { maximumAttempts: 1 }).jobs, []);
  assert.equal(supposed(failedFirst, () => undefined).jobs, []);
});

spec.test(
  'a policy may be supposed for some jobs only, and errors that are never retried are known by class and code',
  () => {
    assert.equal(supposed(thirdTime, ({ id }) => (id === 'b' ? { maximumAttempts: 1 } : undefined)).jobs, []);
    for (const name of ['TypeError', 'E_BOOM']) {
      const { different } = supposed(thirdTime, { nonRetryable: [name] });
      assert.equal(different['a'], ['finished → failed', [2, 3], []]);
    }
  },
);

spec.test('lost leases and releases are no matter of the policy', () => {
  const happenings: Happening[] = [
    chain,
    ['a', started()],
    ['a', over(1, 'retry', 'lease-expired')],
    ['a', started(2)],
    ['a', over(2, 'retry', 'released')],
    ['a', started(3)],
    ['a', finished(3)],
  ];
  assert.equal(supposed(happenings, { maximumAttempts: 1 }).jobs, []);
});

spec.test('an operator who opens the job again does so all the same, and the count begins anew', () => {
  const again: Happening[] = [
    chain,
    ['a', started()],
    ['a', over(1, 'retry')],
    ['a', started(2)],
    ['a', over(2, 'failed')],
    ['a', reset()],
    ['a', started(3)],
    ['a', over(3, 'retry')],
    ['a', started(4)],
    ['a', finished(4)],
  ];
  const once = supposed(again, { maximumAttempts: 1 });
  assert.equal(once.different['a'], ['finished → failed', [2, 4], []]);
  assert.equal(
    once.jobs[0]!.divergences.map(({ attempt }) => attempt),
    [1, 3],
  );
  assert.equal(supposed(again.slice(0, 7).concat([['a', finished(3)]]), { maximumAttempts: 1 }).different, {
    a: ['finished → finished', [2], []],
  });
  assert.equal(supposed(again, { maximumAttempts: 3 }).different['a'], ['finished → unknown', [], []]);
});

spec.test('aborts stay: of the graph, of a job, and of what depends on it', () => {
  const ofGraph = supposed([...thirdTime, graphAborted], { maximumAttempts: 1 });
  assert.equal(ofGraph.different, {
    a: ['finished → failed', [2, 3], []],
    b: ['finished → aborted', [1], ['a']],
  });
  assert.is(ofGraph.supposed.status, 'aborted');
  const ofJob = supposed([...thirdTime, ['c', aborted()]], { maximumAttempts: 1 });
  assert.equal(ofJob.different['c'], undefined);
});

spec.test('what was carried over into a fork is there whatever the policy', () => {
  const fork = forked({ a: [], b: ['a'] }, { a: 1 });
  const { different } = supposed([fork, ['b', started()], ['b', over(1, 'failed')]], { maximumAttempts: 4 });
  assert.equal(different, { b: ['failed → unknown', [], []] });
});

spec.test('whatever happened: the counts add up, nothing finishes that had not, and without a policy all stays', () => {
  const policy = fc.record({ maximumAttempts: fc.integer({ min: 1, max: 4 }) });
  const histories = fc.record({ shape: graphShape, taken: steps(), retry: policy });
  fc.assert(
    fc.property(histories, ({ shape, taken, retry }) => {
      const events = simulate([shape], taken);
      const graph = new GraphState('graph 0');
      const { recorded, supposed: then, jobs } = suppose(graph, events, () => retry);
      const sum = (counts: object) => (Object.values(counts) as number[]).reduce((all, each) => all + each, 0);
      assert.equal([sum(recorded.counts), sum(then.counts)], [graph.jobs.size, graph.jobs.size]);
      assert.ok((then.counts.finished ?? 0) <= (recorded.counts.finished ?? 0));
      assert.ok(then.attempts <= recorded.attempts);
      assert.ok(jobs.every(({ divergences, because }) => divergences.length > 0 || because.length > 0));
      assert.equal(suppose(new GraphState('graph 0'), events, () => undefined).jobs, []);
    }),
    { numRuns: 200 },
  );
});
spec.run();

const failures = defineProjection({
  name: 'failures',
  initial: 0,
  filter: { types: ['JobFaulted'] },
  evolve: (count) => count + 1,
});
const forGood = defineProjection({
  name: 'failures-for-good',
  initial: 0,
  evolve: (count, event) => (event.type === 'JobFaulted' && event.data.next.kind === 'failed' ? count + 1 : count),
});

async function prepared(db: Store) {
  const retry = { maximumAttempts: 3, initialIntervalMs: 1 };
  const jobs = { a: { type: 'a', retry }, b: { type: 'b', after: ['a'] } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
  const worker = await start({}, db, {
    a: ({ attempt }) => (attempt < 3 ? fault('not yet') : 1),
    b: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('no')) : 2),
  });
  const { status } = await waitForGraph(db, 'g');
  assert.is(status, 'failed');
  await retryGraph(db, 'g');
  await waitForGraph(db, 'g');
  await worker.stop();
}

for (const engine of engines) {
  const onEngine = describe(`suppositions on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  onEngine.test('over a log: another policy, another projection, and nothing is written', async () => {
    const db = await freshStore(engine);
    await prepared(db);
    const { recorded, supposed: then, jobs } = await whatIf(db, 'g', { retry: { maximumAttempts: 2 } });
    assert.equal([recorded.status, recorded.attempts, then.status, then.attempts], ['finished', 5, 'failed', 2]);
    assert.equal(
      jobs.map(({ id, supposed: now }) => [id, now]),
      [
        ['a', 'failed'],
        ['b', 'blocked'],
      ],
    );
    const compared = await compareProjections(db, failures, forGood, { graphId: 'g' });
    assert.equal(
      [compared.before, compared.after, compared.differences],
      [3, 1, [{ op: 'replace', path: '', before: 3, value: 1 }]],
    );
    assert.equal((await compareProjections(db, failures, failures)).differences, []);
    assert.equal((await compareProjections(db, failures, forGood)).differences.length, 1);
    await db.close();
  });
  onEngine.run();
}

const refusals = describe('suppositions that are refused');

refusals.test('an unknown graph, and a policy that is none', async () => {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
  const refusal = async (work: Promise<unknown>) =>
    await work.then(
      () => assert.unreachable('it has to be refused'),
      ({ code, message }: OverseerError) => [code, message],
    );
  assert.equal(await refusal(whatIf(db, 'h', { retry: {} })), ['graph-not-found', 'there is no graph "h"']);
  assert.equal(await refusal(compareProjections(db, failures, forGood, { graphId: 'h' })), [
    'graph-not-found',
    'there is no graph "h"',
  ]);
  assert.equal(await refusal(whatIf(db, 'g', { retry: { maximumAttempts: 0 } })), [
    'retry-invalid',
    'this is not a retry policy: maximumAttempts: expected whole number from 1, got 0',
  ]);
  const [code] = (await refusal(whatIf(db, 'g', { retry: () => ({ tries: 1 }) as never })))!;
  assert.is(code, 'retry-invalid');
  await db.close();
});
refusals.run();
