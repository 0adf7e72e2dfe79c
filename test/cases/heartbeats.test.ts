/** The cases of Overseer (cases.md), section E: signs of life, and what happens to jobs that give none. */
import { isLeaseExpired, leaseLengthMs } from '../../src/domain/lease.js';
import { type Environment, systemEnvironment } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { eventually, Gate, onEveryStore } from './world.js';
import { hold, ManualClock, watchFor, watchOver } from './manual-worker.js';

const spec = describe('E: heartbeats and recovery');

const monthMs = 30 * 24 * 3600 * 1000;
const minuteMs = 60_000;

/** A worker's settings under which a job that is silent for 400 ms is taken back. */
const quick = { heartbeat: { sleepTime: 20, tolerance: 20 } };

/** The system's time, with a wall clock that can be set wrong. */
class WrongClock implements Environment {
  wrongByMs = 0;
  readonly monotonic = systemEnvironment.monotonic.bind(systemEnvironment);
  readonly setTimer = systemEnvironment.setTimer.bind(systemEnvironment);
  readonly newId = systemEnvironment.newId.bind(systemEnvironment);
  readonly random = systemEnvironment.random.bind(systemEnvironment);
  readonly host = systemEnvironment.host;
  readonly pid = systemEnvironment.pid;

  now(): number {
    return systemEnvironment.now() + this.wrongByMs;
  }
}

onEveryStore(
  spec,
  'case 84: given started jobs silent for 1 s, 50 s and 0.5 s, when judged by a lease of 3 s, then only the second is dead',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ a: [], b: [], c: [] });
    const [a, , c] = await Promise.all(['a', 'b', 'c'].map((id) => hold(world.store, graphId, id, id, 3000)));
    const watch = watchOver(world.store);
    for (let second = 0; second < 49; second++) {
      await watchFor(watch, clock, 500, 500);
      await c!.write({ kind: 'heartbeat', attempt: 1 });
      await watchFor(watch, clock, 500, 500);
      await a!.write({ kind: 'heartbeat', attempt: 1 });
    }
    await watchFor(watch, clock, 500, 500);
    await c!.write({ kind: 'heartbeat', attempt: 1 });
    await watchFor(watch, clock, 500, 500);
    const silentMs = async (id: string) => clock.now() - Date.parse((await world.job(graphId, id)).heartbeatAt!);
    assert.equal([await silentMs('a'), await silentMs('b'), await silentMs('c')], [1000, 50_000, 500]);
    const statuses = ['a', 'b', 'c'].map(async (id) => (await world.job(graphId, id)).status);
    assert.equal(await Promise.all(statuses), ['started', 'unstarted', 'started']);
  },
  () => new ManualClock(),
  { setsTheLogsClock: true },
);

onEveryStore(
  spec,
  'case 85: given a running job with a heartbeat of 30 days ago, when its worker goes on, then the heartbeat is of now',
  async (world) => {
    const clock = world.environment as WrongClock;
    clock.wrongByMs = -monthMs;
    const gate = new Gate();
    const graphId = await world.submit({ job: [] });
    await world.work({ job: () => gate.passed }, { heartbeat: { sleepTime: 100 } });
    await world.eventually(graphId, 'job', 'JobStarted');
    const before = (await world.job(graphId, 'job')).heartbeatAt!;
    clock.wrongByMs = 0;
    await eventually('a heartbeat of now', async () => {
      const { heartbeatAt } = await world.job(graphId, 'job');
      return Date.parse(heartbeatAt!) - Date.parse(before) >= monthMs;
    });
    gate.open();
    assert.is((await world.ended(graphId)).status, 'finished');
  },
  () => new WrongClock(),
  { setsTheLogsClock: true },
);

onEveryStore(
  spec,
  'case 86: given a started job with a heartbeat of 30 days ago, when a monitor sees no other, then it is unstarted',
  async (world) => {
    const clock = world.environment as WrongClock;
    clock.wrongByMs = -monthMs;
    const graphId = await world.submit({ job: [] });
    await world.claimedByGhost(graphId, 'job', 100);
    clock.wrongByMs = 0;
    await world.work({}, quick);
    const [fault] = await world.eventually(graphId, 'job', 'JobFaulted');
    assert.is(fault!.type === 'JobFaulted' && fault!.data.cause, 'lease-expired');
    assert.is((await world.job(graphId, 'job')).status, 'unstarted');
  },
  () => new WrongClock(),
);

onEveryStore(
  spec,
  'case 87: given a worker that dies in the middle of a job, when the lease is over, then another finishes the job',
  async (world) => {
    const gate = new Gate();
    const died = await world.another();
    const graphId = await world.submit({ job: [] });
    const first = await world.work({ job: () => gate.passed.then(() => 'from the grave') }, quick, died);
    await world.eventually(graphId, 'job', 'JobStarted');
    await died.close();
    const second = await world.work({ job: (job) => job.attempt }, quick);
    const info = await world.ended(graphId);
    gate.open();
    assert.is(info.status, 'finished');
    assert.is(info.jobs.job!.result, 2);
    assert.is(info.jobs.job!.lostLeases, 1);
    const workers = (await world.events(graphId, 'job')).flatMap((event) =>
      event.type === 'JobStarted' ? [event.data.worker.id] : [],
    );
    assert.equal(workers, [first.id, second.id]);
  },
);

onEveryStore(
  spec,
  'case 88: given a started job with fresh heartbeats, when a monitor looks, then it stays started',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    const held = await hold(world.store, graphId, 'job', 'one', 5 * minuteMs);
    const watch = watchOver(world.store);
    for (let minute = 0; minute < 30; minute++) {
      await held.write({ kind: 'heartbeat', attempt: 1 });
      await watchFor(watch, clock, minuteMs, minuteMs / 2);
    }
    assert.is((await world.job(graphId, 'job')).status, 'started');
    assert.not.ok((await world.eventTypes(graphId)).includes('JobFaulted'));
  },
  () => new ManualClock(),
);

const silences = [
  { given: 'Overseer’s settings', heartbeat: { sleepTime: 60_000, tolerance: 5 }, alive: 299_000, dead: 301_000 },
  { given: 'the default settings', heartbeat: {}, alive: 29_000, dead: 31_000 },
];

for (const { given, heartbeat, alive, dead } of silences) {
  onEveryStore(
    spec,
    `case 89: given ${given}, then ${alive / 1000} s of silence are alive and ${dead / 1000} s are dead`,
    async (world) => {
      const clock = world.environment as ManualClock;
      const gate = new Gate();
      const died = await world.another();
      const graphId = await world.submit({ job: [] });
      await world.work({ job: () => gate.passed }, { heartbeat }, died);
      await world.eventually(graphId, 'job', 'JobStarted');
      await died.close();
      gate.open();
      const watch = watchOver(world.store);
      await watch.catchUp();
      await watch.look();
      await watchFor(watch, clock, alive, alive / 13);
      assert.is((await world.job(graphId, 'job')).status, 'started');
      await watchFor(watch, clock, dead - alive, dead - alive);
      assert.is((await world.job(graphId, 'job')).status, 'unstarted');
    },
    () => new ManualClock(),
  );
}

onEveryStore(
  spec,
  'case 90: given a tolerance of 2 and a period of 100 ms, then a job is dead after more than 200 ms',
  async (world) => {
    assert.is(leaseLengthMs(100, 2), 200);
    assert.is(isLeaseExpired(1000, 1200, 200), false);
    assert.is(isLeaseExpired(1000, 1201, 200), true);
    const gate = new Gate();
    const graphId = await world.submit({ job: [] });
    await world.work({ job: () => gate.passed }, { heartbeat: { sleepTime: 100, tolerance: 2 } });
    const [started] = await world.eventually(graphId, 'job', 'JobStarted');
    assert.is(started!.type === 'JobStarted' && started!.data.leaseMs, 200);
    gate.open();
    await world.ended(graphId);
  },
);

for (const [aheadMs, inWords] of [
  [30_000, '30 s'],
  [monthMs, 'a month'],
] as const) {
  onEveryStore(
    spec,
    `case 91: given a monitor whose clock is ${inWords} ahead, then a job that heartbeats each minute is not reset`,
    async (world) => {
      const clock = world.environment as ManualClock;
      const ahead: Environment = {
        now: () => clock.now() + aheadMs,
        monotonic: () => clock.monotonic(),
        setTimer: (ms, callback) => clock.setTimer(ms, callback),
        newId: () => clock.newId(),
        random: () => clock.random(),
        host: 'elsewhere',
        pid: 2,
      };
      const graphId = await world.submit({ job: [] });
      const held = await hold(world.store, graphId, 'job', 'one');
      const watch = watchOver(await world.another(ahead));
      for (let minute = 0; minute < 15; minute++) {
        await watchFor(watch, clock, minuteMs, minuteMs / 2);
        await held.write({ kind: 'heartbeat', attempt: 1 });
      }
      assert.is((await world.job(graphId, 'job')).status, 'started');
      assert.is((await world.job(graphId, 'job')).attempt, 1);
    },
    () => new ManualClock(),
  );
}

onEveryStore(
  spec,
  'case 92: given a handler that takes several periods, then it knows nothing of heartbeats, ends well and is not reset',
  async (world) => {
    const gate = new Gate();
    let runs = 0;
    const graphId = await world.submit({ job: [] });
    const handler = () => {
      runs += 1;
      return gate.passed.then(() => 'done');
    };
    await world.work({ job: handler }, quick);
    await world.work({ job: handler }, quick, await world.another());
    await world.eventually(graphId, 'job', 'Heartbeat', 5);
    gate.open();
    const { job } = (await world.ended(graphId)).jobs;
    assert.is(job!.result, 'done');
    assert.is(job!.lostLeases, 0);
    assert.is(runs, 1);
  },
);

spec.run();
