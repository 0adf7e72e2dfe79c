// takes: 30s
/** A feed that begins where the log says which graphs are open knows what one knows that has read everything. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { StoredEvent } from '../../src/evidence/canonical-event.js';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import type { LiveProjection } from '../../src/domain/live-projection.js';
import { install, jobGraph, type Store, store, transactGraph } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import {
  aborted,
  failed,
  faulted,
  finished,
  forked,
  graphAborted,
  graphPaused,
  graphReset,
  type Happening,
  heartbeat,
  Recorder,
  reset,
  started,
  submitted,
} from '../support/given.js';
import { fromTheStart } from '../support/from-the-start.js';
import { rightOf } from '../support/right.js';
import { foreignEvent, graphShape, jobId, simulate, steps, storedOf } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { freshPlace, freshStore } from '../support/stores.js';

const spec = describe('open graphs found by the log', { timeoutMs: 120_000 });

/** So many graphs that are plainly over that the others are never too many. */
function overGraphs(recorder: Recorder, count: number): RecordedEvent[] {
  return Array.from({ length: count }, (_, n) => `over ${n}`).flatMap((graphId) => [
    recorder.record({ graphId, jobId: null }, submitted({ a: [], b: ['a'] })),
    ...['a', 'b'].flatMap((id) => [
      recorder.record({ graphId, jobId: id }, started()),
      recorder.record({ graphId, jobId: id }, finished()),
    ]),
  ]);
}

/** A store that holds these events, after graphs that are over. */
async function storeOf(events: readonly StoredEvent[]): Promise<Store> {
  const db = await freshStore('sqlite');
  const over = overGraphs(new Recorder(), 20).map(storedOf);
  await rightOf(db.log.restore(over));
  if (events.length > 0) await rightOf(db.log.restore(events));
  return db;
}

async function namedIn(log: EventLog): Promise<readonly string[]> {
  const { graphs } = await rightOf(log.graphsAfter!(fromTheStart));
  return graphs.map(({ graphId }) => graphId);
}

/** What a projection says, as data. */
const said = (projection: LiveProjection) => ({
  position: projection.position,
  ready: [...projection.ready.values()].flatMap((jobs) => [...jobs].map(({ id, graph }) => `${graph.id}/${id}`)).sort(),
  started: [...projection.started].map(([job, by]) => `${job.graph.id}/${job.id} ${by}`).sort(),
  work: [projection.work.pause?.reason ?? null, [...projection.work.types.keys()]],
  graphs: [...projection.graphs.values()]
    .map((graph) => [graph.id, graph.revision, [...graph.jobs.values()].map((job) => [job.id, job.status, job.record])])
    .sort(([a], [b]) => (a! < b! ? -1 : 1)),
});

/** A feed that has only the log's events to begin with. */
function feedOfAll(log: EventLog): LiveFeed {
  return new LiveFeed({ ...log, graphsAfter: undefined } as unknown as EventLog);
}

async function assertSame(db: Store): Promise<void> {
  const found = new LiveFeed(db.log);
  const all = feedOfAll(db.log);
  await found.catchUp();
  await all.catchUp();
  assert.equal(said(found.projection), said(all.projection));
}

const histories = fc
  .record({ shapes: fc.array(graphShape, { minLength: 1, maxLength: 8 }), taken: steps(240) })
  .map(({ shapes, taken }) => simulate(shapes, taken));
const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) };

spec.test('given any history, then the feed knows what the whole log says, also when it goes on', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (events, cut) => {
      const stored = events.map(storedOf);
      const at = cut % (stored.length + 1);
      const db = await storeOf(stored.slice(0, at));
      const found = new LiveFeed(db.log);
      await found.start();
      assert.is(found.projection.graphs.has('over 0'), false);
      if (at < stored.length) await rightOf(db.log.restore(stored.slice(at)));
      const all = feedOfAll(db.log);
      await found.catchUp();
      await all.catchUp();
      assert.equal(said(found.projection), said(all.projection));
      assert.not.ok((await namedIn(db.log)).some((id) => id.startsWith('over')));
      await db.close();
    }),
    runs,
  );
});

/** A change to an event that makes it one of a newer release. */
const newer: readonly ((event: StoredEvent) => StoredEvent)[] = [
  (event) => ({ ...event, schemaVersion: 99 }),
  (event) => ({ ...event, type: 'JobExtended', schemaVersion: 1 }),
];

spec.test('given any history with events of a newer release, then no graph that has one is left out', async () => {
  const chosen = fc.array(fc.record({ at: fc.nat(), how: fc.nat({ max: 1 }) }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(histories, chosen, async (events, changes) => {
      const stored = events.map(storedOf);
      for (const { at, how } of changes) {
        const index = at % stored.length;
        stored[index] = newer[how]!(stored[index]!);
      }
      const db = await storeOf(stored);
      const named = await namedIn(db.log);
      const all = feedOfAll(db.log);
      await all.catchUp();
      for (const graphId of all.projection.graphs.keys()) assert.ok(named.includes(graphId), graphId);
      await db.close();
    }),
    runs,
  );
});

spec.test(
  'given events that no worker writes, then a graph is left out only if all its jobs seem to have ended',
  async () => {
    const foreign = fc.array(foreignEvent, { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(graphShape, foreign, async (shape, others) => {
        const recorder = new Recorder();
        const events = [...simulate([shape], [])];
        const submissions = events.length;
        for (const { job, event } of others) {
          const recorded = recorder.record({ graphId: 'graph 0', jobId: job === null ? null : jobId(job) }, event);
          events.push(job === null ? { ...recorded, revision: recorded.revision + submissions } : recorded);
        }
        const db = await storeOf(events.map(storedOf));
        const all = feedOfAll(db.log);
        await all.catchUp();
        const ends = new Set(events.filter(({ type }) => type === 'JobFinished').map((event) => event.jobId));
        const seemsOver = ends.size === shape.parents.length || events.some(({ type }) => type === 'GraphAborted');
        if (all.projection.graphs.has('graph 0') && !seemsOver) assert.equal(await namedIn(db.log), ['graph 0']);
        assert.not.ok((await namedIn(db.log)).some((id) => id.startsWith('over')));
        await db.close();
      }),
      runs,
    );
  },
);

const done = (id: string): readonly Happening[] => [
  [id, started()],
  [id, finished()],
];
const twoParts = [1, 2].map((part): DomainEvent => {
  const event = submitted({ [`part ${part}`]: [] });
  return { ...event, data: { ...event.data, part, parts: 2 } } as DomainEvent;
});
const two = submitted({ a: [], b: ['a'] });
/** It has no such deadline, so the event has no effect. */
const tooEarly: DomainEvent = {
  type: 'GraphAborted',
  data: { by: 'deadline', reason: 'late', deadline: '2030-01-01T00:00:00.000Z' },
};

const cases: readonly (readonly [title: string, happened: readonly Happening[], isNamed: boolean])[] = [
  ['not begun', [two], true],
  ['half done', [two, ...done('a')], true],
  ['running', [two, ...done('a'), ['b', started()]], true],
  ['done', [two, ...done('a'), ...done('b')], false],
  ['done with heartbeats', [two, ['a', started()], ['a', heartbeat()], ['a', finished()], ...done('b')], false],
  [
    'done at the second attempt',
    [two, ['a', started()], ['a', faulted()], ['a', started(2)], ['a', finished(2)], ...done('b')],
    false,
  ],
  ['done with an end of another attempt', [two, ['a', started()], ['a', finished(2)], ...done('b')], true],
  [
    'done, and something after an end',
    [two, ['a', started()], ['a', finished()], ['a', heartbeat()], ...done('b')],
    true,
  ],
  ['backing off', [two, ['a', started()], ['a', faulted(1, 1000)]], true],
  ['failed', [two, ['a', started()], ['a', failed()]], true],
  ['failed and reset', [two, ['a', started()], ['a', failed()], ['a', reset()]], true],
  ['with an aborted job', [two, ['a', aborted()]], true],
  ['aborted', [two, graphAborted], false],
  ['aborted too early by a deadline', [two, tooEarly], true],
  ['aborted while it ran', [two, ['a', started()], graphAborted, ['a', aborted()]], false],
  ['aborted and reset', [two, graphAborted, graphReset], true],
  [
    'done behind an abort that was reset',
    [two, ['a', started()], graphAborted, ['a', finished()], graphReset, ...done('b')],
    true,
  ],
  ['paused', [two, graphPaused], true],
  ['done and paused', [two, ...done('a'), ...done('b'), graphPaused], true],
  ['half submitted', [twoParts[0]!], true],
  ['half submitted and aborted', [twoParts[0]!, graphAborted], true],
  ['submitted in two parts', twoParts, true],
  ['submitted in two parts, and done', [...twoParts, ...done('part 1'), ...done('part 2')], false],
  ['submitted in two parts, of which one is done', [...twoParts, ...done('part 1')], true],
  ['submitted twice', [two, two, ...done('a'), ...done('b')], true],
  ['a fork of which all is carried over', [forked({ a: [] }, { a: 1 })], true],
  ['without jobs of its own', [['a', started()]], false],
];
for (const [title, happened, isNamed] of cases) {
  spec.test(`given a graph that is ${title}, then it is ${isNamed ? '' : 'not '}named`, async () => {
    const recorder = new Recorder();
    const events = happened.map((each) => {
      const [id, event] = Array.isArray(each) ? (each as [string, DomainEvent]) : [null, each as DomainEvent];
      return recorder.record({ graphId: 'g', jobId: id }, event);
    });
    const db = await storeOf(events.map(storedOf));
    assert.equal(await namedIn(db.log), isNamed ? ['g'] : []);
    await assertSame(db);
    await db.close();
  });
}

spec.test('given a result nested too deep to be read, then its graph is named', async () => {
  const recorder = new Recorder();
  const events = [two, ...done('a'), ...done('b')].map((each) => {
    const [id, event] = Array.isArray(each) ? (each as [string, DomainEvent]) : [null, each as DomainEvent];
    return storedOf(recorder.record({ graphId: 'g', jobId: id }, event));
  });
  const nested = (levels: number) => `{"attempt":1,"result":${'['.repeat(levels)}${']'.repeat(levels)}}`;
  for (const [levels, isNamed] of [
    [900, false],
    [1300, true],
  ] as const) {
    const db = await storeOf([...events.slice(0, -1), { ...events.at(-1)!, data: nested(levels) }]);
    assert.equal(await namedIn(db.log), isNamed ? ['g'] : [], String(levels));
    await db.close();
  }
});

spec.test('given graphs of another namespace in the file, then they are not named', async () => {
  const { address } = freshPlace('sqlite');
  const db = await store(address);
  await install(db);
  await rightOf(db.log.restore(overGraphs(new Recorder(), 3).map(storedOf)));
  const other = await store(address, { namespace: 'other' });
  await transactGraph(other, jobGraph({ a: [] }, {}, { id: 'theirs' }));
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'ours' }));
  assert.equal(await namedIn(db.log), ['ours']);
  await db.close();
  await other.close();
});

spec.test('given an empty log, then there are no graphs, and no end', async () => {
  const db = await freshStore('sqlite');
  const found = await rightOf(db.log.graphsAfter!(fromTheStart));
  assert.equal(found, { graphs: [], upTo: null });
  await assertSame(db);
  await db.close();
});

spec.test(
  'given a position and partitions, then the graphs there with events after it are told, over or not',
  async () => {
    const db = await freshStore('sqlite');
    const graph = (id: string, priority = 0) => transactGraph(db, jobGraph({ a: [] }, {}, { id, priority }));
    const ofJob = (id: string) => transactGraph(db, jobGraph({ jobs: { a: { type: 'a', priority: 0 } } }, {}, { id }));
    for (const id of ['x1', 'x2', 'x3']) await graph(id);
    const [last] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
    const events = [started(), finished()].map((event) => ({
      id: randomUUID(),
      event,
      causationId: null,
      actor: 'tester',
    }));
    await rightOf(db.log.append([{ graphId: 'x1', jobId: 'a', expectedRevision: -1, events }]));
    await graph('y1', 7);
    await graph('y2');
    await ofJob('z1');
    const [end] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
    const found = await rightOf(
      db.log.graphsAfter!({ since: new Map([1, 3].map((partition) => [partition, last!.position])) }),
    );
    assert.equal(found.graphs, [
      { graphId: 'x1', mayBeOpen: false, hasPriority: false },
      { graphId: 'y1', mayBeOpen: true, hasPriority: true },
      { graphId: 'z1', mayBeOpen: true, hasPriority: true },
    ]);
    assert.is(found.upTo, end!.position);
    const since = new Map([
      [1, end!.position],
      [2, last!.position],
      [3, null],
    ]);
    const { graphs } = await rightOf(db.log.graphsAfter!({ since }));
    assert.equal(
      graphs.map(({ graphId }) => graphId).sort(),
      ['x3', 'y2'],
      'of each partition from its own position on',
    );
    await db.close();
  },
);

spec.test('given more graphs than are looked at in one go, then none of them is missed', async () => {
  const recorder = new Recorder();
  const events = overGraphs(recorder, 1200);
  for (const n of [3, 499, 500, 501, 999, 1000, 1199]) {
    events.push(recorder.record({ graphId: `open ${n}`, jobId: null }, two));
  }
  const db = await freshStore('sqlite');
  await rightOf(db.log.restore(events.map(storedOf)));
  assert.is((await namedIn(db.log)).length, 7);
  await assertSame(db);
  await db.close();
});

spec.test('given a log that cannot find out, then the feed reads all of it', async () => {
  const db = await storeOf([]);
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
  const failing = { ...db.log, graphsAfter: () => db.log.readStream({ graphId: 'x', jobId: null }, { from: NaN }) };
  await db.close();
  const again = await store(db.address);
  const feed = new LiveFeed({
    ...again.log,
    graphsAfter: failing.graphsAfter as unknown as NonNullable<EventLog['graphsAfter']>,
  });
  await feed.catchUp();
  assert.equal([...feed.projection.graphs.keys()], ['g']);
  await again.close();
});

spec.run();
