/** What a worker does, on every engine: places, inputs, heartbeats, fences, outages, stops. */
import {
  abortGraph,
  abortJob,
  abortSilent,
  fault,
  graphInfo,
  type Handlers,
  history,
  jobGraph,
  type RecordedEvent,
  retryGraph,
  type RunningJob,
  start,
  type Store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
  type Worker,
  type WorkerOptions,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { makeFaulty } from '../support/faulty-log.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** A promise and how to settle it: a handler that waits for its test. */
function gate<A = void>() {
  let open!: (value: A) => void;
  const promise = new Promise<A>((resolve) => (open = resolve));
  return { promise, open };
}

const until = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
const nap = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

for (const engine of engines) {
  const spec = describe(`a worker on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  let db: Store;
  const workers: Worker[] = [];

  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });
  spec.afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()));
    await db.close();
  });

  const begin = async (handlers: Handlers, options: WorkerOptions = {}) => {
    const worker = await start({ stopTimeout: 200, ...options }, db, handlers);
    workers.push(worker);
    return worker;
  };
  const submit = async (jobs: object, id = 'g', options: object = {}) => {
    await transactGraph(db, jobGraph({ jobs } as never, {}, { id, ...options }));
  };
  const events = async (graphId = 'g') => {
    const all: RecordedEvent[] = [];
    for await (const event of history(db, graphId)) all.push(event);
    return all;
  };
  const types = async (graphId = 'g', jobId?: string) =>
    (await events(graphId)).filter((event) => jobId === undefined || event.jobId === jobId).map((event) => event.type);
  const many = (count: number, job: object) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`j${n}`, job]));

  /** Runs jobs that count how many of them run at a time; they do not end before so many have, if they ever do. */
  const counting = (enough: number) => {
    let running = 0;
    const most: Record<string, number> = {};
    const handler = async (job: RunningJob) => {
      running += 1;
      most[job.type] = Math.max(most[job.type] ?? 0, running);
      most['all'] = Math.max(most['all'] ?? 0, running);
      for (let naps = 0; most['all'] < enough && naps < 200; naps++) await nap(5);
      await nap(5);
      running -= 1;
    };
    return { most, handler };
  };

  spec.test('given a concurrency, then so many jobs run at a time, and no more', async () => {
    const { most, handler } = counting(7);
    await submit(many(30, { type: 't' }));
    await begin({ t: handler }, { concurrency: 7 });
    await waitForGraph(db, 'g');
    assert.is(most['all'], 7);
  });

  spec.test('given a concurrency of a type, then it bounds that type and leaves the places to others', async () => {
    const narrow = counting(2);
    const wide = counting(6);
    const jobs = {
      ...many(12, { type: 'narrow' }),
      ...Object.fromEntries(Object.entries(many(12, { type: 'wide' })).map(([id, job]) => [`w${id}`, job])),
    };
    await submit(jobs);
    await begin(
      { narrow: narrow.handler, wide: wide.handler },
      { concurrency: 8, types: { narrow: { concurrency: 2 } } },
    );
    await waitForGraph(db, 'g');
    assert.is(narrow.most['all'], 2);
    assert.ok(wide.most['all']! >= 6, String(wide.most['all']));
  });

  spec.test('given graphs of different priorities, then jobs of the higher start first', async () => {
    const order: string[] = [];
    await submit(many(5, { type: 't' }), 'low', { priority: -1 });
    await submit(many(5, { type: 't' }), 'high', { priority: 10 });
    await submit(many(5, { type: 't' }), 'usual');
    await begin({ t: (job) => void order.push(job.graphId) });
    await waitForGraph(db, 'low');
    assert.equal(order, [...Array(5).fill('high'), ...Array(5).fill('usual'), ...Array(5).fill('low')]);
  });

  spec.test('given parents with small and with large results, then the child gets all of them, by id', async () => {
    const large = 'x'.repeat(300_000);
    let inputs: unknown;
    await submit({
      small: { type: 'small' },
      large: { type: 'large' },
      none: { type: 'none' },
      child: { type: 'child', after: ['small', 'large', 'none'] },
    });
    await begin({
      small: () => ({ n: [1] }),
      large: () => large,
      none: () => undefined,
      child: (job) => void (inputs = job.inputs),
    });
    await waitForGraph(db, 'g');
    assert.equal(inputs, { small: { n: [1] }, large, none: null });
  });

  spec.test(
    'given heartbeats with details, when the attempt faults, then the next one goes on from the last of them',
    async () => {
      const seen: unknown[] = [];
      await submit({ a: { type: 't' } });
      await begin({
        t: async (job) => {
          seen.push(job.details);
          if (job.attempt === 2) return 'done';
          await job.heartbeat({ row: 1 }, 0.25);
          await job.heartbeat({ row: 2 }, 0.5);
          return fault('later', { retryAfterMs: 1 });
        },
      });
      const done = await waitForGraph(db, 'g');
      assert.equal(seen, [null, { row: 2 }]);
      assert.equal(
        [done.jobs['a']!.status, done.jobs['a']!.details, done.jobs['a']!.progress],
        ['finished', { row: 2 }, null],
      );
      assert.equal(await types('g', 'a'), [
        'JobStarted',
        'Heartbeat',
        'Heartbeat',
        'JobFaulted',
        'JobStarted',
        'JobFinished',
      ]);
    },
  );

  spec.test('given many heartbeats nobody waits for, then they become few, and the last details are kept', async () => {
    await submit({ a: { type: 't' } });
    await begin({
      t: async (job) => {
        for (let n = 0; n < 500; n++) void job.heartbeat({ n });
        await job.heartbeat({ n: 'last' });
      },
    });
    const done = await waitForGraph(db, 'g');
    assert.equal(done.jobs['a']!.details, { n: 'last' });
    assert.ok((await types()).filter((type) => type === 'Heartbeat').length < 10);
  });

  spec.test('given a heartbeat that JSON cannot hold, then it is refused with where, and the job goes on', async () => {
    let refused: unknown;
    await submit({ a: { type: 't' } });
    await begin({
      t: async (job) => {
        await job.heartbeat({ list: [1n] }).catch((error: unknown) => (refused = error));
        void job.heartbeat({ alsoBad: Number.NaN });
        return 1;
      },
    });
    assert.is((await waitForGraph(db, 'g')).status, 'finished');
    assert.match(String(refused), /details\.list\[0\] is a BigInt/);
  });

  spec.test(
    'given a job with a time limit, then its attempt ends as a timeout, its signal aborts, and its policy says what follows',
    async () => {
      const signals: AbortSignal[] = [];
      await submit({
        once: { type: 't', timeoutMs: 30 },
        again: { type: 't', timeoutMs: 30, retry: { maximumAttempts: 2, initialIntervalMs: 1 } },
      });
      await begin(
        {
          t: async (job) => {
            signals.push(job.signal);
            if (job.attempt === 1) await until(job.signal);
            return 'second';
          },
        },
        { concurrency: 2 },
      );
      const done = await waitForGraph(db, 'g');
      assert.equal([done.jobs['once']!.status, done.jobs['once']!.failure?.reason], ['failed', 'system/timeout']);
      assert.equal([done.jobs['again']!.status, done.jobs['again']!.result], ['finished', 'second']);
      assert.ok(signals.filter((signal) => signal.aborted).length === 2);
    },
  );

  spec.test('given a retry policy, then exceptions are tried again up to its bound, save those it names', async () => {
    const retry = { maximumAttempts: 3, initialIntervalMs: 1, nonRetryable: ['RangeError', 'ENOENT'] };
    await submit({ type: { type: 't', retry }, named: { type: 'range', retry }, code: { type: 'code', retry } });
    await begin({
      t: () => {
        throw new TypeError('boom');
      },
      range: () => {
        throw new RangeError('boom');
      },
      code: () => {
        throw Object.assign(new Error('boom'), { code: 'ENOENT' });
      },
    });
    const done = await waitForGraph(db, 'g');
    assert.equal(
      Object.values(done.jobs).map((job) => [job.id, job.status, job.attempt]),
      [
        ['type', 'failed', 3],
        ['named', 'failed', 1],
        ['code', 'failed', 1],
      ],
    );
  });

  spec.test(
    'given a signal wrapped in causes, or among the errors of an aggregate, then it is recognised',
    async () => {
      await submit({ cause: { type: 'cause' }, aggregate: { type: 'aggregate' } });
      const thrown = () => {
        try {
          return abortSilent('enough');
        } catch (error) {
          return error;
        }
      };
      await begin({
        cause: () => {
          throw new Error('outer', { cause: new Error('middle', { cause: thrown() }) });
        },
        aggregate: () => Promise.any([Promise.reject(new Error('x')), Promise.reject(thrown() as Error)]),
      });
      const done = await waitForGraph(db, 'g');
      assert.equal(
        Object.values(done.jobs).map((job) => [job.status, job.abort?.message]),
        [
          ['aborted', 'enough'],
          ['aborted', 'enough'],
        ],
      );
    },
  );

  spec.test('given a job that kills every lease it gets, then after a bounded number of them it fails', async () => {
    const stuck = gate();
    await submit({ poison: { type: 't', maximumLostLeases: 2 } });
    const quick = { sleepTime: 40, tolerance: 1, monitorShutdown: false };
    await begin({ other: () => {} }, { heartbeat: quick });
    // The worker that runs it cannot make itself heard; the other one watches.
    makeFaulty(db).onAppend = (requests) =>
      requests.some(({ events }) => events.some(({ event }) => event.type === 'Heartbeat')) ? 'lost' : null;
    await begin({ t: () => stuck.promise }, { heartbeat: quick, concurrency: 3 });
    const done = await waitForGraph(db, 'g');
    const job = done.jobs['poison']!;
    assert.equal(
      [job.status, job.failure?.reason, job.lostLeases, job.attempt],
      ['failed', 'system/lease-expired', 3, 3],
    );
    stuck.open();
  });

  spec.test(
    'given a running graph, when it is aborted, then the signal aborts, the outcome is not kept, and the job’s own stream says so',
    async () => {
      const running = gate<RunningJob>();
      const done = gate<string>();
      await submit({ a: { type: 't' }, b: { type: 't', after: ['a'] } });
      const worker = await begin({
        t: async (job) => {
          running.open(job);
          return await done.promise;
        },
      });
      const job = await running.promise;
      await abortGraph(db, 'g', { by: 'me', reason: 'enough' });
      await eventually('the signal aborts', () => job.signal.aborted);
      done.open('too late');
      const after = await graphInfo(db, 'g');
      assert.equal(
        Object.values(after.jobs).map((each) => [each.status, each.result]),
        [
          ['aborted', null],
          ['aborted', null],
        ],
      );
      await eventually('the worker counts it as lost', () => worker.statistics.leasesLost === 1);
      assert.equal(await types(), ['GraphSubmitted', 'JobStarted', 'GraphAborted', 'JobAborted']);
      assert.equal(await retryGraph(db, 'g'), ['a']);
      assert.is((await waitForGraph(db, 'g')).status, 'finished');
      assert.equal((await events()).filter((event) => event.type === 'JobStarted' && event.jobId === 'a').length, 2);
    },
  );

  spec.test('given a running job, when it is aborted from outside, then the worker lets it go and lives', async () => {
    const running = gate<RunningJob>();
    await submit({ a: { type: 't' }, b: { type: 'quick' } });
    const worker = await begin(
      {
        t: async (job) => {
          running.open(job);
          await until(job.signal);
          return 'too late';
        },
        quick: () => 'fine',
      },
      { concurrency: 2 },
    );
    await running.promise;
    await abortJob(db, 'g', 'a');
    const done = await waitForGraph(db, 'g');
    await eventually('lost', () => worker.statistics.leasesLost === 1);
    assert.equal(
      Object.values(done.jobs).map((job) => [job.status, job.result]),
      [
        ['aborted', null],
        ['finished', 'fine'],
      ],
    );
  });

  spec.test('given appends whose answers are lost, then they are sent again and nothing is written twice', async () => {
    const faults = makeFaulty(db);
    let countdown = 0;
    faults.onAppend = () => (['lost', 'answer-lost', null] as const)[countdown++ % 3]!;
    let runs = 0;
    await transactAnyway(db, 'g', { a: { type: 't' }, b: { type: 't', after: ['a'] }, c: { type: 't', after: ['b'] } });
    await begin({ t: () => void (runs += 1) }, { concurrency: 2 });
    await waitForGraph(db, 'g');
    faults.onAppend = () => null;
    assert.is(runs, 3);
    assert.equal((await types()).sort(), [
      'GraphSubmitted',
      ...Array(3).fill('JobFinished'),
      ...Array(3).fill('JobStarted'),
    ]);
  });

  spec.test(
    'given many endings that come back from the log before their answers do, then each is kept once',
    async () => {
      const faults = makeFaulty(db);
      const ids = Array.from({ length: 40 }, (_, index) => `j${index}`);
      await submit(Object.fromEntries(ids.map((id) => [id, { type: 't' }])));
      // The answers come late, and one after another.
      let late = 0;
      faults.untilAnswer = async ([request]) => {
        if (request!.events[0]!.event.type !== 'JobFinished') return;
        late += 1;
        await nap(100 + 5 * late);
      };
      const worker = await begin({ t: () => {} }, { concurrency: ids.length });
      await waitForGraph(db, 'g');
      await eventually('every answer is there', () => worker.statistics.finished === ids.length);
      assert.is(worker.statistics.leasesLost, 0);
      assert.is((await types()).filter((type) => type === 'JobFinished').length, ids.length);
    },
  );

  spec.test(
    'given a clock and timers that disagree by a little, then a back-off that ends is noticed all the same',
    async () => {
      let looks = 0;
      const now = () => Date.now() - (looks++ % 2 === 0 ? 3 : 0);
      const wobbly = await freshStore(engine, { environment: { ...systemEnvironment, now } });
      try {
        const ids = Array.from({ length: 12 }, (_, index) => `j${index}`);
        const jobs = ids.map((id, index) => [id, { type: 't', after: index === 0 ? [] : [ids[index - 1]!] }] as const);
        await transactGraph(wobbly, jobGraph({ jobs: Object.fromEntries(jobs) }, {}, { id: 'g' }));
        const worker = await start({}, wobbly, {
          t: ({ attempt }) => (attempt === 1 ? fault('again', { retryAfterMs: 20 }) : null),
        });
        // Without a notice, the next look is that of an idle worker, after many seconds.
        const done = await waitForGraph(wobbly, 'g', { timeoutMs: 8000 }).finally(() => worker.stop());
        assert.is(done.status, 'finished');
      } finally {
        await wobbly.close();
      }
    },
  );

  spec.test('given a log that fails while a job runs, then its outcome is kept until the log takes it', async () => {
    const faults = makeFaulty(db);
    const running = gate();
    const finish = gate();
    await submit({ a: { type: 't' } });
    await begin({
      t: async () => {
        running.open();
        await finish.promise;
        return 'kept';
      },
    });
    await running.promise;
    faults.onAppend = () => 'lost';
    finish.open();
    await nap(150);
    assert.is((await graphInfo(db, 'g')).jobs['a']!.status, 'started');
    faults.onAppend = () => null;
    assert.is((await waitForGraph(db, 'g')).jobs['a']!.result, 'kept');
  });

  for (const monitorShutdown of [true, false]) {
    const what = monitorShutdown
      ? 'it stops and says why, and the process lives'
      : 'it goes on, and works when the log is back';
    spec.test(
      `given a log that fails for ten leases and monitor-shutdown ${monitorShutdown}, then ${what}`,
      async () => {
        const faults = makeFaulty(db);
        const running = gate();
        const finish = gate();
        await submit({ a: { type: 't' } });
        const worker = await begin(
          {
            t: async () => {
              running.open();
              await finish.promise;
            },
          },
          { heartbeat: { sleepTime: 20, tolerance: 3, monitorShutdown } },
        );
        await running.promise;
        faults.onAppend = () => 'lost';
        if (monitorShutdown) {
          await assert.rejects(worker.stopped, /the log has failed for longer than 10 leases/);
        } else {
          await nap(300);
          faults.onAppend = () => null;
          finish.open();
          assert.is((await waitForGraph(db, 'g', { timeoutMs: 10_000 })).status, 'finished');
        }
        faults.onAppend = () => null;
        finish.open();
      },
    );
  }

  spec.test(
    'given a log that takes nothing while a worker stops, then it stops, and says what it could not hand back',
    async () => {
      const faults = makeFaulty(db);
      const running = gate();
      await submit({ a: { type: 't' } });
      const hang = () => {
        running.open();
        return new Promise(() => {});
      };
      const worker = await begin({ t: hang }, { stopTimeout: 20, heartbeat: { sleepTime: 100, tolerance: 2 } });
      await running.promise;
      faults.onAppend = () => 'lost';
      await worker.stop();
      await assert.rejects(
        worker.stopped,
        /could not record that a job was handed back; others will run it once the lease is over$/,
      );
      faults.onAppend = () => null;
    },
  );

  spec.test('given a time to wait that is none, then whoever asks is told so', async () => {
    await submit({ a: { type: 't' } });
    for (const timeoutMs of [Infinity, NaN, -1, '5' as unknown as number, null as unknown as number]) {
      await assert.rejects(
        waitForGraph(db, 'g', { timeoutMs }),
        /^timeoutMs is .*; it is a number of milliseconds from 0/,
      );
    }
  });

  spec.test('given a store that is closed under a worker, then the worker stops and says so', async () => {
    const worker = await begin({ t: () => {} });
    await db.close();
    await assert.rejects(worker.stopped, /the store was closed/);
  });

  spec.test(
    'given results that cannot be kept, then the job fails with what and where, and the worker lives',
    async () => {
      await submit({ big: { type: 'big' }, odd: { type: 'odd' }, fine: { type: 'fine' } });
      await begin({ big: () => 'x'.repeat(600_000), odd: () => ({ rows: [{ f: () => 1 }] }), fine: () => 1 });
      const { jobs } = await waitForGraph(db, 'g');
      assert.match(
        jobs['big']!.failure!.message!,
        /the handler's result takes 600002 bytes as JSON; at most 524288 are kept/,
      );
      assert.is(jobs['odd']!.failure?.message, "the handler's result.rows[0].f is a function, which JSON cannot hold");
      assert.equal([jobs['odd']!.failure?.exception, jobs['fine']!.status], ['InvalidResultError', 'finished']);
    },
  );

  spec.test('given a fault with an impossible delay, then the job fails with what is wrong', async () => {
    await submit({ a: { type: 't' } });
    await begin({ t: () => fault('later', { retryAfterMs: Number.NaN }) });
    const { jobs } = await waitForGraph(db, 'g');
    assert.is(jobs['a']!.failure?.message, 'retryAfterMs is NaN; it is a number of milliseconds from 0');
  });

  spec.test('given a failure and reasons that are too long, then they are cut, and say so', async () => {
    await submit({ a: { type: 't' } });
    await begin({
      t: () => {
        throw Object.assign(new Error('y'.repeat(100_000)), { data: { blob: 'x'.repeat(100_000), n: 1 } });
      },
    });
    const { failure } = (await waitForGraph(db, 'g')).jobs['a']!;
    assert.match(failure!.message!, /^y+… \(cut: 100000 bytes\)$/);
    assert.match(JSON.stringify(failure!.data), /left out: with it the record would be over the limit/);
    await submit({ a: { type: 'nobody' } }, 'h');
    await abortGraph(db, 'h', { reason: 'z'.repeat(1_000_000) });
    assert.is((await graphInfo(db, 'h')).abort!.reason.length, 2000);
  });

  spec.test(
    'given a back-off that is over and a clock that is set back after it, then the job is not forgotten',
    async () => {
      let offset = 0;
      const clocked = await freshStore(engine, {
        environment: { ...systemEnvironment, now: () => Date.now() + offset },
      });
      const first = gate();
      const flaky = async () => (await graphInfo(clocked, 'g')).jobs['flaky']!;
      await transactGraph(clocked, jobGraph({ flaky: [] }, {}, { id: 'g' }));
      const handlers: Handlers = {
        flaky: (job) => (job.attempt === 1 ? fault('later', { retryAfterMs: 300 }) : 'done'),
        long: () => first.promise,
      };
      const worker = await start({}, clocked, handlers);
      workers.push(worker);
      // The only place is taken when the back-off ends; then the clock goes back, and the place is free again.
      await eventually('it backs off', async () => (await flaky()).derivedStatus === 'backing-off');
      await transactGraph(clocked, jobGraph({ long: [] }, {}, { id: 'h' }));
      await eventually('it would be ready', async () => (await flaky()).derivedStatus === 'ready');
      await nap(20);
      offset = -300;
      first.open();
      const done = await waitForGraph(clocked, 'g', { timeoutMs: 10_000 });
      assert.is(done.jobs['flaky']!.result, 'done');
      await worker.stop();
      await clocked.close();
    },
  );

  spec.test('given options that are none of a worker’s, then start refuses them and says what to do', async () => {
    await assert.rejects(
      start({ store: 'x' } as never, db, {}),
      /store is not a setting of a worker; open the store with it/,
    );
    await assert.rejects(
      start({ concurency: 2 } as never, db, {}),
      /there is no setting "concurency"; did you mean concurrency/,
    );
    await assert.rejects(
      start({ types: { t: { concurency: 2 } } } as never, db, {}),
      /types\.t: there is no field "concurency"/,
    );
    await assert.rejects(start({ concurrency: 0 }, db, {}), /concurrency: expected whole number from 1, got 0/);
    await assert.rejects(start({}, db, { t: 'x' as never }), /the handler of type "t" is a string/);
  });

  spec.test(
    'given a worker that stops, then nothing new starts, what runs ends, and stop may be called twice',
    async () => {
      const running = gate();
      const finish = gate();
      await submit({ a: { type: 't' }, b: { type: 't' } });
      const worker = await begin(
        {
          t: async () => {
            running.open();
            await finish.promise;
            return 'in time';
          },
        },
        { stopTimeout: 5000 },
      );
      await running.promise;
      const stopping = worker.stop();
      assert.is(worker.stop(), stopping);
      finish.open();
      await stopping;
      await worker.stopped;
      const { counts, jobs } = await graphInfo(db, 'g');
      assert.equal([counts.finished, counts.unstarted, counts.started], [1, 1, 0]);
      assert.ok(Object.values(jobs).some((job) => job.result === 'in time'));
    },
  );

  spec.test(
    'given a finished graph, then every event but the first names the one that led to it, back to the submission',
    async () => {
      await submit({ a: { type: 't' }, b: { type: 't', after: ['a'] } });
      await begin({ t: () => 1 });
      await waitForGraph(db, 'g');
      const all = await events();
      const byId = new Map(all.map((event) => [event.id, event]));
      const chain = (event: RecordedEvent): string[] =>
        event.causationId === null ? [event.type] : [event.type, ...chain(byId.get(event.causationId)!)];
      assert.equal(chain(all.at(-1)!), ['JobFinished', 'JobStarted', 'JobFinished', 'JobStarted', 'GraphSubmitted']);
    },
  );

  spec.test('given workers with different handlers, then each takes only what it can run', async () => {
    await submit({ ...many(10, { type: 'left' }), end: { type: 'right', after: ['j0'] } });
    const left = await begin({ left: () => 1 });
    const right = await begin({ right: () => 1 });
    assert.is((await waitForGraph(db, 'g')).status, 'finished');
    await eventually('both have counted', () => left.statistics.finished === 10 && right.statistics.finished === 1);
    assert.equal([left.statistics.claims, right.statistics.claims], [10, 1]);
  });

  spec.run();
}

/** Submits through a log that loses answers, as a client would: again and again. */
async function transactAnyway(db: Store, id: string, jobs: object): Promise<void> {
  const graph = jobGraph({ jobs } as never, {}, { id });
  for (;;) {
    try {
      await transactGraph(db, graph);
      return;
    } catch {
      // The log failed; whether the graph is there, the next try finds out.
    }
  }
}
