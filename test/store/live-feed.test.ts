/** The live feed: what it knows is what the whole log says, wherever it began and however the events came. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { abortJob, jobGraph, LogError, pause, retryJob, type Store, transactGraph } from '../../src/index.js';
import { E } from '../../src/prelude/fp.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { eventBatches } from '../../src/store/read-log.js';
import { finished, heartbeat, started, submitted } from '../support/given.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { type Engine, freshStore } from '../support/stores.js';

const stores: Store[] = [];

async function opened(engine: Engine): Promise<Store> {
  const db = await freshStore(engine);
  stores.push(db);
  return db;
}

/** Appends events to the end of a stream. */
async function write(db: Store, graphId: string, jobId: string | null, ...events: readonly DomainEvent[]) {
  const there = await rightOf(db.log.readStream({ graphId, jobId }, { last: 1 }));
  const expectedRevision = there.at(-1)?.revision ?? -1;
  const made = events.map((event) => ({ id: randomUUID(), event, causationId: null, actor: 'tester' }));
  const [result] = await rightOf(db.log.append([{ graphId, jobId, expectedRevision, events: made }]));
  assert.ok(result!.appended);
}

async function allEvents(db: Store): Promise<readonly RecordedEvent[]> {
  const all: RecordedEvent[] = [];
  for await (const batch of eventBatches(db.log)) all.push(...batch);
  return all;
}

/** What a projection says, as data. */
function said(projection: LiveProjection) {
  return {
    position: projection.position,
    work: [projection.work.pause?.reason ?? null, [...projection.work.types.keys()]],
    ready: [...projection.ready].map(([type, jobs]) => [type, [...jobs].map(({ id }) => id).sort()]),
    started: [...projection.started].map(([job, by]) => [job.graph.id, job.id, by]).sort(),
    graphs: [...projection.graphs.values()]
      .map((graph) => ({
        id: graph.id,
        anomalies: graph.anomalies.map(({ problem }) => problem),
        jobs: [...graph.jobs.values()].map((job) => [job.id, job.status, job.record]),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** What the whole log says, event by event from the first. */
async function saidByAll(db: Store) {
  const projection = new LiveProjection(null, { resultBytesMax: 1024 });
  const past = new Map<string, RecordedEvent[]>();
  for (const event of await allEvents(db)) {
    past.set(event.graphId, [...(past.get(event.graphId) ?? []), event]);
    projection.apply(event);
    for (const graphId of projection.reopened) projection.restore(graphId, past.get(graphId)!);
  }
  return said(projection);
}

for (const engine of ['memory', 'sqlite'] as const) {
  const spec = describe(`a live feed on ${engine}`, { timeoutMs: 60_000 });

  spec.afterEach(async () => {
    for (const db of stores.splice(0)) await db.close();
  });

  spec.test('given a snapshot, when another feed begins there, then it knows what the whole log says', async () => {
    const db = await opened(engine);
    for (const id of ['done', 'open']) await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id }));
    for (const job of ['a', 'b']) await write(db, 'done', job, started(), finished());
    await write(db, 'open', 'a', started(), heartbeat());
    await pause(db, { type: 'b' }, { reason: 'of a type' });
    await pause(db, 'namespace', { reason: 'of all' });
    const first = new LiveFeed(db.log);
    await first.catchUp();
    await first.saveSnapshot(0);
    await write(db, 'open', 'a', finished());
    const second = new LiveFeed(db.log);
    await second.catchUp();
    assert.equal(said(second.projection), await saidByAll(db));
    assert.equal(said(second.projection).work, ['of all', ['b']]);
  });

  spec.test('given many open graphs, then a snapshot waits for as many events as there are graphs', async () => {
    const db = await opened(engine);
    const many = 12_000;
    const append = async (from: number, to: number, jobId: string | null, event: DomainEvent) => {
      const requests = Array.from({ length: to - from }, (_, n) => ({
        graphId: `g${from + n}`,
        jobId,
        expectedRevision: -1,
        events: [{ id: randomUUID(), event, causationId: null, actor: 'tester' }],
      }));
      await rightOf(db.log.append(requests));
    };
    await append(0, many, null, submitted({ a: [] }));
    const feed = new LiveFeed(db.log);
    await feed.catchUp();
    const saved = async () => (await rightOf(db.log.loadSnapshot('live-2')))?.position ?? null;
    await feed.saveSnapshot(0);
    const first = await saved();
    assert.is(first, feed.projection.position);
    await append(0, 11_000, 'a', started());
    await feed.catchUp();
    await feed.saveSnapshot();
    assert.is(await saved(), first);
    await append(11_000, many, 'a', started());
    await feed.catchUp();
    await feed.saveSnapshot();
    assert.is(await saved(), feed.projection.position);
  });

  spec.test(
    'given a submission that was cut off, when a snapshot is taken then, then its last part is not lost',
    async () => {
      const db = await opened(engine);
      const part = (number: number, id: string): DomainEvent => {
        const event = submitted({ [id]: [] });
        return { ...event, data: { ...event.data, part: number, parts: 2 } } as DomainEvent;
      };
      await write(db, 'g', null, part(1, 'a'));
      const first = new LiveFeed(db.log);
      await first.catchUp();
      await first.saveSnapshot(0);
      await write(db, 'g', null, part(2, 'b'));
      const second = new LiveFeed(db.log);
      await second.catchUp();
      assert.equal([...second.projection.ready.keys()], ['a', 'b']);
      assert.equal(said(second.projection), await saidByAll(db));
    },
  );

  spec.test(
    'given an ended graph that a newer release goes on with, then every snapshot of this one names it',
    async () => {
      const db = await opened(engine);
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
      await write(db, 'g', 'a', started(), finished());
      const [first] = await rightOf(db.log.readStored({ graphId: 'g', limit: 1 }));
      const extended = { ...first!, id: randomUUID(), revision: 1, type: 'GraphExtended' };
      await rightOf(db.log.restore([{ ...extended, recordedAt: new Date().toISOString() }]));
      for (const other of ['h', 'i', 'j']) {
        const feed = new LiveFeed(db.log);
        await feed.catchUp();
        await transactGraph(db, jobGraph({ a: [] }, {}, { id: other }));
        await feed.catchUp();
        await feed.saveSnapshot(0);
        const { bytes } = (await rightOf(db.log.loadSnapshot('live-2')))!;
        assert.match(Buffer.from(bytes).toString(), '"g"', other);
      }
    },
  );

  spec.test('given an ended graph that is reopened and goes on in one batch, then each event counts once', async () => {
    const db = await opened(engine);
    await transactGraph(db, jobGraph({ a: [], b: [] }, {}, { id: 'g' }));
    await abortJob(db, 'g', 'a');
    await abortJob(db, 'g', 'b');
    const feed = new LiveFeed(db.log);
    await feed.catchUp();
    assert.is(feed.projection.graphs.size, 0);
    await retryJob(db, 'g', 'a');
    await write(db, 'g', 'a', started(1), heartbeat(1));
    await retryJob(db, 'g', 'b');
    await feed.catchUp();
    assert.equal(said(feed.projection), await saidByAll(db));
    assert.equal(said(feed.projection).graphs[0]!.anomalies, []);
  });

  spec.test('given a reopened graph that could not be read again, then a snapshot does not hide it', async () => {
    const db = await opened(engine);
    await transactGraph(db, jobGraph({ a: [], b: ['a'] }, {}, { id: 'g' }));
    await abortJob(db, 'g', 'a');
    const unreachable = new LogError('store-unavailable', 'it cannot be reached', { isTransient: true });
    const feed = new LiveFeed(db.log, null, () => () => Promise.resolve(E.left(unreachable)));
    await feed.catchUp();
    await retryJob(db, 'g', 'a');
    await assert.rejects(feed.catchUp(), /cannot be reached/);
    await feed.saveSnapshot(0);
    const next = new LiveFeed(db.log);
    await next.catchUp();
    assert.equal(said(next.projection), await saidByAll(db));
    assert.is(next.projection.ready.size, 1);
  });

  spec.test(
    'given a graph of which a part is missing, then a snapshot names it, so that it goes on once repaired',
    async () => {
      const db = await opened(engine);
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
      await db.live.catchUp();
      await db.live.saveSnapshot(0);
      const missing = new LogError('store-history-missing', 'a part of it is missing');
      const readGraphs: typeof db.log.readGraphs = (graphIds, _, accept) => () => {
        for (const graphId of graphIds) accept(graphId, missing);
        return Promise.resolve(E.right(undefined));
      };
      const lost: string[] = [];
      const feed = new LiveFeed({ ...db.log, readGraphs }, null, undefined, (graphId) => lost.push(graphId));
      await feed.start();
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'another' }));
      await feed.catchUp();
      await feed.saveSnapshot(0);
      assert.equal(lost, ['g']);
      const next = new LiveFeed(db.log);
      await next.start();
      assert.equal([...next.projection.graphs.keys()].sort(), ['another', 'g']);
    },
  );

  spec.test('given more events than one read returns, then all of them are read, in one catching up', async () => {
    const db = await opened(engine);
    await write(db, 'g', null, submitted({ a: [] }));
    await write(db, 'g', 'a', started());
    for (let n = 0; n < 11; n++) await write(db, 'g', 'a', ...Array.from({ length: 1000 }, () => heartbeat()));
    await write(db, 'h', null, submitted({ last: [] }));
    const feed = new LiveFeed(db.log);
    await feed.catchUp();
    assert.equal([...feed.projection.ready.keys()], ['last']);
    assert.is(feed.projection.job('g', 'a')!.state.revision, 11_000);
    assert.is((await allEvents(db)).length, 11_003);
  });

  spec.run();
}
