/** Graphs in virtual time: hours pass while nothing waits for anything real, and a graph that cannot end says why. */
import { abort, fault, graphInfo, jobGraph, type RunningJob } from '../../src/index.js';
import { inWords, msOf, signedMsOf } from '../../src/prelude/duration.js';
import { runGraph, testWorld, type VirtualClock } from '../../src/testing/index.js';
import { assert, describe } from '../support/spec.js';

const hourMs = 3_600_000;
const hourly = { maximumAttempts: 10, initialIntervalMs: hourMs, maximumIntervalMs: hourMs, jitter: 0 };
const codeOf = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

const spec = describe('virtual time', { timeoutMs: 60_000 });

spec.test('given ten attempts an hour apart, when run, then it ends, and nine hours have passed', async () => {
  const before = performance.now();
  const run = await runGraph(
    { jobs: { send: { type: 'send', retry: hourly } } },
    { send: ({ attempt }) => (attempt < 10 ? fault('busy') : { attempt }) },
  );
  assert.is(run.status, 'finished');
  assert.equal(run.jobs['send']!.result, { attempt: 10 });
  assert.is(run.story.filter((line) => line === 'send faulted').length, 9);
  assert.is(Math.floor(run.elapsedMs / hourMs), 9);
  assert.ok(performance.now() - before < 9 * hourMs);
});

spec.test(
  'given a seed, when run twice, then it is the same history to the byte; another seed gives another',
  async () => {
    const graph = { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] };
    const handlers = (clock: VirtualClock) => ({
      a: ({ attempt }: RunningJob) => (attempt < 4 ? fault('busy') : 1),
      b: () => clock.sleep('2h'),
      c: () => clock.sleep('90s'),
      d: ({ inputs }: RunningJob) => Object.keys(inputs),
    });
    const historyOf = async (seed: number) =>
      (await runGraph(graph, handlers, { seed, workers: 3, worker: { concurrency: 2 } })).history;
    const first = await historyOf(7);
    assert.ok(first.length > 700, 'a job of two hours beats every ten seconds');
    assert.equal(await historyOf(7), first);
    assert.not.equal(await historyOf(8), first);
  },
);

spec.test('given handlers that await what is real, then virtual time stands still for them', async () => {
  const real = () => new Promise<void>((resolve) => setTimeout(resolve, 30));
  const run = await runGraph({ a: [], b: ['a'] }, { a: real, b: real });
  assert.is(run.status, 'finished');
  assert.is(run.elapsedMs, 0);
});

spec.test('given timeoutMs, then it counts virtual time, and the sleeping handler is told by its signal', async () => {
  const told: unknown[] = [];
  const run = await runGraph({ jobs: { slow: { type: 'slow', timeoutMs: 60_000 } } }, (clock) => ({
    slow: (job) => clock.sleep('1h', job.signal).catch((error: unknown) => told.push((error as Error).name)),
  }));
  assert.equal(run.story, ['graph submitted', 'slow started', 'slow failed (timeout)']);
  assert.is(run.elapsedMs, 60_000);
  assert.equal(told, ['JobTimeoutError']);
});

spec.test('given a handler that waits for its signal alone, then passDuring lets its time limit come', async () => {
  const run = await runGraph({ jobs: { deaf: { type: 'deaf', timeoutMs: 5000 } } }, (clock) => ({
    deaf: (job) =>
      clock.passDuring(
        new Promise((_, reject) => job.signal.addEventListener('abort', () => reject(new Error('over')))),
      ),
  }));
  assert.is(run.status, 'failed');
  assert.is(run.elapsedMs, 5000);
});

spec.test('given holdTime: false, then time passes whatever a handler waits for', async () => {
  const graph = { jobs: { stuck: { type: 'stuck', timeoutMs: 5000 } } };
  const run = await runGraph(graph, { stuck: () => new Promise(() => {}) }, { holdTime: false });
  assert.equal(run.story.at(-1), 'stuck failed (timeout)');
});

spec.test('given a handler that never ends, then the error names it, after a bound in real time', async () => {
  const stuck = runGraph({ jobs: { x: { type: 't' } } }, { t: () => new Promise(() => {}) }, { patienceMs: 50 });
  await assert.rejects(stuck, codeOf('time-held'));
  await assert.rejects(stuck, /handler of job "x" \(type t, attempt 1\), on worker-1, has been at work for 50 ms/);
});

spec.test('given a type that no worker has a handler for, then the error says so, and which there are', async () => {
  const waiting = runGraph({ fetch: [], report: ['fetch'] }, { fetch: () => 1 });
  await assert.rejects(waiting, codeOf('graph-unending'));
  await assert.rejects(
    waiting,
    /graph-1 has not ended within 24 h of virtual time:\n {2}report is ready, but no worker has a handler for "report"; they have handlers for fetch\n/,
  );
});

spec.test('given faults without end, then the error says what backs off, after the time that was given', async () => {
  const endless = runGraph({ a: [] }, { a: () => fault('the server is busy') }, { within: '2h' });
  await assert.rejects(endless, /within 2|120 min/);
  await assert.rejects(endless, /a backs off until 2026-01-01T0[12]:.* after attempt \d+: Fault: the server is busy/);
});

spec.test('given no worker, then the error comes at once', async () => {
  await using world = await testWorld();
  const graphId = await world.submit({ a: [] });
  await assert.rejects(world.ended(graphId), /nothing more can happen:\n {2}no worker runs\n {2}a is ready/);
  assert.is(world.clock.now(), Date.parse('2026-01-01T00:00:00.000Z'));
});

spec.test('given a built graph, an id, args and a start, then they are kept', async () => {
  const handlers = { a: ({ args, graphId }: RunningJob) => `${graphId}: ${args['shop'] as string}` };
  const built = await runGraph(jobGraph({ a: [] }, { shop: 'Oslo' }, { id: 'own' }), handlers);
  assert.is(built.jobs['a']!.result, 'own: Oslo');
  const named = await runGraph({ a: [] }, handlers, {
    id: 'x',
    args: { shop: 'Bergen' },
    startAt: '2030-06-01T10:00:00Z',
  });
  assert.is(named.jobs['a']!.result, 'x: Bergen');
  assert.is(named.submittedAt, '2030-06-01T10:00:00.000Z');
  await assert.rejects(runGraph(jobGraph({ a: [] }), handlers, { args: {} }), /built already; give args to jobGraph/);
});

spec.test('given an unknown option or an impossible value, then it is refused, and the nearest is named', async () => {
  const run = (options: object) => runGraph({ a: [] }, { a: () => 1 }, options);
  await assert.rejects(run({ wrokers: 2 }), /"wrokers" is unknown; did you mean "workers"\?/);
  await assert.rejects(run({ workers: 0 }), /workers is 0; give a whole number from 1/);
  await assert.rejects(run({ within: '2 hours' }), /within is "2 hours"; give milliseconds from 0, or text such as/);
  await assert.rejects(run({ startAt: 'noon' }), /startAt is "noon"; give an ISO time/);
  await assert.rejects(testWorld({ sede: 1 } as never), /did you mean "seed"\?/);
  await assert.rejects(run({ worker: { concurency: 2 } }), codeOf('configuration-invalid'));
  await assert.rejects(runGraph({ a: [] }, { a: 5 as never }), codeOf('handler-invalid'));
});

spec.test('given a world, when a test lets time pass, then what is due happens, and no more', async () => {
  await using world = await testWorld();
  await world.start({ a: ({ attempt }) => (attempt === 1 ? fault('later', { retryAfterMs: hourMs }) : 'done') });
  const graphId = await world.submit({ a: [] });
  const called: number[] = [];
  world.clock.after('30m', () => called.push(world.clock.now()));
  const cancel = world.clock.after('40m', () => called.push(-1));
  cancel();
  await world.clock.advance('59m');
  assert.is((await graphInfo(world.store, graphId)).jobs['a']!.derivedStatus, 'backing-off');
  assert.equal(called, [Date.parse('2026-01-01T00:30:00.000Z')]);
  assert.is(world.clock.now(), Date.parse('2026-01-01T00:59:00.000Z'));
  await world.clock.advance('2m');
  assert.is((await graphInfo(world.store, graphId)).jobs['a']!.result, 'done');
  await assert.rejects(world.clock.sleep('1h'), codeOf('clock-outside-handler'));
  await assert.rejects(world.ended('nobody'), codeOf('graph-not-found'));
});

spec.test('given a stop, then running jobs may end first, in virtual time', async () => {
  await using world = await testWorld();
  const worker = await world.start((clock) => ({ a: () => clock.sleep('20s') }));
  const graphId = await world.submit({ a: [] });
  await world.until(graphId, ({ jobs }) => jobs['a']!.status === 'started');
  await worker.stop();
  assert.is((await graphInfo(world.store, graphId)).status, 'finished');
  assert.is(worker.isWorking, false);
});

spec.test('given handlers that abort and throw, then they end as with any worker', async () => {
  const run = await runGraph(
    { a: [], b: ['a'], c: [] },
    { a: () => abort('no need'), b: () => 1, c: { process: () => 2, postProcess: (_, two: number) => two + 1 } },
  );
  assert.is(run.jobs['a']!.abort!.message, 'no need');
  assert.is(run.jobs['b']!.status, 'aborted');
  assert.is(run.jobs['c']!.result, 3);
});

spec.run();

const durations = describe('lengths of time');

durations.test('given text or a number, then it is read in milliseconds; anything else is refused', () => {
  const read = ['90s', '2h', '1d 12h', '1h30m', '1.5s', '250ms', '5min', 42, '0s'].map((text) => msOf(text, 'it'));
  assert.equal(read, [90_000, 7_200_000, 129_600_000, 5_400_000, 1500, 250, 300_000, 42, 0]);
  for (const wrong of ['', '5', 'h', '2 hours', '-1h', '1h x', 'Infinity', -1, NaN, Infinity]) {
    assert.throws(() => msOf(wrong, 'it'), /^it is /, String(wrong));
  }
  assert.equal(
    ['-3h', '3h', -5, 5, '- 1s'].map((text) => signedMsOf(text, 'it')),
    [-10_800_000, 10_800_000, -5, 5, -1000],
  );
  assert.throws(() => signedMsOf('--1h', 'it'), /give milliseconds/);
});

durations.test('then it is said in the largest unit of which there are two', () => {
  assert.equal([3, 1999, 2000, 90_000, 3 * hourMs, 24 * hourMs, 72 * hourMs].map(inWords), [
    '3 ms',
    '1999 ms',
    '2 s',
    '90 s',
    '3 h',
    '24 h',
    '3 d',
  ]);
});

durations.run();
