/** The cases of Overseer (cases.md), section D: which jobs may be run. */
import { jobsReady } from '../../src/index.js';
import { ReadyQueue } from '../../src/worker/ready-queue.js';
import { assert, describe } from '../support/spec.js';
import { GraphHistory } from './graph-history.js';
import { onEveryStore, type World } from './world.js';
import { hold, ManualClock } from './manual-worker.js';

const spec = describe('D: readiness');

const chain = { j0: [], j1: ['j0'], j2: ['j1'] };
const diamond = { start: [], result1: ['start'], result2: ['start'], finish: ['result1', 'result2'] };

async function ready(world: World): Promise<readonly string[]> {
  return (await jobsReady(world.store)).items.map((job) => job.jobId);
}

async function finish(world: World, graphId: string, jobId: string): Promise<void> {
  const held = await hold(world.store, graphId, jobId, 'one');
  await held.write({ kind: 'finish', attempt: 1, result: null });
}

onEveryStore(spec, 'case 69: given a chain of three, then the first is ready, the others not', async (world) => {
  await world.submit(chain);
  assert.equal(await ready(world), ['j0']);
});

onEveryStore(
  spec,
  'case 70: given the first of the chain finished, then the second is ready, the third not',
  async (world) => {
    const graphId = await world.submit(chain);
    await finish(world, graphId, 'j0');
    assert.equal(await ready(world), ['j1']);
  },
);

onEveryStore(spec, 'case 71: given the second finished too, then the third is ready', async (world) => {
  const graphId = await world.submit(chain);
  await finish(world, graphId, 'j0');
  await finish(world, graphId, 'j1');
  assert.equal(await ready(world), ['j2']);
});

spec.test('case 72: given an unstarted job without dependencies, then it is ready', () => {
  assert.equal(GraphHistory.ofJob('unstarted').ready(), ['job']);
});

spec.test('case 73: given a started job, then it is not ready', () => {
  assert.equal(GraphHistory.ofJob('started').ready(), []);
});

spec.test('case 74: given a job whose parent is not finished, then it is not ready', () => {
  assert.equal(new GraphHistory({ parent: [], job: ['parent'] }).ready(), ['parent']);
  assert.equal(new GraphHistory({ parent: [], job: ['parent'] }).start('parent').ready(), []);
});

spec.test('case 75: given a finished job, then it is not ready', () => {
  assert.equal(GraphHistory.ofJob('finished').ready(), []);
});

spec.test('case 76: given a job all of whose parents are finished, then it is ready', () => {
  assert.equal(new GraphHistory({ one: [], two: [], job: ['one', 'two'] }).pass('one').pass('two').ready(), ['job']);
});

spec.test('case 77: given a job with one parent finished and one unstarted, then it is not ready', () => {
  assert.equal(new GraphHistory({ one: [], two: [], job: ['one', 'two'] }).pass('one').ready(), ['two']);
});

spec.test('case 78: given an aborted job, then it is not ready', () => {
  assert.equal(GraphHistory.ofJob('aborted').ready(), []);
});

onEveryStore(
  spec,
  'case 79: given the start of the diamond fails, then its children are not ready and never run',
  async (world) => {
    const ran: string[] = [];
    const handler = (job: { id: string }) => {
      ran.push(job.id);
      if (job.id === 'start') throw new Error('boom');
    };
    const info = await world.run(diamond, { start: handler, result1: handler, result2: handler, finish: handler });
    assert.is(info.status, 'failed');
    assert.is(info.jobs.result1!.status, 'unstarted');
    assert.equal(await ready(world), []);
    assert.equal(ran, ['start']);
  },
);

spec.test('case 80: given the diamond with its start finished, then both results are ready', () => {
  assert.equal(new GraphHistory(diamond).pass('start').ready(), ['result1', 'result2']);
});

spec.test('case 81: given only one result finished, then the end is not ready, and with the other it is', () => {
  const history = new GraphHistory(diamond).pass('start').pass('result1');
  assert.equal(history.ready(), ['result2']);
  assert.equal(history.pass('result2').ready(), ['finish']);
});

/** A worker's queue without the worker, on a clock that is moved by hand. */
function queueOf(workerId: string) {
  const clock = new ManualClock();
  const running = new Map<string, number>();
  let offers = 0;
  const queue = new ReadyQueue({
    workerId,
    ownSlots: 4,
    environment: clock,
    handles: () => true,
    isOwn: () => false,
    isLive: () => true,
    onOffer: () => (offers += 1),
    runningBy: (id) => running.get(id) ?? 0,
    admits: () => true,
    onUnready: () => {},
  });
  return { queue, clock, running, offers: () => offers };
}

function readyJobs(count: number) {
  const names = Array.from({ length: count }, (_, n) => `job ${n}`);
  const history = new GraphHistory({ jobs: Object.fromEntries(names.map((name) => [name, { type: 'job' }])) });
  return names.map((name) => history.job(name));
}

const everywhere = () => Infinity;

spec.test(
  'given jobs meant for another worker that has a place, then they are its turn first, and ours then',
  async () => {
    const { queue, clock, running, offers } = queueOf('one');
    queue.sawClaim('one');
    running.set('two', 4);
    queue.sawClaim('two');
    running.set('two', 2);
    for (const job of readyJobs(20)) queue.becameReady(job);
    const ours = queue.dequeue(20, everywhere);
    assert.ok(ours.length > 3 && ours.length < 17, `${ours.length} are meant for us`);
    assert.equal(queue.dequeue(20, everywhere), []);
    await clock.advance(10);
    assert.ok(offers() > 0);
    assert.is(queue.dequeue(20, everywhere).length, 20 - ours.length);
    queue.close();
  },
);

spec.test(
  'given jobs meant for another worker that is busy, or has not claimed for long, then they are taken at once',
  async () => {
    const { queue, clock, running } = queueOf('one');
    running.set('two', 4);
    queue.sawClaim('two');
    const jobs = readyJobs(20);
    for (const job of jobs.slice(0, 10)) queue.becameReady(job);
    queue.sawClaim('one');
    assert.is(queue.dequeue(20, everywhere).length, 10);
    running.set('two', 0);
    await clock.advance(11_000);
    queue.sawClaim('one');
    for (const job of jobs.slice(10)) queue.becameReady(job);
    assert.is(queue.dequeue(20, everywhere).length, 10);
    queue.close();
  },
);

spec.test(
  'given a worker that has seen nobody claim for a while, then it begins with one job, and takes the rest when that is claimed, or takes too long',
  async () => {
    for (const goOn of ['its claim is seen', 'time passes']) {
      const { queue, clock, offers } = queueOf('one');
      for (const job of readyJobs(20)) queue.becameReady(job);
      assert.is(queue.dequeue(20, everywhere).length, 1);
      assert.is(queue.dequeue(20, everywhere).length, 0);
      if (goOn === 'time passes') await clock.advance(250);
      else queue.sawClaim('one');
      assert.is(offers(), goOn === 'time passes' ? 1 : 0);
      assert.is(queue.dequeue(20, everywhere).length, 19, goOn);
      queue.close();
    }
  },
);

spec.test('case 82: given many ready jobs, then each worker picks them in an order of its own, and picks all', () => {
  const names = Array.from({ length: 20 }, (_, n) => `job ${n}`);
  const orders = ['one', 'two', 'three', 'four'].map((workerId) => {
    const history = new GraphHistory({ jobs: Object.fromEntries(names.map((name) => [name, { type: 'job' }])) });
    const { queue } = queueOf(workerId);
    queue.sawClaim(workerId);
    for (const name of names) queue.becameReady(history.job(name));
    return queue.dequeue(names.length, () => Infinity).map((job) => job.id);
  });
  for (const order of orders) assert.equal([...order].sort(), [...names].sort());
  assert.is(new Set(orders.map((order) => order.join())).size, orders.length);
});

onEveryStore(
  spec,
  'case 82: given many ready jobs, when a worker runs, then each of them is picked in the end',
  async (world) => {
    const names = Array.from({ length: 20 }, (_, n) => `job ${n}`);
    const picked: string[] = [];
    const graph = { jobs: Object.fromEntries(names.map((name) => [name, { type: 'job' }])) };
    const info = await world.run(graph, { job: (job) => void picked.push(job.id) });
    assert.is(info.status, 'finished');
    assert.equal([...picked].sort(), [...names].sort());
  },
);

onEveryStore(
  spec,
  'case 83: given one graph stored before another, then both come to their end, in whatever order',
  async (world) => {
    const graphIds = [await world.submit(chain), await world.submit(chain)];
    const handler = () => {};
    await world.work({ j0: handler, j1: handler, j2: handler });
    const ended = await Promise.all(graphIds.map((graphId) => world.ended(graphId)));
    assert.equal(
      ended.map((info) => info.status),
      ['finished', 'finished'],
    );
  },
);

spec.run();
