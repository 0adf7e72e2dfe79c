/** The cases of Overseer (cases.md), from its source: the worker and its settings. */
import { readConfiguration } from '../../src/config/configuration.js';
import { backoffMs } from '../../src/domain/retry-policy.js';
import {
  abort,
  abortJob,
  abortSilent,
  ConfigurationError,
  type Environment,
  fault,
  graphInfo,
  install,
  jobGraph,
  LogError,
  type RunningJob,
  start,
  Store,
  store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
  type Worker,
} from '../../src/index.js';
import { patient } from '../support/patience.js';
import { assert, describe } from '../support/spec.js';
import { appendsA, logWithAppends, outage } from './logs.js';
import { eventually, Gate, onEveryStore, rememberingLogger } from './world.js';
import { ManualClock } from './manual-worker.js';

const spec = describe('Part 2: worker', { timeoutMs: 20_000 });

onEveryStore(
  spec,
  'case 215: given a job of a type without a handler, when a worker runs, then it stays unstarted and others run',
  async (world) => {
    const graphId = await world.submit({ strange: [], known: [], after: ['strange'] });
    await world.work({ known: () => {}, after: () => {}, toString: () => {} });
    await world.eventually(graphId, 'known', 'JobFinished');
    assert.is((await world.ended(await world.submit({ known: [] }))).status, 'finished');
    assert.equal(await world.eventTypes(graphId, 'strange'), []);
    assert.is((await world.job(graphId, 'strange')).derivedStatus, 'ready');
    assert.is((await world.job(graphId, 'after')).derivedStatus, 'waiting');
  },
);

onEveryStore(
  spec,
  'case 216: given a handler, when it runs and runs again, then it sees its job started, with the attempt',
  async (world) => {
    const seen: unknown[] = [];
    const handler = (job: RunningJob) => {
      seen.push([job.status, job.attempt]);
      if (job.attempt === 1) fault('busy', { retryAfterMs: 1 });
    };
    await world.run({ job: [] }, { job: handler });
    assert.equal(seen, [
      ['started', 1],
      ['started', 2],
    ]);
  },
);

onEveryStore(
  spec,
  'case 217: given a rival who is faster to claim a job, when the claim is lost, then the worker runs the next at once',
  async (world) => {
    const graphId = await world.submit({ jobs: { a: { type: 'job' }, b: { type: 'job' } } });
    let stolen: string | null = null;
    const withRival = logWithAppends(world.store.log, async (requests) => {
      if (stolen === null && appendsA('JobStarted', requests)) {
        stolen = requests[0]!.jobId!;
        await world.claimedByGhost(graphId, stolen, 3_600_000);
      }
      return null;
    });
    const ran: string[] = [];
    const on = new Store(withRival, world.environment);
    const worker = await world.work({ job: (job) => void ran.push(job.id) }, {}, on);
    const other = await eventually('a claim', () => stolen !== null && (stolen === 'a' ? 'b' : 'a'));
    await world.eventually(graphId, other, 'JobFinished');
    assert.equal(ran, [other]);
    assert.equal([worker.statistics.claims, worker.statistics.claimsLost], [2, 1]);
    assert.is((await world.job(graphId, stolen!)).worker!.id, 'ghost');
  },
);

onEveryStore(
  spec,
  'case 218: given a running job that is aborted from outside, then its handler is told, its result discarded, and the worker lives',
  async (world) => {
    const graphId = await world.submit({ job: [], child: ['job'] });
    const gate = new Gate();
    const told = new Gate<unknown>();
    const handler = async (job: RunningJob) => {
      job.signal.addEventListener('abort', () => told.open(job.signal.reason));
      await gate.passed;
      return 'too late';
    };
    const worker = await world.work({ job: handler, child: () => {}, other: () => {} });
    await world.eventually(graphId, 'job', 'JobStarted');
    await abortJob(world.store, graphId, 'job', { by: 'operator', reason: 'changed my mind' });
    const reason = await told.passed;
    assert.is((reason as { code: string }).code, 'lease-lost');
    gate.open();
    assert.is((await world.ended(await world.submit({ other: [] }))).status, 'finished');
    const { jobs } = await graphInfo(world.store, graphId);
    assert.equal([jobs.job!.status, jobs.job!.result, jobs.child!.status], ['aborted', null, 'aborted']);
    assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'JobAborted']);
    await worker.stop();
    assert.is(worker.statistics.leasesLost, 1);
  },
);

/** The system's environment without randomness; it records the waits it was asked for, but not who looks now and then. */
class Waits implements Environment {
  readonly asked: number[] = [];
  readonly now = systemEnvironment.now.bind(systemEnvironment);
  readonly monotonic = systemEnvironment.monotonic.bind(systemEnvironment);
  readonly newId = systemEnvironment.newId.bind(systemEnvironment);
  readonly host = systemEnvironment.host;
  readonly pid = systemEnvironment.pid;

  setTimer(ms: number, callback: () => void, options?: { readonly isRoutine?: boolean }): () => void {
    if (options?.isRoutine !== true) this.asked.push(ms);
    return systemEnvironment.setTimer(ms, callback);
  }

  random(): number {
    return 1;
  }
}

for (const [title, hasReached] of [
  [
    'case 219: given a log that fails when a job’s end is written, then it is tried again, ever later, until it is there',
    false,
  ],
  [
    'case 219: given a log whose answer gets lost when a job’s end is written, then it is tried again and is there once',
    true,
  ],
] as const) {
  onEveryStore(
    spec,
    title,
    async (world) => {
      const graphId = await world.submit({ job: [] });
      let failures = 0;
      const failing = logWithAppends(world.store.log, async (requests) => {
        if (!appendsA('JobFinished', requests) || failures === 4) return null;
        failures += 1;
        if (hasReached && failures === 1) await world.store.log.append(requests)();
        return outage();
      });
      let runs = 0;
      const on = new Store(failing, world.environment);
      const worker = await world.work({ job: () => (runs += 1) }, {}, on);
      await eventually('the end of the job', () => worker.statistics.finished === 1);
      const { asked } = world.environment as Waits;
      assert.equal(
        asked.filter((ms) => ms < 1000),
        [20, 40, 80, 160],
      );
      assert.equal(await world.eventTypes(graphId, 'job'), ['JobStarted', 'JobFinished']);
      assert.equal([failures, runs, (await world.job(graphId, 'job')).result], [4, 1, 1]);
    },
    () => new Waits(),
  );
}

onEveryStore(
  spec,
  'case 220: given a monitor whose log fails and monitorShutdown off, then it sleeps between its tries',
  async (world) => {
    const graphId = await world.submit({ job: [] });
    await world.claimedByGhost(graphId, 'job', 50);
    const triesAt: number[] = [];
    const failing = logWithAppends(world.store.log, (requests) => {
      if (appendsA('JobFaulted', requests)) triesAt.push(performance.now());
      return outage();
    });
    const heartbeat = { sleepTime: 20, tolerance: 2, monitorShutdown: false };
    await world.work({ job: () => {} }, { heartbeat }, new Store(failing, world.environment));
    await eventually('several tries', () => triesAt.length >= 8);
    const gaps = triesAt.slice(1).map((at, index) => at - triesAt[index]!);
    // Node's timers may fire a fraction of a millisecond early.
    assert.ok(Math.min(...gaps) >= 15, `between tries: ${gaps.map(Math.round).join(', ')} ms`);
  },
);

onEveryStore(
  spec,
  'case 221: given a running job and one that waits, when the worker is stopped, then it waits for the first and starts no other',
  async (world) => {
    const graphId = await world.submit({ jobs: { a: { type: 'job' }, b: { type: 'job' } } });
    const gate = new Gate();
    const running = new Gate<string>();
    const handler = async (job: RunningJob) => {
      running.open(job.id);
      await gate.passed;
      return 'done';
    };
    const worker = await world.work({ job: handler }, { stopTimeout: 10_000 });
    const first = await running.passed;
    let isStopped = false;
    const stopped = worker.stop().then(() => (isStopped = true));
    assert.is(worker.stop(), worker.stop());
    await world.ended(await finishedElsewhere());
    assert.is(isStopped, false);
    gate.open();
    await stopped;
    await worker.stopped;
    const info = await graphInfo(world.store, graphId);
    assert.is(info.jobs[first]!.result, 'done');
    assert.is(info.counts.unstarted, 1);
    assert.equal([worker.statistics.claims, worker.statistics.finished], [1, 1]);

    /** A graph that another worker runs meanwhile, to measure time by. */
    async function finishedElsewhere(): Promise<string> {
      const other = await world.submit({ other: [] });
      await world.work({ other: () => {} });
      return other;
    }
  },
);

onEveryStore(
  spec,
  'case 221: given a handler that does not end, when the worker is stopped, then its job is handed back and run by another',
  async (world) => {
    const graphId = await world.submit({ job: [] });
    const never = new Gate();
    let reason: unknown;
    const handler = async ({ signal }: RunningJob) => {
      signal.addEventListener('abort', () => void (reason = signal.reason));
      await never.passed;
    };
    const worker = await world.work({ job: handler }, { stopTimeout: 20 });
    await world.eventually(graphId, 'job', 'JobStarted');
    await worker.stop();
    assert.is((reason as { code: string }).code, 'worker-stopping');
    assert.is((await world.job(graphId, 'job')).derivedStatus, 'ready');
    await world.work({ job: (job) => job.attempt });
    assert.is((await world.ended(graphId)).jobs.job!.result, 2);
    never.open();
  },
);

onEveryStore(
  spec,
  'case 222: given a chain of four instant jobs and the default settings, when run by one worker, then it ends well within a second',
  async (world) => {
    const handler = () => {};
    const worker = await start({}, world.store, { a: handler, b: handler, c: handler, d: handler });
    const from = performance.now();
    const graphId = await world.submit({ a: [], b: ['a'], c: ['b'], d: ['c'] });
    const info = await waitForGraph(world.store, graphId, { timeoutMs: patient(15_000) });
    const tookMs = performance.now() - from;
    await worker.stop();
    assert.is(info.status, 'finished');
    assert.ok(tookMs < 1000, `it took ${Math.round(tookMs)} ms`);
  },
);

onEveryStore(
  spec,
  'case 223: given 4 workers and 300 instant jobs, when run, then each job is finished once, and lost claims are counted and few',
  async (world) => {
    const count = 300;
    const jobs = Object.fromEntries(Array.from({ length: count }, (_, n) => [`job ${n}`, { type: 'job' }]));
    const runs = new Map<string, number>();
    const handler = (job: RunningJob) => void runs.set(job.id, (runs.get(job.id) ?? 0) + 1);
    const workers: Worker[] = [];
    for (let n = 0; n < 4; n++) workers.push(await world.work({ job: handler }, {}, await world.another()));
    const info = await world.ended(await world.submit({ jobs }));
    await Promise.all(workers.map((worker) => worker.stop()));
    assert.is(info.counts.finished, count);
    assert.equal([runs.size, [...runs.values()].every((each) => each === 1)], [count, true]);
    const sum = (of: 'claims' | 'claimsLost' | 'finished') =>
      workers.reduce((total, worker) => total + worker.statistics[of], 0);
    assert.is(sum('finished'), count);
    assert.is(sum('claims') - sum('claimsLost'), count);
    console.log(`case 223 [${world.engine}]: 4 workers, ${count} jobs, ${sum('claimsLost')} lost claims`);
    assert.ok(sum('claimsLost') < count, `${sum('claimsLost')} claims were lost`);
  },
);

onEveryStore(
  spec,
  'case 224: given a handler that always faults, when run with the default policy, then each try is later, up to a minute',
  async (world) => {
    const clock = world.environment as ManualClock;
    const graphId = await world.submit({ job: [] });
    await world.work({ job: () => fault('busy') });
    const waitsMs: number[] = [];
    for (let tries = 1; tries <= 9; tries++) {
      const faulted = (await world.eventually(graphId, 'job', 'JobFaulted', tries)).at(-1)!;
      const next = faulted.type === 'JobFaulted' ? faulted.data.next : null;
      const waitMs = (next?.kind === 'retry' && next.delayMs) || 0;
      waitsMs.push(waitMs);
      await eventually('a timer for the next try', () => clock.hasTimerDueIn(waitMs));
      await clock.advance(waitMs - 1);
      assert.is((await world.job(graphId, 'job')).attempt, tries);
      await clock.advance(1);
    }
    assert.equal(waitsMs, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    assert.is(backoffMs({}, 1000, 0), 60_000);
  },
  () => new ManualClock(),
  { setsTheLogsClock: true },
);

onEveryStore(
  spec,
  'case 224: given a handler that always faults and a cap of three attempts, when run, then the job is failed after them',
  async (world) => {
    const retry = { maximumAttempts: 3, initialIntervalMs: 1, maximumIntervalMs: 4 };
    const graphId = await world.submit({ jobs: { job: { type: 'job', retry } } });
    await world.work({ job: () => fault('busy') });
    const { job } = (await world.ended(graphId)).jobs;
    assert.equal([job!.status, job!.attempt, job!.failure!.message], ['failed', 3, 'busy']);
  },
);

const nulls = {
  concurrency: null,
  types: null,
  detectorSleepTime: null,
  sleepTime: null,
  heartbeat: { sleepTime: null, tolerance: null, monitorShutdown: null },
  sentry: { dsn: null },
  stopTimeout: null,
};

onEveryStore(
  spec,
  'case 225: given settings that are null, when a worker starts, then they are as if not given, and impossible ones are refused',
  async (world) => {
    assert.equal(readConfiguration({ from: 'the test', values: nulls }), readConfiguration());
    assert.equal(
      readConfiguration({ from: 'the test', values: { heartbeat: null, sentry: null } }),
      readConfiguration(),
    );
    const worker = await start(nulls, world.store, { job: () => 'done' });
    assert.is((await world.ended(await world.submit({ job: [] }))).status, 'finished');
    await worker.stop();
    for (const sleepTime of [Number.NaN, 0, -1, 1.5, '10 s', {}]) {
      await assert.rejects(
        start({ sleepTime: sleepTime as number }, world.store, {}),
        (error) => error instanceof ConfigurationError && /sleep-time.*milliseconds/.test(error.message),
      );
    }
  },
);

spec.test(
  'case 226: given an adapter that is unknown, when the store is opened, then an error that names it and the known ones',
  async () => {
    const isClear = (error: unknown) =>
      error instanceof LogError &&
      error.code === 'store-address' &&
      /"mysql"/.test(error.message) &&
      /sqlite/.test(error.message);
    await assert.rejects(store({ adapter: 'mysql', config: { host: 'db' } }), isClear);
    await assert.rejects(
      store('mysql:db'),
      (error) =>
        error instanceof LogError && error.code === 'store-address' && /mysql:db.*sqlite:PATH/.test(error.message),
    );
  },
);

onEveryStore(
  spec,
  'case 227: given an installed store with a graph in it, when installed again, then nothing is changed',
  async (world) => {
    const graph = jobGraph({ job: [] });
    await transactGraph(world.store, graph);
    const before = await world.wholeLog();
    assert.is(await install(world.store), 'ok');
    const other = await world.another();
    assert.is(await install(other), 'ok');
    assert.equal(await world.wholeLog(), before);
    assert.is((await transactGraph(other, graph)).stored, false);
  },
);

onEveryStore(
  spec,
  'case 228: given handlers that fault and abort silently, when run, then neither is logged as a warning or an error',
  async (world) => {
    const logger = rememberingLogger();
    const graphId = await world.submit({ faulting: [], silent: [], loud: [], throwing: [] });
    const worker = await world.work(
      {
        faulting: (job) => (job.attempt === 1 ? fault('busy', { retryAfterMs: 1 }) : 'done'),
        silent: () => abortSilent('nothing to do'),
        loud: () => abort('order was cancelled'),
        throwing: () => Promise.reject(new Error('boom')),
      },
      { logger },
    );
    await world.ended(graphId);
    await worker.stop();
    const levelOf = (words: RegExp) => [
      ...new Set(logger.lines.filter((line) => words.test(line.message)).map((line) => line.level)),
    ];
    assert.equal(levelOf(/busy/), ['info']);
    assert.equal(levelOf(/nothing to do/), ['info']);
    assert.equal(levelOf(/order was cancelled/), ['warn']);
    assert.equal(levelOf(/boom/), ['error']);
  },
);

spec.run();
