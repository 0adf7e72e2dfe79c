// takes: 60s
/** Limits by key and by rate, with real workers in every kind of store. */
import { randomUUID } from 'node:crypto';
import {
  abortGraph,
  fault,
  jobGraph,
  jobInfo,
  limit,
  limits,
  type RecordedEvent,
  removeLimit,
  setLimit,
  start,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import type { DomainEvent, StreamId } from '../../src/domain/events.js';
import type { Append } from '../../src/log/event-log.js';
import { eventually } from '../support/eventually.js';
import { finished } from '../support/given.js';
import { LimitJudge, type Rule } from '../support/limit-judge.js';
import { appended, overtakeOnce } from '../support/overtaking.js';
import { patient } from '../support/patience.js';
import { assertSound } from '../support/sound.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';
import { orThrow } from '../../src/store/or-throw.js';

async function all(db: Store): Promise<readonly RecordedEvent[]> {
  return await orThrow(db.log.readAll({ limit: 100_000 }));
}

async function judged(db: Store, rules: Readonly<Record<string, Rule>>): Promise<LimitJudge> {
  const judge = new LimitJudge(rules);
  for (const event of await all(db)) judge.see(event);
  assert.equal(judge.problems, []);
  await assertSound(db);
  return judge;
}

async function ended(db: Store, graphId: string) {
  return await waitForGraph(db, graphId, { timeoutMs: patient(30_000) });
}

function many(count: number, job: object) {
  return { jobs: Object.fromEntries(Array.from({ length: count }, (_, n) => [`j${n}`, { type: 't', ...job }])) };
}

function by(actor: string, stream: StreamId, expectedRevision: number, event: DomainEvent): Append {
  return { ...stream, expectedRevision, events: [{ id: randomUUID(), event, causationId: null, actor }] };
}

const soon = (ms: number) => new Promise<null>((resolve) => setTimeout(() => resolve(null), ms));

for (const engine of engines) {
  const spec = describe(`limits on ${engine}`, { timeoutMs: 90_000, missing: missingFor(engine) });

  spec.test('given a concurrency, then several workers never run more, and all runs', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'tenant-*', { concurrency: 2 });
    await transactGraph(
      db,
      jobGraph(many(40, { limits: ['tenant-{organisation}'] }), { organisation: 7 }, { id: 'g' }),
    );
    await transactGraph(db, jobGraph(many(20, {}), {}, { id: 'free' }));
    const workers = await Promise.all([1, 2, 3].map(() => start({ concurrency: 4 }, db, { t: () => soon(5) })));
    assert.is((await ended(db, 'g')).status, 'finished');
    assert.is((await ended(db, 'free')).status, 'finished');
    await Promise.all(workers.map((worker) => worker.stop()));
    const judge = await judged(db, { 'tenant-7': { concurrency: 2 } });
    assert.is(judge.most.get('tenant-7'), 2);
    assert.equal((await limit(db, 'tenant-7')).places, []);
    await db.close();
  });

  spec.test('given units and two keys, then both are kept, and nothing waits for ever', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'a', { concurrency: 3 });
    await setLimit(db, 'b', { concurrency: 2 });
    const jobs = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => {
        const own = [[{ key: 'a', units: 2 }], ['b', 'a'], [{ key: 'b', units: 2 }], ['a']][n % 4]!;
        return [`j${n}`, { type: 't', limits: own }];
      }),
    );
    await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
    const workers = await Promise.all([1, 2].map(() => start({ concurrency: 8 }, db, { t: () => soon(3) })));
    assert.is((await ended(db, 'g')).status, 'finished');
    await Promise.all(workers.map((worker) => worker.stop()));
    await judged(db, { a: { concurrency: 3 }, b: { concurrency: 2 } });
    await db.close();
  });

  spec.test('given a rate, then no window has more starts', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'api', { rate: { starts: 4, windowMs: 400 } });
    await transactGraph(db, jobGraph(many(18, { limits: ['api'] }), {}, { id: 'g' }));
    const workers = await Promise.all([1, 2].map(() => start({ concurrency: 8 }, db, { t: () => null })));
    assert.is((await ended(db, 'g')).status, 'finished');
    await Promise.all(workers.map((worker) => worker.stop()));
    await judged(db, { api: { starts: 4, windowMs: 400 } });
    await db.close();
  });

  spec.test('given attempts that fail or whose graph is aborted, then their places are free again', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'a', { concurrency: 1 });
    const failing = { limits: ['a'], retry: { maximumAttempts: 2, initialIntervalMs: 10 } };
    await transactGraph(db, jobGraph(many(3, failing), {}, { id: 'fails' }));
    const worker = await start({ concurrency: 4 }, db, {
      t: () => fault('no'),
      long: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
    });
    assert.is((await ended(db, 'fails')).status, 'failed');
    await transactGraph(db, jobGraph({ jobs: { long: { type: 'long', limits: ['a'] } } }, {}, { id: 'long' }));
    await eventually('it has a place', async () => (await limit(db, 'a')).places.length === 1);
    await transactGraph(db, jobGraph(many(2, failing), {}, { id: 'next' }));
    await abortGraph(db, 'long');
    assert.is((await ended(db, 'next')).status, 'failed');
    await worker.stop();
    await judged(db, { a: { concurrency: 1 } });
    assert.equal((await limit(db, 'a')).places, []);
    await db.close();
  });

  spec.test('given a place that was taken for a claim that never came, then it is revoked and given back', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'a', { concurrency: 1 });
    await transactGraph(db, jobGraph(many(2, { limits: ['a'] }), {}, { id: 'g' }));
    const data = { graphId: 'g', jobId: 'j0', attempt: 1, after: -1, units: 1, concurrency: 1 };
    const event = { type: 'PlaceTaken', data } as const;
    const taken = { id: '0b0f6b9e-0b0f-4b9e-8b0f-0b0f6b9e0b0f', event, causationId: null, actor: 'w' };
    await orThrow(db.log.append([{ graphId: '', jobId: 'limit/a', expectedRevision: -1, events: [taken] }]));
    const worker = await start({ heartbeat: { 'sleep-time': 100, tolerance: 3 } } as never, db, { t: () => null });
    assert.is((await ended(db, 'g')).status, 'finished');
    await worker.stop();
    const types = (await all(db)).map(({ type }) => type);
    assert.ok(types.includes('ClaimRevoked'));
    await judged(db, { a: { concurrency: 1 } });
    await db.close();
  });

  spec.test('given claims at once, and another worker that is faster, then the later ones wait too', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'a', { concurrency: 3 });
    const begun = {
      type: 'JobStarted',
      data: { attempt: 1, worker: { id: 'other', host: 'h', pid: 1 }, leaseMs: 60_000 },
    } as const;
    const z = { graphId: 'other', jobId: 'z', attempt: 1, after: -1 };
    const key = { graphId: '', jobId: 'limit/a' };
    const overtaken = overtakeOnce(
      db,
      ({ graphId, events: [first] }) => {
        const { type, data } = first!.event;
        return type === 'PlaceTaken' ? data.graphId === 'g' : type === 'JobStarted' && graphId === 'g';
      },
      async (log) => {
        await appended(log, by('other', { graphId: 'other', jobId: 'z' }, -1, begun));
        const place = { ...z, units: 2, concurrency: 3 };
        await appended(log, by('other', key, -1, { type: 'PlaceTaken', data: place }));
      },
    );
    const worker = await start({ concurrency: 4 }, db, { t: () => null });
    // At first, a worker claims one job at a time.
    await transactGraph(db, jobGraph({ t: [] }, {}, { id: 'first' }));
    await ended(db, 'first');
    const [one, two] = [1, 2].map((units) => ({ type: 't', limits: [{ key: 'a', units }] }));
    await transactGraph(db, jobGraph({ jobs: { z: { ...two!, type: 'other' } } }, {}, { id: 'other' }));
    await transactGraph(db, jobGraph({ jobs: { one: { ...one!, priority: 1 }, two: two! } }, {}, { id: 'g' }));
    const isDone = async (jobId: string) => (await jobInfo(db, 'g', jobId)).status === 'finished';
    await eventually('the smaller one has run', async () => await isDone('one'));
    await soon(patient(100));
    assert.equal([overtaken.hasHappened, (await jobInfo(db, 'g', 'two')).attempt], [true, 0]);
    await appended(db.log, by('other', { graphId: 'other', jobId: 'z' }, 0, finished()));
    const { length } = await orThrow(db.log.readStream(key));
    await appended(db.log, by('other', key, length - 1, { type: 'PlaceGivenBack', data: z }));
    await eventually('the larger one has run', async () => await isDone('two'));
    await worker.stop();
    await judged(db, { a: { concurrency: 3 } });
    await db.close();
  });

  spec.test('given graphs that wait under one key, then priority goes first, and graphs take turns', async () => {
    const db = await freshStore(engine);
    await setLimit(db, 'a', { concurrency: 1 });
    const first = { release: () => {} };
    const handlers = {
      t: () => null,
      first: () => new Promise<null>((resolve) => (first.release = () => resolve(null))),
    };
    const limits = ['a'];
    await transactGraph(db, jobGraph({ jobs: { j: { type: 'first', limits } } }, {}, { id: 'first' }));
    const worker = await start({ concurrency: 4 }, db, handlers);
    await eventually('it has the place', async () => (await limit(db, 'a')).places.length === 1);
    await transactGraph(db, jobGraph(many(3, { limits }), {}, { id: 'one' }));
    const urgent = { urgent: { type: 't', limits, priority: 9 }, ...many(2, { limits }).jobs };
    await transactGraph(db, jobGraph({ jobs: urgent }, {}, { id: 'other' }));
    await transactGraph(db, jobGraph(many(2, { limits }), {}, { id: 'high', priority: 5 }));
    await eventually('all wait', async () => (await limit(db, 'a')).waiting === 8);
    await soon(patient(100));
    first.release();
    for (const id of ['one', 'other', 'high']) assert.is((await ended(db, id)).status, 'finished');
    await worker.stop();
    const started = (await all(db)).flatMap(({ type, graphId }) => (type === 'JobStarted' ? [graphId] : []));
    assert.equal(started, ['first', 'other', 'high', 'high', 'one', 'other', 'one', 'other', 'one']);
    await db.close();
  });

  spec.test('given settings that change, then what waits hears of it', async () => {
    const db = await freshStore(engine);
    assert.is(await setLimit(db, 'a', { concurrency: 1 }), true);
    assert.is(await setLimit(db, 'a', { concurrency: 1 }), false);
    await transactGraph(
      db,
      jobGraph(
        { jobs: { big: { type: 't', limits: [{ key: 'a', units: 2 }] }, small: { type: 't', limits: ['a'] } } },
        {},
        { id: 'g' },
      ),
    );
    const worker = await start({ concurrency: 4 }, db, { t: () => null });
    await eventually('small finishes', async () =>
      (await all(db)).some(({ type, jobId }) => type === 'JobFinished' && jobId === 'small'),
    );
    assert.is(
      (await all(db)).some(({ type, jobId }) => type === 'JobStarted' && jobId === 'big'),
      false,
    );
    const { setting, waiting } = await limit(db, 'a');
    assert.equal([setting?.concurrency, waiting], [1, 1]);
    await setLimit(db, 'a', { concurrency: 2 }, { by: 'eve', reason: 'more' });
    assert.is((await ended(db, 'g')).status, 'finished');
    assert.equal(
      (await limits(db)).map(({ key, concurrency, set }) => [key, concurrency, set.by]),
      [['a', 2, 'eve']],
    );
    await removeLimit(db, 'a');
    assert.equal(await limits(db), []);
    await worker.stop();
    await db.close();
  });

  spec.run();
}
