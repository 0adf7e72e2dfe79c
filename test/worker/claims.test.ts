/** Which jobs a worker claims, how many, in what order, and when a back-off is over. */
import {
  fault,
  graphInfo,
  type Handlers,
  jobGraph,
  type RunningJob,
  start,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';
import { gate, many, nap, WorkerFixture } from './worker-fixture.js';

/** Runs jobs that count how many of them run at a time; none ends before `enough` run at once, if that ever happens. */
function counting(enough: number) {
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
}

for (const engine of engines) {
  const spec = describe(`what a worker claims on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test('given a concurrency, then so many jobs run at a time, and no more', async () => {
    const { most, handler } = counting(7);
    await fixture.submit(many(30, { type: 't' }));
    await fixture.begin({ t: handler }, { concurrency: 7 });
    await waitForGraph(fixture.db, 'g');
    assert.is(most['all'], 7);
  });

  spec.test('given a concurrency of a type, then it bounds that type and leaves the places to others', async () => {
    const narrow = counting(2);
    const wide = counting(6);
    const jobs = {
      ...many(12, { type: 'narrow' }),
      ...Object.fromEntries(Object.entries(many(12, { type: 'wide' })).map(([id, job]) => [`w${id}`, job])),
    };
    await fixture.submit(jobs);
    await fixture.begin(
      { narrow: narrow.handler, wide: wide.handler },
      { concurrency: 8, types: { narrow: { concurrency: 2 } } },
    );
    await waitForGraph(fixture.db, 'g');
    assert.is(narrow.most['all'], 2);
    assert.ok(wide.most['all']! >= 6, String(wide.most['all']));
  });

  spec.test('given graphs of different priorities, then jobs of the higher start first', async () => {
    const order: string[] = [];
    await fixture.submit(many(5, { type: 't' }), 'low', { priority: -1 });
    await fixture.submit(many(5, { type: 't' }), 'high', { priority: 10 });
    await fixture.submit(many(5, { type: 't' }), 'usual');
    await fixture.begin({ t: (job) => void order.push(job.graphId) });
    await waitForGraph(fixture.db, 'low');
    assert.equal(order, [...Array(5).fill('high'), ...Array(5).fill('usual'), ...Array(5).fill('low')]);
  });

  spec.test('given jobs with priorities of their own, then these count in place of those of their graphs', async () => {
    const order: string[] = [];
    const job = (priority?: number) => ({ type: 't', ...(priority === undefined ? {} : { priority }) });
    await fixture.submit({ urgent: job(7), usual: job() }, 'low', { priority: -1 });
    await fixture.submit({ idle: job(-5), usual: job() }, 'high', { priority: 3 });
    await fixture.begin({ t: ({ graphId, id }) => void order.push(`${graphId}/${id}`) }, { concurrency: 1 });
    await Promise.all(['low', 'high'].map((id) => waitForGraph(fixture.db, id)));
    assert.equal(order, ['low/urgent', 'high/usual', 'low/usual', 'high/idle']);
  });

  spec.test('given a worker alone, then it goes on with the graph that was submitted first', async () => {
    const order: string[] = [];
    // All in one partition: a worker may begin with any.
    const ids = ['c1', 'a1', 'd1', 'b1', 'e1'];
    for (const id of ids) await fixture.submit({ x: { type: 't' }, y: { type: 't', after: ['x'] } }, id);
    await fixture.begin({ t: (job) => void order.push(`${job.id} of ${job.graphId}`) }, { concurrency: 1 });
    await Promise.all(ids.map((id) => waitForGraph(fixture.db, id)));
    const first = order.filter((each) => each.startsWith('x'));
    assert.equal(
      first,
      ids.map((id) => `x of ${id}`),
    );
    // Not at once: it is ready when the end of x is in the log, and by then another may have its place.
    assert.ok(order.indexOf('y of c1') < order.indexOf('x of b1'), order.join(', '));
  });

  spec.test('given workers with different handlers, then each takes only what it can run', async () => {
    await fixture.submit({ ...many(10, { type: 'left' }), end: { type: 'right', after: ['j0'] } });
    const left = await fixture.begin({ left: () => 1 });
    const right = await fixture.begin({ right: () => 1 });
    assert.is((await waitForGraph(fixture.db, 'g')).status, 'finished');
    await eventually('both have counted', () => left.statistics.finished === 10 && right.statistics.finished === 1);
    assert.equal([left.statistics.claims, right.statistics.claims], [10, 1]);
  });

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
        // Unless the end of the back-off is noticed, an idle worker looks again only after many seconds.
        const done = await waitForGraph(wobbly, 'g', { timeoutMs: patient(8000) }).finally(() => worker.stop());
        assert.is(done.status, 'finished');
      } finally {
        await wobbly.close();
      }
    },
  );

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
      const worker = await fixture.begin(handlers, {}, clocked);
      // The only slot is taken when the back-off ends; then the clock goes back, and the slot is free again.
      await eventually('it backs off', async () => (await flaky()).derivedStatus === 'backing-off');
      await transactGraph(clocked, jobGraph({ long: [] }, {}, { id: 'h' }));
      await eventually('it would be ready', async () => (await flaky()).derivedStatus === 'ready');
      await nap(20);
      offset = -300;
      first.open();
      const done = await waitForGraph(clocked, 'g', { timeoutMs: patient(10_000) });
      assert.is(done.jobs['flaky']!.result, 'done');
      await worker.stop();
      await clocked.close();
    },
  );

  spec.run();
}
