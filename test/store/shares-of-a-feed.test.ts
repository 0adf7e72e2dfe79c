// takes: 20s
/** A feed that follows some partitions knows of their graphs what the whole log says, whatever it takes and leaves, and when. */
import fc from 'fast-check';
import type { RecordedEvent } from '../../src/domain/events.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { allPartitions, partitionOf } from '../../src/domain/share.js';
import { jobGraph, type Store, transactGraph } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { comparePositions } from '../../src/domain/positions.js';
import { LiveFeed } from '../../src/store/live-feed.js';
import { rightOf } from '../support/right.js';
import { graphShape, simulate, steps, storedOf } from '../support/simulate.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const runs = { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 60) };

/** What a projection says of the graphs in some partitions, as data. */
function said(projection: LiveProjection, partitions: ReadonlySet<number>) {
  const isFollowed = (graph: { readonly id: string }) => partitions.has(partitionOf(graph.id));
  const names = (jobs: Iterable<{ readonly graph: { readonly id: string }; readonly id: string }>) =>
    [...jobs].filter(({ graph }) => isFollowed(graph)).map(({ graph, id }) => `${graph.id}/${id}`);
  return {
    ready: names([...projection.ready.values()].flatMap((jobs) => [...jobs])).sort(),
    started: names(projection.started.keys()).sort(),
    work: [projection.work.pause?.reason ?? null, [...projection.work.types.keys()]],
    graphs: [...projection.graphs.values()]
      .filter(isFollowed)
      .map((graph) => [
        graph.id,
        graph.revision,
        [...graph.jobs.values()].map((job) => [job.id, job.status, job.record]),
      ])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
  };
}

/** Folds events, with what is reopened. `onEach` is told after each. */
function folded(events: readonly RecordedEvent[], onEach: (event: RecordedEvent, now: LiveProjection) => void) {
  const projection = new LiveProjection(null, { resultBytesMax: 1024 });
  const past = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    past.set(event.graphId, [...(past.get(event.graphId) ?? []), event]);
    projection.apply(event);
    for (const graphId of projection.reopened) projection.restore(graphId, past.get(graphId)!);
    onEach(event, projection);
  }
  return projection;
}

/**
 * What the whole log says up to a feed's position. The feed need not know what was over at some time after it: it may
 * have looked just then, and what reopened the graph is still to be read.
 */
async function saidByAll(db: Store, feed: LiveFeed) {
  const { position, graphs } = feed.projection;
  const isRead = (event: RecordedEvent) => position !== null && comparePositions(event.position, position) <= 0;
  const events = await rightOf(db.log.readAll({ limit: 1e6 }));
  const then = folded(events.filter(isRead), () => {});
  folded(events, (event, now) => {
    const graph = then.graphs.get(event.graphId);
    const wasOver = !isRead(event) && !now.graphs.has(event.graphId);
    if (graph !== undefined && wasOver && !graphs.has(graph.id)) then.forget(graph);
  });
  return said(then, feed.partitions);
}

/** Reads on as a subscription with the feed's filter would, so many events at a time. */
async function readOn(db: Store, feed: LiveFeed, limit: number): Promise<boolean> {
  const { position } = feed.projection;
  const events = await rightOf(db.log.readAll({ after: position, filter: feed.filter, limit }));
  await feed.apply(events);
  return events.length === limit;
}

const partitions = fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 6 });
const turn = fc.record({
  written: fc.nat({ max: 30 }),
  read: fc.nat({ max: 40 }),
  taken: partitions,
  left: partitions,
  holds: fc.boolean(),
  saves: fc.boolean(),
});
const plans = fc.record({
  shapes: fc.array(graphShape, { minLength: 1, maxLength: 8 }),
  taken: steps(160),
  begins: partitions,
  turns: fc.array(turn, { minLength: 1, maxLength: 8 }),
});

for (const engine of ['memory', 'sqlite'] as const) {
  const spec = describe(`a feed of a share on ${engine}`, { timeoutMs: 120_000 });

  spec.test('given any history, taken and left at any time, then it knows what the whole log says', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(plans, async ({ shapes, taken, begins, turns }) => {
        const db = await freshStore(engine);
        const events = simulate(shapes, taken).map(storedOf);
        const write = async (count: number) => {
          const next = events.splice(0, count);
          if (next.length > 0) await rightOf(db.log.restore(next));
        };
        await write(turns[0]!.written);
        const feed = new LiveFeed(db.log);
        await feed.start(begins);
        const held = new Set<string>();
        for (const each of turns) {
          await write(each.written);
          if (each.read > 0) await readOn(db, feed, each.read);
          feed.leave(each.left, (graphId) => each.holds && held.add(graphId).size > 0);
          await feed.take(each.taken);
          if (each.saves) await feed.saveSnapshot(0);
          if (!each.holds) {
            held.clear();
            feed.forgetLeft((graphId) => held.has(graphId));
            assert.is(feed.hasLeft, false);
          }
          compared += 1;
          assert.equal(said(feed.projection, feed.partitions), await saidByAll(db, feed));
        }
        await write(events.length);
        await feed.take(allPartitions);
        while (await readOn(db, feed, 100));
        assert.equal(said(feed.projection, feed.partitions), await saidByAll(db, feed));
        await db.close();
      }),
      runs,
    );
    assert.ok(compared > runs.numRuns, `only ${compared} compared on the way`);
  });

  spec.test('given snapshots of shares, then who begins later finds in them all that is open', async () => {
    const db = await freshStore(engine);
    const ids = Array.from({ length: 16 }, (_, index) => `graph-${index.toString(16)}`);
    for (const id of ids) await transactGraph(db, jobGraph({ a: [] }, {}, { id }));
    const halves = [allPartitions.slice(0, 8), allPartitions.slice(8)];
    for (const half of halves) {
      const feed = new LiveFeed(db.log);
      await feed.start(half);
      await transactGraph(db, jobGraph({ a: [] }, {}, { id: `late-${half[0]!.toString(16)}` }));
      while (await readOn(db, feed, 100));
      await feed.saveSnapshot(0);
    }
    const log = { ...db.log, graphsAfter: undefined } as unknown as EventLog;
    const reads: (string | null)[] = [];
    const next = new LiveFeed({
      ...log,
      readAll: (request) => {
        reads.push(request.after ?? null);
        return log.readAll(request);
      },
    });
    await next.catchUp();
    assert.equal([...next.projection.graphs.keys()].sort(), [...ids, 'late-0', 'late-8'].sort());
    assert.ok(reads.length > 0 && !reads.includes(null), 'it began at the snapshots');
    await db.close();
  });

  spec.test('given a graph with a priority in a partition that is not followed, then the feed says so', async () => {
    const db = await freshStore(engine);
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'graph-0' }));
    const feed = new LiveFeed(db.log);
    await feed.start([0]);
    while (await readOn(db, feed, 100));
    assert.is(feed.mayHavePriorities, false);
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'graph-5', priority: 3 }));
    while (await readOn(db, feed, 100));
    assert.is(feed.mayHavePriorities, true);
    assert.equal([...feed.projection.graphs.keys()], ['graph-0']);
    await feed.take([5]);
    assert.equal(
      [...feed.projection.prioritised].map(({ id }) => id),
      ['graph-5'],
    );
    const later = new LiveFeed(db.log);
    await feed.take(allPartitions);
    await feed.saveSnapshot(0);
    await later.start([1]);
    while (await readOn(db, later, 100));
    assert.is(later.mayHavePriorities, true);
    await db.close();
  });

  spec.run();
}
