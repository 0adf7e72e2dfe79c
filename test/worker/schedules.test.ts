/** Schedules in virtual time: weeks of them, and what may happen to workers meanwhile. */
import { graphs, jobGraph, pauseSchedule, schedule, setSchedule, triggerSchedule, verify } from '../../src/index.js';
import type { RecordedEvent } from '../../src/domain/events.js';
import { scheduleStream } from '../../src/domain/schedules.js';
import { orThrow } from '../../src/store/or-throw.js';
import { testWorld, type TestWorld } from '../../src/testing/index.js';
import { assert, describe } from '../support/spec.js';

const spec = describe('schedules in virtual time', { timeoutMs: 60_000 });

const graph = jobGraph({ report: [] });
const handlers = { report: () => 'done' };
const hour = 3_600_000;

async function decided(world: TestWorld, name: string): Promise<readonly RecordedEvent[]> {
  return await orThrow(world.store.log.readStream(scheduleStream(name)));
}

const fired = async (world: TestWorld, name: string) =>
  (await decided(world, name)).flatMap((event) => (event.type === 'ScheduleFired' ? [event] : []));

async function assertSound(world: TestWorld): Promise<void> {
  assert.equal((await verify(world.store)).problems, []);
}

spec.test('given a week with working days, then each has its run, at its time, and all have finished', async () => {
  await using world = await testWorld({ startAt: '2026-03-26T00:00:00.000Z' });
  for (let n = 0; n < 3; n++) await world.start(handlers);
  const nightly = { graph, cron: '0 6 * * 1-5', timezone: 'Europe/Oslo' };
  await setSchedule(world.store, 'nightly', nightly);
  await world.clock.advance('7d');
  const runs = await fired(world, 'nightly');
  assert.equal(
    runs.map(({ data }) => data.graphId),
    // Clocks are set on the 29th.
    ['26T05', '27T05', '30T04', '31T04']
      .map((day) => `nightly@2026-03-${day}:00:00Z`)
      .concat(['nightly@2026-04-01T04:00:00Z']),
  );
  for (const { recordedAt, data } of runs) {
    const lateMs = Date.parse(recordedAt) - Date.parse(data.instant);
    assert.ok(lateMs >= 0 && lateMs <= 250, `${data.graphId} is ${lateMs} ms late`);
  }
  const { items } = await graphs(world.store, { labels: { schedule: 'nightly' } });
  assert.equal(
    items.map(({ status }) => status),
    Array.from({ length: 5 }, () => 'finished'),
  );
  await assertSound(world);
});

spec.test('given a week of quarters of an hour, then all 672 are run', async () => {
  await using world = await testWorld();
  await world.start(handlers);
  await world.start(handlers);
  await setSchedule(world.store, 'often', { graph, every: { ms: hour / 4 } });
  await world.clock.advance('7d 1s');
  assert.is((await fired(world, 'often')).length, 672);
  assert.is((await decided(world, 'often')).length, 673, 'nothing is decided twice, not even in vain');
  await assertSound(world);
});

spec.test('given a worker that has no free slot, then it makes runs all the same', async () => {
  await using world = await testWorld();
  await world.start((clock) => ({ report: async ({ signal }) => await clock.sleep('10h', signal) }), {
    concurrency: 1,
  });
  await setSchedule(world.store, 'often', { graph, every: { ms: hour }, overlap: 'allow' });
  await world.clock.advance('5h 1s');
  assert.is((await fired(world, 'often')).length, 5);
});

spec.test(
  'given a run that takes longer than the period, then the next are skipped, and the history says why',
  async () => {
    await using world = await testWorld();
    await world.start((clock) => ({ report: async ({ signal }) => await clock.sleep('150m', signal) }));
    await setSchedule(world.store, 'slow', { graph, every: { ms: hour } });
    await world.clock.advance('7h 1s');
    const { history } = await schedule(world.store, 'slow');
    // Those of the hours 1, 4 and 7 are run; each lasts two hours and a half.
    assert.equal(history.map(({ outcome, why }) => `${outcome} ${why}`).reverse(), [
      'run due',
      'skipped overlap',
      'skipped overlap',
      'run due',
      'skipped overlap',
      'skipped overlap',
      'run due',
    ]);
  },
);

spec.test('given a worker that is killed right after it has decided a run, then another submits it', async () => {
  await using world = await testWorld();
  const first = await world.start(handlers);
  await setSchedule(world.store, 'tick', { graph, every: { ms: hour } });
  // Its submission does not reach the log, and the worker is gone before it can try again.
  world.loseAppend({ event: 'GraphSubmitted' });
  await world.clock.advance('60m');
  await world.clock.advance('1s');
  assert.is((await fired(world, 'tick')).length, 1);
  first.kill();
  assert.is((await graphs(world.store)).items.length, 0);
  await world.start(handlers);
  await world.clock.advance('1m');
  const [run] = (await graphs(world.store)).items;
  assert.equal([run?.id, run?.status], ['tick@2026-01-01T01:00:00Z', 'finished']);
  await assertSound(world);
});

spec.test('given nobody for hours, then what is within catch-up is made, and the rest is noted as missed', async () => {
  await using world = await testWorld();
  await setSchedule(world.store, 'tick', { graph, every: { ms: hour }, overlap: 'allow', catchUpMs: 2 * hour });
  await world.clock.advance('5h');
  await world.clock.advance('30m');
  await world.start(handlers);
  await world.clock.advance('1m');
  const events = (await decided(world, 'tick')).slice(1);
  assert.equal(
    events.map(({ type, data }) => [
      type,
      'count' in data ? data.count : 'instant' in data && data.instant.slice(11, 16),
    ]),
    [
      ['ScheduleSkipped', 3],
      ['ScheduleFired', '04:00'],
      ['ScheduleFired', '05:00'],
    ],
  );
});

spec.test(
  'given a worker whose clock is hours or years ahead of the log, then it makes nothing before its time',
  async () => {
    for (const ahead of ['3h', '9000h'] as const) {
      await using world = await testWorld();
      const worker = await world.start(handlers);
      worker.setClock(ahead);
      await setSchedule(world.store, 'tick', { graph, every: { ms: hour } });
      await world.clock.advance('10h');
      await world.clock.advance('5s');
      const events = await decided(world, 'tick');
      const runs = (await graphs(world.store)).items.map(({ id }) => id).sort();
      const expected = Array.from({ length: 10 }, (_, n) => `tick@2026-01-01T${String(n + 1).padStart(2, '0')}:00:00Z`);
      assert.equal(runs, expected, ahead);
      const inVain = events.length - 1 - expected.length;
      assert.ok(inVain >= 1 && inVain <= 2, `${inVain} decisions came too early`);
      await assertSound(world);
    }
  },
);

spec.test(
  'given a worker whose clock is behind, then another is in time; alone, it is late and loses nothing',
  async () => {
    await using world = await testWorld();
    const slow = await world.start(handlers);
    slow.setClock('-20m');
    await setSchedule(world.store, 'tick', { graph, every: { ms: hour } });
    await world.clock.advance('90m');
    const [late] = await fired(world, 'tick');
    assert.is(Math.round((Date.parse(late!.recordedAt) - Date.parse(late!.data.instant)) / 60_000), 20);
    await world.start(handlers);
    await world.clock.advance('60m');
    const [, inTime] = await fired(world, 'tick');
    assert.ok(Date.parse(inTime!.recordedAt) - Date.parse(inTime!.data.instant) < 1000);
  },
);

spec.test('given a log that fails for minutes, then what was due is made when it is back', async () => {
  await using world = await testWorld();
  await world.start(handlers);
  await setSchedule(world.store, 'tick', { graph, every: { ms: hour } });
  await world.clock.advance('59m');
  world.outage('5m');
  await world.clock.advance('10m');
  const [run] = (await graphs(world.store)).items;
  assert.equal([run?.id, run?.status], ['tick@2026-01-01T01:00:00Z', 'finished']);
});

spec.test('given no schedule, then a worker reads and does nothing for it', async () => {
  await using world = await testWorld();
  await world.start(handlers);
  await world.submit({ report: [] }, { id: 'g' });
  await world.ended('g');
  await world.clock.advance('24h');
  const read = await orThrow(world.store.log.readAll({ limit: 100 }));
  assert.is(read.filter(({ type }) => type.startsWith('Schedule')).length, 0);
});

spec.test('given what waits for a run of a graph that others work on, then it begins when that has ended', async () => {
  await using world = await testWorld();
  await world.start((clock) => ({ report: async ({ signal }) => await clock.sleep('10m', signal) }));
  await setSchedule(world.store, 'tick', { graph, every: { ms: 24 * hour } });
  const first = await triggerSchedule(world.store, 'tick');
  await world.clock.advance('1m');
  const second = await triggerSchedule(world.store, 'tick');
  await pauseSchedule(world.store, 'tick');
  assert.equal(
    (await graphs(world.store)).items.map(({ id }) => id),
    [first],
  );
  await world.clock.advance('10m');
  const items = (await graphs(world.store)).items.map(({ id, status }) => [id, status]);
  assert.equal(items, [
    [second, 'running'],
    [first, 'finished'],
  ]);
});

spec.run();
