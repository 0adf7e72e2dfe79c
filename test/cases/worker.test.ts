/** The cases of Overseer (cases.md), section H: worker, configuration, monitoring. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { readConfiguration } from '../../src/config/configuration.js';
import {
  fault,
  jobsReady,
  jobsUnstarted,
  jobsWithStatus,
  LogError,
  type RunningJob,
  Store,
  store,
  type Worker,
} from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { boom } from './graph-history.js';
import { appendsA, logWithAppends, outage } from './logs.js';
import { eventually, Gate, onEveryStore, pause, rememberingLogger, type World } from './world.js';
import { hold, ManualClock } from './manual-worker.js';

const spec = describe('H: worker, configuration and monitoring');

/** Settings under which a job that is silent for 400 ms is taken back. */
const quick = { heartbeat: { sleepTime: 20, tolerance: 20 } };

function manyJobs(count: number) {
  return { jobs: Object.fromEntries(Array.from({ length: count }, (_, n) => [`job ${n}`, { type: 'job' }])) };
}

/** A handler that takes a few turns of the event loop, and records of its runs. */
class Runs {
  readonly of = new Map<string, number>();
  /** Jobs of which two runs were seen at the same time. */
  readonly overlapping: string[] = [];
  atOnceMax = 0;
  private readonly running: string[] = [];

  readonly handler = async (job: RunningJob): Promise<void> => {
    this.of.set(job.id, (this.of.get(job.id) ?? 0) + 1);
    if (this.running.includes(job.id)) this.overlapping.push(job.id);
    this.running.push(job.id);
    this.atOnceMax = Math.max(this.atOnceMax, this.running.length);
    await pause(2);
    this.running.splice(this.running.indexOf(job.id), 1);
  };
}

onEveryStore(
  spec,
  'case 133: given no jobs and the default settings, when 10 s pass and again, then a worker says so each time and goes on waiting',
  async (world) => {
    const clock = world.environment as ManualClock;
    const logger = rememberingLogger();
    const idle = () => logger.lines.filter((line) => line.level === 'info' && /no ready job/.test(line.message)).length;
    await world.work({ job: () => 'done' }, { logger });
    await clock.advance(9999);
    assert.is(idle(), 0);
    await clock.advance(1);
    assert.is(idle(), 1);
    await clock.advance(10_000);
    assert.is(idle(), 2);
    const graphId = await world.submit({ job: [] });
    await world.eventually(graphId, 'job', 'JobFinished');
  },
  () => new ManualClock(),
);

onEveryStore(
  spec,
  'case 134: given two ready jobs and one worker, when run, then their executions never overlap',
  async (world) => {
    const runs = new Runs();
    const info = await world.run(manyJobs(2), { job: runs.handler });
    assert.is(info.status, 'finished');
    assert.is(runs.atOnceMax, 1);
  },
);

onEveryStore(
  spec,
  'case 135: given several workers and many jobs, when run, then each job is finished and no two runs of one overlap',
  async (world) => {
    const runs = new Runs();
    const graphId = await world.submit(manyJobs(40));
    for (let n = 0; n < 3; n++) await world.work({ job: runs.handler }, { concurrency: 2 }, await world.another());
    const info = await world.ended(graphId);
    assert.is(info.counts.finished, 40);
    assert.equal(runs.overlapping, []);
    assert.equal([...runs.of.values()], new Array(40).fill(1));
  },
);

onEveryStore(
  spec,
  'case 136: given faults and a worker that dies, when run, then every job ends finished, and ran at least once',
  async (world) => {
    const runs = new Map<string, number>();
    const handler = async (job: RunningJob) => {
      runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
      await pause(2);
      if (job.attempt === 1 && job.id.endsWith('3')) fault('busy', { retryAfterMs: 5 });
    };
    const gate = new Gate();
    const graphId = await world.submit(manyJobs(30));
    const dying = await world.another();
    await world.work({ job: (job) => handler(job).then(() => gate.passed) }, { ...quick, concurrency: 3 }, dying);
    await eventually('three jobs run by the worker that dies', () => runs.size >= 3);
    await dying.close();
    for (let n = 0; n < 2; n++) await world.work({ job: handler }, quick, await world.another());
    const info = await world.ended(graphId);
    gate.open();
    assert.is(info.counts.finished, 30);
    assert.is(runs.size, 30);
    const lost = Object.values(info.jobs).reduce((sum, job) => sum + job.lostLeases, 0);
    assert.ok(lost > 0, 'the death cost some leases');
  },
);

spec.test('case 137: given only a store, when configured, then Overseer’s defaults', () => {
  const configuration = readConfiguration({ from: 'the test', values: { store: 'memory:' } });
  assert.is(configuration['detector-sleep-time'], 2000);
  assert.is(configuration['sleep-time'], 10_000);
  assert.is(configuration['heartbeat.sleep-time'], 10_000);
  assert.is(configuration['heartbeat.tolerance'], 3);
  assert.is(configuration['heartbeat.monitor-shutdown'], true);
  assert.is(configuration['sentry.dsn'], undefined);
});

function isAddressError(...words: readonly RegExp[]) {
  return (error: unknown) =>
    error instanceof LogError && error.code === 'store-address' && words.every((word) => word.test(error.message));
}

spec.test('case 138: given no adapter, when the store is opened, then an error that says so', async () => {
  const missing = isAddressError(/store\.adapter is missing/, /memory/, /sqlite/);
  await assert.rejects(store({ config: { path: 'x.db' } } as never), missing);
  await assert.rejects(store({ adapter: '' }), missing);
  assert.throws(
    () => readConfiguration({ from: 'overseer.yml', values: { store: { config: { path: 'x.db' } } } }),
    (error: unknown) => /overseer\.yml.*adapter/.test(String(error)),
  );
});

spec.test(
  'case 139: given an adapter without its settings, when the store is opened, then an error that names them',
  async () => {
    await assert.rejects(store({ adapter: 'sqlite' }), isAddressError(/store\.config is missing/, /path/));
    await assert.rejects(store({ adapter: 'sqlite', config: null }), isAddressError(/store\.config is missing/));
    await assert.rejects(store({ adapter: 'sqlite', config: {} }), isAddressError(/store\.config\.path is missing/));
    await assert.rejects(store('sqlite:'), isAddressError(/names no file/));
  },
);

spec.test(
  'case 140: given the sample file, when read, then the defaults, and adapter, path and DSN as they stand there',
  async () => {
    const values: unknown = parse(readFileSync('examples/config.yml', 'utf8'));
    const configuration = readConfiguration({ from: 'examples/config.yml', values });
    const { store: address, 'sentry.dsn': dsn, ...others } = configuration;
    const { store: _store, 'sentry.dsn': _dsn, ...defaults } = readConfiguration();
    assert.equal(others, defaults);
    assert.type(dsn, 'string');
    assert.ok(typeof address === 'object' && typeof address.adapter === 'string' && address.config !== undefined);
    const opened = await store(address);
    await opened.close();
  },
);

/** A job that nobody seems to run, a worker that watches it, and a log that fails each append while told to. */
async function monitorWithoutLog(world: World, monitorShutdown: boolean | undefined) {
  const graphId = await world.submit({ job: [] });
  await world.claimedByGhost(graphId, 'job', 100);
  const log = { isOut: true, resetsAt: [] as number[] };
  const failing = logWithAppends(world.store.log, (requests) => {
    if (appendsA('JobFaulted', requests)) log.resetsAt.push(performance.now());
    return log.isOut ? outage() : null;
  });
  const heartbeat = { sleepTime: 20, tolerance: 5, ...(monitorShutdown === undefined ? {} : { monitorShutdown }) };
  const on = new Store(failing, world.environment);
  const worker = await world.work({ job: () => 'done' }, { heartbeat }, on);
  return { graphId, worker, log };
}

onEveryStore(
  spec,
  'case 142: given the monitor’s store call fails, when it has for ten leases, then the worker stops, and says why',
  async (world) => {
    const { worker, log, graphId } = await monitorWithoutLog(world, undefined);
    await assert.rejects(
      worker.stopped,
      (error) => (error as { code: string }).code === 'worker-failed' && /the log has failed/.test(String(error)),
    );
    assert.ok(log.resetsAt.length >= 2, 'it tried more than once');
    assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted']);
  },
);

onEveryStore(
  spec,
  'case 143: given the same with monitorShutdown off, when it has for longer, then the worker goes on until the log is back',
  async (world) => {
    const { worker, log, graphId } = await monitorWithoutLog(world, false);
    const stopped = isStopped(worker);
    await eventually('failures over three leases', () => log.resetsAt.at(-1)! - log.resetsAt[0]! > 300);
    assert.is(stopped(), false);
    log.isOut = false;
    assert.is((await world.ended(graphId)).jobs.job!.result, 'done');
    assert.is(stopped(), false);
  },
);

function isStopped(worker: Worker): () => boolean {
  let isOver = false;
  const over = () => void (isOver = true);
  worker.stopped.then(over, over);
  return () => isOver;
}

/** One job in each of the five statuses, its id the status; and among the unstarted some that are not ready. */
async function inAllStatuses(world: World): Promise<string> {
  const graphId = await world.submit({
    unstarted: [],
    started: [],
    finished: [],
    failed: [],
    aborted: [],
    waiting: ['started'],
    blocked: ['failed'],
    unblocked: ['finished'],
  });
  const over = {
    kind: 'fault',
    attempt: 1,
    cause: 'exception',
    failure: boom,
    errorNames: [],
    now: 0,
    random: 0,
  } as const;
  await hold(world.store, graphId, 'started', 'one');
  const finishing = await hold(world.store, graphId, 'finished', 'one');
  await finishing.write({ kind: 'finish', attempt: 1, result: null });
  const failing = await hold(world.store, graphId, 'failed', 'one');
  await failing.write(over);
  const aborting = await hold(world.store, graphId, 'aborted', 'one');
  await aborting.write({ kind: 'abort', attempt: 1, by: 'one', message: 'no', silent: true });
  return graphId;
}

const unstarted = ['unstarted', 'waiting', 'blocked', 'unblocked'];

onEveryStore(
  spec,
  'case 144: given jobs in all five statuses, when asked for one status, then exactly those',
  async (world) => {
    const graphId = await inAllStatuses(world);
    for (const status of ['started', 'finished', 'failed', 'aborted'] as const) {
      assert.equal((await jobsWithStatus(world.store, status)).items, [{ graphId, jobId: status, type: status }]);
    }
    assert.equal(
      (await jobsWithStatus(world.store, 'unstarted')).items.map((job) => job.jobId),
      unstarted,
    );
  },
);

onEveryStore(
  spec,
  'case 145: given the same, when asked for the unstarted, then the same as by that status',
  async (world) => {
    await inAllStatuses(world);
    const page = await jobsUnstarted(world.store);
    assert.equal(page, await jobsWithStatus(world.store, 'unstarted'));
    assert.equal(
      page.items.map((job) => job.jobId),
      unstarted,
    );
  },
);

onEveryStore(
  spec,
  'case 146: given unstarted jobs some of which are blocked, when asked for the ready ones, then only those that are not',
  async (world) => {
    await inAllStatuses(world);
    assert.equal(
      (await jobsReady(world.store)).items.map((job) => job.jobId),
      ['unstarted', 'unblocked'],
    );
  },
);

spec.run();
