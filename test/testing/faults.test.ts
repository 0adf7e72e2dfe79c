/** Faults by hand: each is one call, and leads to what the same trouble leads to outside of tests. */
import { graphInfo, type RunningJob } from '../../src/index.js';
import { type TestWorld, testWorld, type VirtualClock } from '../../src/testing/index.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('faults by hand', { timeoutMs: 60_000 });

/** A job of an hour that ends when its signal aborts. */
const anHour = (clock: VirtualClock) => ({
  long: async (job: RunningJob) => {
    await clock.sleep('1h', job.signal);
    return job.attempt;
  },
});
const quick = { quick: ({ attempt }: RunningJob) => attempt };
const isStarted = (job: string) => (graph: Awaited<ReturnType<typeof graphInfo>>) =>
  graph.jobs[job]!.status === 'started';

async function underWay(world: TestWorld): Promise<string> {
  const graphId = await world.submit({ long: [] });
  await world.until(graphId, isStarted('long'));
  await world.clock.advance('10m');
  return graphId;
}

spec.test('given a worker that dies in the middle, then another takes over when the lease is over', async () => {
  await using world = await testWorld();
  const first = await world.start(anHour);
  const graphId = await underWay(world);
  const second = await world.start(anHour);
  first.kill();
  const run = await world.ended(graphId);
  assert.equal(run.story.slice(1), ['long started', 'long faulted (lease-expired)', 'long started', 'long finished']);
  assert.is(run.jobs['long']!.result, 2);
  const [lost] = run.history.filter((event) => event.type === 'JobFaulted');
  const afterMs = Date.parse(lost!.recordedAt) - Date.parse('2026-01-01T00:10:00.000Z');
  assert.ok(afterMs >= 20_000 && afterMs <= 32_000, `${afterMs} ms after the death`);
  assert.is(lost!.actor, second.id);
  assert.is(first.isWorking, false);
});

spec.test('given a handler of a dead worker that goes on, then nothing of it reaches the log', async () => {
  await using world = await testWorld();
  let goOn = () => {};
  const real = new Promise<void>((resolve) => (goOn = resolve));
  const first = await world.start((clock) => ({
    quick: async (job) => {
      await clock.passDuring(real);
      await job.heartbeat({ from: 'the dead' });
      return 'from the dead';
    },
  }));
  const graphId = await world.submit({ quick: [] });
  await world.until(graphId, isStarted('quick'));
  first.kill();
  goOn();
  await world.start(quick);
  const run = await world.ended(graphId);
  assert.is(run.jobs['quick']!.result, 2);
  assert.not.match(JSON.stringify(run.history), 'from the dead');
});

spec.test('given a suspended worker that comes back, then it is fenced, and its handler is told', async () => {
  await using world = await testWorld();
  const told: string[] = [];
  const first = await world.start((clock) => ({
    long: (job) => clock.sleep('1h', job.signal).catch((error: unknown) => void told.push((error as Error).name)),
  }));
  const graphId = await underWay(world);
  await world.start(anHour);
  first.suspend('20m');
  const run = await world.ended(graphId);
  assert.is(run.jobs['long']!.attempt, 2);
  assert.is(first.statistics.leasesLost, 1);
  assert.equal(told, ['LeaseLostError']);
  assert.is(run.history.filter((event) => event.type === 'JobFinished').length, 1);
  assert.is(first.isWorking, true);
});

spec.test('given a suspended worker, then it cannot stop, and a dead one has', async () => {
  await using world = await testWorld();
  const worker = await world.start(anHour);
  await world.start(anHour);
  worker.suspend();
  await assert.rejects(worker.stop(), /worker-1 is suspended; resume it before it can stop/);
  worker.resume();
  await worker.stop();
  assert.is(worker.isWorking, false);
  const dead = await world.start(anHour);
  dead.kill();
  await dead.stop();
  assert.is(world.clock.now(), Date.parse('2026-01-01T00:00:00.000Z'));
});

spec.test('given a suspension shorter than the lease, then nothing is lost', async () => {
  await using world = await testWorld();
  const first = await world.start(anHour);
  const graphId = await underWay(world);
  await world.start(anHour);
  first.suspend();
  await world.clock.advance('15s');
  first.resume();
  const run = await world.ended(graphId);
  assert.equal(run.story.slice(1), ['long started', 'long finished']);
});

spec.test('given a lease that is taken away, then the job runs again, and the first run is discarded', async () => {
  await using world = await testWorld();
  const worker = await world.start(anHour);
  const graphId = await underWay(world);
  await world.loseLease(graphId, 'long');
  const run = await world.ended(graphId);
  assert.equal(run.story.slice(1), ['long started', 'long faulted (lease-expired)', 'long started', 'long finished']);
  assert.is(worker.statistics.leasesLost, 1);
  await assert.rejects(world.loseLease(graphId, 'long'), /is finished, not started/);
});

spec.test('given two workers that race for a job, then one wins, and the other goes on', async () => {
  await using world = await testWorld();
  const workers = [await world.start(quick), await world.start(quick)];
  world.race('quick');
  const run = await world.ended(await world.submit({ quick: [] }));
  assert.equal(run.story.slice(1), ['quick started', 'quick finished']);
  assert.equal(
    workers.map(({ statistics }) => statistics.claims),
    [1, 1],
  );
  assert.is(
    workers.reduce((sum, { statistics }) => sum + statistics.claimsLost, 0),
    1,
  );
});

spec.test(
  'given a lost append, then it is sent again; given a lost answer, then nothing is written twice',
  async () => {
    for (const lose of ['loseAppend', 'loseAnswer'] as const) {
      await using world = await testWorld();
      const worker = await world.start(quick);
      world[lose]({ event: 'JobFinished', job: 'quick', worker, times: 3 });
      const run = await world.ended(await world.submit({ quick: [] }));
      assert.equal(run.story.slice(1), ['quick started', 'quick finished'], lose);
      await world.clock.advance('1m');
      assert.is(worker.statistics.finished, 1);
    }
  },
);

spec.test('given a slow append, then a job whose heartbeats do not arrive is taken over', async () => {
  await using world = await testWorld();
  const first = await world.start(anHour);
  const graphId = await underWay(world);
  await world.start(anHour);
  world.delayAppend('5m', { worker: first, event: 'Heartbeat' });
  const run = await world.ended(graphId);
  assert.equal(run.story.slice(1), ['long started', 'long faulted (lease-expired)', 'long started', 'long finished']);
  assert.is(first.statistics.leasesLost, 1);
});

spec.test(
  'given a handler that waits for a heartbeat to be written, then a slow log does not hold the time',
  async () => {
    await using world = await testWorld();
    await world.start({ quick: (job) => job.heartbeat({ page: 3 }) });
    world.delayAppend('5s', { event: 'Heartbeat' });
    const run = await world.ended(await world.submit({ quick: [] }));
    assert.equal(run.story.slice(1), ['quick started', 'quick heartbeat', 'quick finished']);
    assert.is(run.elapsedMs, 5000);
  },
);

spec.test(
  'given an outage, then workers wait and go on; given one at a single worker, then another takes over',
  async () => {
    {
      await using world = await testWorld();
      const worker = await world.start(quick);
      world.outage('1h');
      const graphId = await world.submit({ quick: [] });
      const run = await world.ended(graphId);
      assert.ok(run.elapsedMs >= 3_600_000 && run.elapsedMs < 3_700_000, `${run.elapsedMs} ms`);
      assert.is(worker.isWorking, true);
    }
    await using world = await testWorld();
    const first = await world.start(anHour);
    const graphId = await underWay(world);
    await world.start(anHour);
    world.outage('2m', first);
    const run = await world.ended(graphId);
    assert.is(run.jobs['long']!.attempt, 2);
  },
);

spec.test('given clocks that are set, then back-offs and leases are as long as they are', async () => {
  for (const by of ['3h', '-3h'] as const) {
    await using world = await testWorld();
    const worker = await world.start({
      flaky: ({ attempt }) => {
        if (attempt > 1) return 'done';
        worker.setClock(by);
        world.setLogClock(by);
        throw new Error('once');
      },
    });
    const retry = { maximumAttempts: 2, initialIntervalMs: 600_000, maximumIntervalMs: 600_000, jitter: 0 };
    const graphId = await world.submit({ jobs: { flaky: { type: 'flaky', retry } } });
    const startedAt = world.clock.now();
    await world.ended(graphId);
    assert.is(world.clock.now() - startedAt, 600_000, by);
  }
});

spec.test('given a fault that had no occasion to strike, then the test is told', async () => {
  await using world = await testWorld();
  await world.start(quick);
  world.loseAppend({ job: 'quikc' });
  const graphId = await world.submit({ quick: [] });
  await assert.rejects(world.ended(graphId), /loseAppend\(\{ job: "quikc" \}\) never struck/);
  assert.throws(() => world.race('quikc'), /the job "quikc" is unknown; did you mean "quick"\?/);
  assert.throws(() => world.loseAnswer({ event: 'JobFinishd' as never }), /did you mean "JobFinished"\?/);
  assert.throws(() => world.loseAnswer({ jbo: 'quick' } as never), /did you mean "job"\?/);
  assert.throws(() => world.loseAnswer({ times: 0 }), /times of loseAnswer is 0/);
});

spec.test(
  'given jobs at work, a death and an outage, when the world is closed, then signals abort and nothing is left',
  async () => {
    const world = await testWorld();
    let reason: unknown = null;
    await world.start(
      (clock) => ({
        long: (job) =>
          clock.sleep('9h', job.signal).catch((error: unknown) => (reason = (error as { code: string }).code)),
        stuck: () => clock.passDuring(new Promise(() => {})),
      }),
      { concurrency: 2 },
    );
    const dead = await world.start(() => quick);
    const graphId = await world.submit({ long: [], stuck: [] });
    await world.until(graphId, isStarted('stuck'));
    dead.kill();
    world.outage('99d');
    await world.close();
    await world.close();
    assert.is(reason, 'worker-stopping');
    await assert.rejects(
      graphInfo(world.store, graphId),
      (error: unknown) => (error as { code: string }).code === 'store-closed',
    );
  },
);

spec.run();
