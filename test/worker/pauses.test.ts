// time-limit: 180s
import {
  abortGraph,
  explainJob,
  forkGraph,
  graphInfo,
  jobsReady,
  jobInfo,
  pause,
  pauses,
  queueDepths,
  resume,
  retryGraph,
  store,
  type Store,
  waitForGraph,
} from '../../src/index.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { gate, many, WorkerFixture } from './worker-fixture.js';

const refused = (code: string) => (error: unknown) => (error as { readonly code?: string }).code === code;

for (const engine of engines) {
  const spec = describe(`pauses on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  /** A worker has seen everything up to now when a job that nothing holds back has finished. */
  async function everyWorkerHasLooked(id: string): Promise<void> {
    await fixture.submit({ probe: { type: 'probe' } }, id);
    await waitForGraph(fixture.db, id);
  }

  const idsReady = async (db: Store) => (await jobsReady(db)).items.map(({ jobId }) => jobId);

  spec.test('given a paused type, then no job of it starts, others do, and it goes on when it is resumed', async () => {
    const { db } = fixture;
    const ran: string[] = [];
    const note = (job: { readonly id: string }) => void ran.push(job.id);
    assert.is(await pause(db, { type: 'send' }, { by: 'ann', reason: 'mail is down' }), true);
    assert.is(await pause(db, { type: 'send' }), false);
    await fixture.begin({ send: note, load: note, probe: () => {} }, { concurrency: 4 });
    await fixture.submit({ load: { type: 'load' }, send: { type: 'send' }, after: { type: 'load', after: ['send'] } });
    await eventually('the job of the other type ran', () => ran.includes('load'));
    await everyWorkerHasLooked('p');
    assert.equal(ran, ['load']);
    assert.equal(await idsReady(db), []);
    const [depth] = (await queueDepths(db)).filter(({ type }) => type === 'send');
    assert.equal([depth?.ready, depth?.paused], [0, 1]);
    const job = await jobInfo(db, 'g', 'send');
    assert.equal(
      [job.derivedStatus, job.pauses.map(({ scope, type, by, reason }) => [scope, type, by, reason])],
      ['ready', [['type', 'send', 'ann', 'mail is down']]],
    );
    assert.equal((await explainJob(db, 'g', 'send')).pauses, job.pauses);
    assert.equal(
      (await explainJob(db, 'g', 'after')).heldUpBy.map(({ id, isPaused }) => [id, isPaused]),
      [['send', true]],
    );
    assert.equal(await pauses(db), job.pauses);
    await resume(db, { type: 'send' });
    assert.is((await waitForGraph(db, 'g')).status, 'finished');
    assert.equal(ran, ['load', 'send', 'after']);
    assert.equal(await pauses(db), []);
    await assert.rejects(resume(db, { type: 'send' }), refused('not-paused'));
  });

  spec.test('given a paused graph, then what runs goes on to its end, and what comes after waits', async () => {
    const { db } = fixture;
    const running = gate();
    const finish = gate();
    await fixture.begin({
      first: async () => {
        running.open();
        await finish.promise;
      },
      second: () => 2,
      probe: () => {},
    });
    await fixture.submit({ a: { type: 'first' }, b: { type: 'second', after: ['a'] } });
    await running.promise;
    await pause(db, { graphId: 'g' }, { by: 'ann', reason: 'look first' });
    finish.open();
    await eventually('the running job ended', async () => (await jobInfo(db, 'g', 'a')).status === 'finished');
    await everyWorkerHasLooked('p');
    const held = await graphInfo(db, 'g');
    assert.equal([held.status, held.pause?.reason, held.jobs['b']?.derivedStatus], ['running', 'look first', 'ready']);
    assert.equal(
      held.jobs['b']!.pauses.map(({ scope, graphId }) => [scope, graphId]),
      [['graph', 'g']],
    );
    const waited = waitForGraph(db, 'g');
    await resume(db, { graphId: 'g' });
    const { status, pause: own } = await waited;
    assert.equal([status, own], ['finished', null]);
    assert.equal(await fixture.types('g', 'b'), ['JobStarted', 'JobFinished']);
    const start = (await fixture.events()).find(({ jobId, type }) => jobId === 'b' && type === 'JobStarted');
    const resumption = (await fixture.events()).find(({ type }) => type === 'GraphResumed');
    assert.is(start?.causationId, resumption?.id);
    await assert.rejects(pause(db, { graphId: 'g' }), refused('graph-already-ended'));
    await assert.rejects(pause(db, { graphId: 'nobody' }), refused('graph-not-found'));
  });

  spec.test(
    'given a namespace that is paused, then a worker that starts later starts nothing until it is resumed',
    async () => {
      const { db } = fixture;
      await fixture.submit(many(5, { type: 'load' }));
      await pause(db, 'namespace');
      await pause(db, { type: 'other' });
      const said: string[] = [];
      const logger = { debug() {}, info: (_: object, text: string) => void said.push(text), warn() {}, error() {} };
      let ran = 0;
      await fixture.begin({ load: () => void (ran += 1) }, { concurrency: 3, logger });
      await eventually('the worker says that it is paused', () =>
        said.some((text) => /everything .* is paused/.test(text)),
      );
      assert.equal([ran, await idsReady(db)], [0, []]);
      await resume(db, 'namespace');
      assert.is((await waitForGraph(db, 'g')).status, 'finished');
      assert.is(ran, 5);
      assert.equal(said.filter((text) => /is paused/.test(text)).length, 1);
      assert.equal(
        (await pauses(db)).map(({ type }) => type),
        ['other'],
      );
    },
  );

  spec.test('given a snapshot, then a feed that begins at it knows the pauses before it and after it', async () => {
    const { db } = fixture;
    await fixture.submit({ a: { type: 'load' }, b: { type: 'send' }, c: { type: 'keep' } });
    await pause(db, { type: 'load' });
    await pause(db, { graphId: 'g' });
    await pause(db, { type: 'keep' });
    await resume(db, { type: 'keep' });
    await db.live.catchUp();
    await db.live.saveSnapshot(0);
    const feed = new LiveFeed(db.log);
    await feed.start();
    assert.equal([...feed.projection.work.types.keys()], ['load']);
    assert.equal([feed.projection.graphs.get('g')?.pause !== null, feed.projection.ready.size], [true, 0]);
    await pause(db, { type: 'send' });
    await resume(db, { type: 'load' });
    await feed.catchUp();
    assert.equal([...feed.projection.work.types.keys()], ['send']);
  });

  spec.test(
    'given a paused graph, then it can be aborted and retried, and stays paused; a fork of it is not paused',
    async () => {
      const { db } = fixture;
      await fixture.submit({ a: { type: 'load' } });
      await pause(db, { graphId: 'g' });
      await abortGraph(db, 'g');
      await retryGraph(db, 'g');
      const again = await graphInfo(db, 'g');
      assert.equal([again.status, again.pause === null, again.jobs['a']!.pauses.length], ['running', false, 1]);
      await forkGraph(db, 'g', { from: ['a'], id: 'fork' });
      assert.equal((await graphInfo(db, 'fork')).pause, null);
      await fixture.begin({ load: () => 1 });
      assert.is((await waitForGraph(db, 'fork')).status, 'finished');
      assert.is((await graphInfo(db, 'g')).status, 'running');
      await resume(db, { graphId: 'g' });
      assert.is((await waitForGraph(db, 'g')).status, 'finished');
    },
  );

  spec.test('given a retried job that waits, then a pause neither shortens nor loses its back-off', async () => {
    const { db } = fixture;
    let attempts = 0;
    const isResumed = gate();
    const work = async () => {
      attempts += 1;
      if (attempts === 1) throw new Error('once');
      // The graph must not end before it is paused and resumed, however long that takes.
      await isResumed.promise;
    };
    const retry = { maximumAttempts: 2, initialIntervalMs: 30, jitter: 0 };
    // The second attempt may have begun before the pause: then the probe needs a slot beside it.
    await fixture.begin({ load: work, probe: () => {} }, { concurrency: 2 });
    await fixture.submit({ a: { type: 'load', retry } });
    await eventually('the first attempt failed', async () => (await jobInfo(db, 'g', 'a')).failure !== null);
    // Whether the second one has started already or not: it ends well in either case.
    await pause(db, { graphId: 'g' });
    await everyWorkerHasLooked('p');
    await resume(db, { graphId: 'g' });
    isResumed.open();
    assert.is((await waitForGraph(db, 'g')).status, 'finished');
    assert.is(attempts, 2);
  });

  spec.test('given two operators that pause the same at once, then it is paused once', async () => {
    const { db } = fixture;
    const changed = await Promise.all(Array.from({ length: 6 }, () => pause(db, { type: 'load' })));
    assert.equal(changed.filter(Boolean).length, 1);
    assert.equal((await pauses(db)).length, 1);
  });

  spec.run();
}

const inputs = describe('what may be paused');

inputs.test('given a target that is none, then it is refused and nothing is written', async () => {
  const db = await store('memory:');
  for (const target of [{}, { graph: 'g' }, { graphId: 'g', type: 't' }, { type: '' }, { type: 7 }, null, 'all', []]) {
    await assert.rejects(pause(db, target as never), refused('pause-invalid'));
    await assert.rejects(resume(db, target as never), refused('pause-invalid'));
  }
  await assert.rejects(pause(db, 'namespace', { by: '' }), refused('reason-invalid'));
  assert.equal(await pauses(db), []);
  await db.close();
});

inputs.run();
