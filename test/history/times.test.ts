// takes: 40s
/** When jobs start and by when they must have ended, with real workers in every kind of store. */
import {
  diff,
  type Environment,
  explainGraph,
  explainJob,
  fault,
  finishJob,
  forkGraph,
  graphInfo,
  history,
  install,
  jobGraph,
  jobInfo,
  jobs,
  JobTimeoutError,
  queueDepths,
  type RecordedEvent,
  recordedAttempt,
  retryGraph,
  retryJob,
  start,
  store,
  type Store,
  systemEnvironment,
  timeline,
  transactGraph,
  waitForGraph,
  workers,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshPlace, freshStore, missingFor } from '../support/stores.js';

const hourMs = 3_600_000;
/** Timers may be a little early against the log's clock, which another process may read. */
const earlyMs = 25;

async function eventsOf(db: Store, graphId: string): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  for await (const event of history(db, graphId)) found.push(event);
  return found;
}

/** When the log recorded the first event of a type in a job. */
async function timeOf(db: Store, graphId: string, jobId: string, type: string): Promise<number> {
  const event = (await eventsOf(db, graphId)).find((each) => each.jobId === jobId && each.type === type);
  assert.ok(event !== undefined, `there is no ${type} of ${jobId}`);
  return Date.parse(event.recordedAt);
}

async function ended(db: Store, graphId: string) {
  return await waitForGraph(db, graphId, { timeoutMs: patient(20_000) });
}

const limited = {
  jobs: {
    nobody: { type: 'nobody', scheduleToStartMs: 500 },
    long: { type: 'long', scheduleToCloseMs: 600 },
    flaky: { type: 'flaky', retry: { initialIntervalMs: 200, backoffCoefficient: 1 }, scheduleToCloseMs: 900 },
    asked: { type: 'asked', external: { for: 'the boss' }, scheduleToCloseMs: 700 },
    named: { type: 'long', startToCloseMs: 300 },
    cleanUp: { type: 'good', after: ['nobody', 'long', 'flaky', 'asked', 'named'], when: 'all-ended' },
  },
} as const;

for (const engine of engines) {
  const spec = describe(`times on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('given delays and instants, then no job starts before, and each starts soon after', async () => {
    const db = await freshStore(engine);
    const from = Date.now() + 900;
    const graph = jobGraph(
      {
        jobs: {
          first: { type: 't' },
          delayed: { type: 't', after: ['first'], delayMs: 700 },
          later: { type: 't', startAfter: new Date(from + 600) },
          past: { type: 't', startAfter: '2001-01-01T00:00:00+02:00' },
        },
      },
      {},
      { id: 'g', startAfter: new Date(from) },
    );
    await transactGraph(db, graph);
    assert.is((await graphInfo(db, 'g')).jobs['first']!.derivedStatus, 'delayed');
    assert.equal(
      (await jobs(db, { status: 'delayed' })).items.map(({ id }) => id),
      ['first', 'later', 'past'],
    );
    assert.equal(
      (await queueDepths(db)).map(({ ready, backingOff, waiting }) => [ready, backingOff, waiting]),
      [[0, 3, 1]],
    );
    const explained = await explainJob(db, 'g', 'later');
    assert.equal([explained.status, explained.notBefore], ['delayed', new Date(from + 600).toISOString()]);
    assert.equal(
      (await explainGraph(db, 'g')).delayed.map(({ id }) => id),
      ['first', 'later', 'past'],
    );
    const worker = await start({ concurrency: 4 }, db, { t: () => null });
    assert.is((await ended(db, 'g')).status, 'finished');
    await worker.stop();
    const readyAt = await timeOf(db, 'g', 'first', 'JobFinished');
    const due = { first: from, past: from, later: from + 600, delayed: readyAt + 700 };
    for (const [id, at] of Object.entries(due)) {
      const lateMs = (await timeOf(db, 'g', id, 'JobStarted')) - at;
      assert.ok(lateMs >= -earlyMs && lateMs < patient(3000), `${id} started ${lateMs} ms after its time`);
    }
    const { jobs: spans } = await timeline(db, 'g');
    const waited = spans.find(({ jobId }) => jobId === 'delayed')!;
    assert.ok(waited.totals.delayed >= 700 - earlyMs && waited.totals.delayed < patient(3000), JSON.stringify(waited));
    assert.equal(
      waited.spans.map(({ kind }) => kind).filter((kind) => kind !== 'ready'),
      ['blocked', 'delayed', 'running'],
    );
    await assertSound(db);
    await db.close();
  });

  spec.test('given a chain, in which a claim may go along with an end, then a delay in it is kept', async () => {
    const db = await freshStore(engine);
    const worker = await start({ concurrency: 4 }, db, { t: () => null });
    const chain = { jobs: { a: { type: 't' }, b: { type: 't', after: ['a'], delayMs: 400 } } };
    await transactGraph(db, jobGraph(chain, {}, { id: 'g' }));
    assert.is((await ended(db, 'g')).status, 'finished');
    await worker.stop();
    const waitedMs = (await timeOf(db, 'g', 'b', 'JobStarted')) - (await timeOf(db, 'g', 'a', 'JobFinished'));
    assert.ok(waitedMs >= 400 - earlyMs, `it started after ${waitedMs} ms`);
    await db.close();
  });

  spec.test('given limits that run out, then each job fails with its own failure, and the rest goes on', async () => {
    const db = await freshStore(engine);
    const graph = jobGraph(limited, {}, { id: 'g' });
    await transactGraph(db, graph);
    const reasons: unknown[] = [];
    const worker = await start({ concurrency: 5 }, db, {
      long: async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reasons.push(signal.reason);
      },
      flaky: () => fault('the source is down'),
      good: () => 'cleaned up',
    });
    const info = await ended(db, 'g');
    await worker.stop();
    assert.equal([info.status, info.jobs['cleanUp']!.result], ['failed', 'cleaned up']);
    const failures = Object.values(info.jobs).map(({ id, failure }) => [id, failure?.exception, failure?.message]);
    assert.equal(failures.slice(0, 5), [
      ['nobody', 'ScheduleToStartTimeout', 'it was not started within 500 ms (scheduleToStartMs)'],
      ['long', 'ScheduleToCloseTimeout', 'it had not ended within 600 ms (scheduleToCloseMs)'],
      [
        'flaky',
        'ScheduleToCloseTimeout',
        'it had not ended within 900 ms (scheduleToCloseMs); its last attempt failed: the source is down',
      ],
      ['asked', 'ScheduleToCloseTimeout', 'it was not answered within 700 ms (scheduleToCloseMs)'],
      ['named', 'JobTimeoutError', 'the attempt took longer than 300 ms'],
    ]);
    assert.equal(
      reasons.map((reason) => reason instanceof JobTimeoutError),
      [true, true],
    );
    const submittedAt = Date.parse(info.submittedAt);
    for (const [id, ms] of Object.entries({ nobody: 500, long: 600, flaky: 900, asked: 700 })) {
      const lateMs = (await timeOf(db, 'g', id, 'JobExpired')) - submittedAt - ms;
      assert.ok(lateMs >= -earlyMs && lateMs < patient(3000), `${id} expired ${lateMs} ms after its time`);
    }
    const expired = (await eventsOf(db, 'g')).filter(({ type }) => type === 'JobExpired');
    assert.is(expired.length, 4, 'each is written once');
    const explained = await explainJob(db, 'g', 'nobody');
    assert.equal(
      [explained.status, explained.failure?.reason, explained.expiry],
      ['failed', 'system/schedule-to-start', null],
    );
    assert.equal((await recordedAttempt(db, 'g', 'long')).outcome, {
      ...{ kind: 'faulted', cause: 'timeout', hasFailed: true },
      failure: info.jobs['long']!.failure!,
    });
    const times = (await timeline(db, 'g')).jobs.find(({ jobId }) => jobId === 'long')!;
    assert.is(times.spans.at(-1)!.ending, 'expired');
    assert.is((await workers(db)).items.find(({ id }) => id === worker.id)!.faulted >= 2, true);
    await assertSound(db);
    await db.close();
  });

  spec.test('given a job that ran out of time, when it is retried, then it has all its time again', async () => {
    const db = await freshStore(engine);
    const shape = {
      jobs: { ask: { type: 'ask', external: true, scheduleToCloseMs: 400 }, next: { type: 'next', after: ['ask'] } },
    };
    await transactGraph(db, jobGraph(shape, {}, { id: 'g' }));
    const worker = await start({}, db, { next: () => 1 });
    assert.is((await ended(db, 'g')).status, 'failed');
    await retryJob(db, 'g', 'ask', { by: 'kari' });
    const { derivedStatus, expiry } = await jobInfo(db, 'g', 'ask');
    assert.equal([derivedStatus, expiry?.limit], ['awaiting', 'scheduleToClose']);
    assert.is(Date.parse(expiry!.at), (await timeOf(db, 'g', 'ask', 'JobReset')) + 400);
    await finishJob(db, 'g', 'ask', true, { by: 'kari' });
    assert.is((await ended(db, 'g')).status, 'finished');
    await worker.stop();
    await assertSound(db);
    await db.close();
  });

  spec.test(
    'given a deadline, then the graph is aborted, once; whoever goes on with it is not stopped again',
    async () => {
      const db = await freshStore(engine);
      const shape = { jobs: { long: { type: 'long' }, ask: { type: 'ask', external: true } } };
      await transactGraph(db, jobGraph(shape, {}, { id: 'g', deadlineMs: 500 }));
      const { deadline, submittedAt } = await graphInfo(db, 'g');
      assert.is(Date.parse(deadline!) - Date.parse(submittedAt), 500);
      let isQuick = false;
      const handlers = {
        long: async ({ signal }: { readonly signal: AbortSignal }) => {
          if (!isQuick) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      };
      const all = await Promise.all([start({}, db, handlers), start({}, db, handlers), start({}, db, handlers)]);
      const info = await ended(db, 'g');
      assert.equal(
        [info.status, info.abort?.by, info.abort?.reason],
        ['aborted', 'deadline', `it had not ended by ${deadline}`],
      );
      isQuick = true;
      await retryGraph(db, 'g', { by: 'kari' });
      assert.is((await graphInfo(db, 'g')).deadline, null);
      await finishJob(db, 'g', 'ask', 1);
      assert.is((await ended(db, 'g')).status, 'finished');
      for (const worker of all) await worker.stop();
      const aborts = (await eventsOf(db, 'g')).filter(({ type }) => type === 'GraphAborted');
      assert.is(aborts.length, 1);
      await assertSound(db);
      await db.close();
    },
  );

  spec.test('given a graph of which no worker handles anything, then its limits run out all the same', async () => {
    const db = await freshStore(engine);
    const worker = await start({}, db, { other: () => null });
    await transactGraph(db, jobGraph({ jobs: { a: { type: 'x', scheduleToStartMs: 200 } } }, {}, { id: 'a' }));
    await transactGraph(db, jobGraph({ x: [] }, {}, { id: 'b', deadlineMs: 200 }));
    assert.equal([(await ended(db, 'a')).status, (await ended(db, 'b')).status], ['failed', 'aborted']);
    await worker.stop();
    await db.close();
  });

  spec.test('given a fork, then jobs keep their limits, and an old deadline is not the fork’s', async () => {
    const db = await freshStore(engine);
    const at = new Date(Date.now() + 50_000).toISOString();
    const graph = (options: object) =>
      jobGraph(
        { jobs: { a: { type: 'a', delayMs: 1, scheduleToCloseMs: 60_000 }, b: { type: 'a', after: ['a'] } } },
        {},
        options,
      );
    await transactGraph(db, graph({ id: 'instant', deadline: at }));
    await transactGraph(db, graph({ id: 'length', deadlineMs: 50_000 }));
    const worker = await start({}, db, { a: () => 1 });
    await Promise.all([ended(db, 'instant'), ended(db, 'length')]);
    assert.is((await graphInfo(db, 'instant')).deadline, at);
    await forkGraph(db, 'instant', { from: ['a'], id: 'fork 1' });
    await forkGraph(db, 'length', { from: ['b'], id: 'fork 2' });
    const [first, second] = [await ended(db, 'fork 1'), await ended(db, 'fork 2')];
    assert.equal([first.deadline, Date.parse(second.deadline!) - Date.parse(second.submittedAt)], [null, 50_000]);
    assert.equal(
      [first.jobs['a']!.scheduleToCloseMs, first.jobs['a']!.delayMs, first.jobs['b']!.delayMs],
      [60_000, 1, null],
    );
    const { changed } = await diff(db, { graphId: 'instant' }, { graphId: 'fork 1' });
    assert.equal(
      changed.filter(({ definition }) => definition !== undefined),
      [],
    );
    await worker.stop();
    await assertSound(db);
    await db.close();
  });

  spec.run();
}

/** The memory log has the clock of its one process. */
for (const engine of ['sqlite', 'eventstoredb'] as const) {
  const spec = describe(`times under wrong clocks on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  for (const offMs of [-25 * hourMs, -20_000, 20_000, 25 * hourMs]) {
    spec.test(
      `given a worker whose clock is ${offMs / 1000} s off, then nothing starts or ends before its time`,
      async () => {
        const place = freshPlace(engine);
        const open = async (environment: Environment) =>
          await store(place.address, { namespace: place.namespace, environment });
        const db = await open(systemEnvironment);
        await install(db);
        const off = await open({ ...systemEnvironment, now: () => Date.now() + offMs });
        const wrong = await start({}, off, { other: () => null });
        const right = await start({}, db, { t: () => null });
        // On SQLite the clock of whoever writes is the log's, so by the log's clock a limit has run out when a wrong one says so.
        const limits = engine === 'sqlite' ? {} : { nobody: { type: 'nobody', scheduleToStartMs: 60_000 } };
        const shape = { jobs: { delayed: { type: 't', delayMs: 600 }, ...limits } };
        const options = engine === 'sqlite' ? {} : { deadlineMs: 120_000 };
        const { graphId } = await transactGraph(db, jobGraph(shape, {}, options));
        await eventually('it has run', async () => (await jobInfo(db, graphId, 'delayed')).status === 'finished');
        const info = await graphInfo(db, graphId);
        const waitedMs = (await timeOf(db, graphId, 'delayed', 'JobStarted')) - Date.parse(info.submittedAt);
        assert.ok(waitedMs >= 600 - earlyMs && waitedMs < patient(5000), `it started after ${waitedMs} ms`);
        if (engine === 'eventstoredb')
          assert.equal([info.status, info.jobs['nobody']!.status], ['running', 'unstarted']);
        for (const worker of [wrong, right]) await worker.stop();
        await db.close();
        await off.close();
      },
    );
  }

  spec.run();
}
