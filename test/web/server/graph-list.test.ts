/** The list that is kept up to date says what `graphs()` says, and reads each graph no more often than it must. */
import {
  abortGraph,
  graphs,
  type GraphsRequest,
  jobGraph,
  pause,
  resume,
  retryGraph,
  start,
  store,
  Store,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import type { Position, RecordedEvent } from '../../../src/domain/events.js';
import { GraphList } from '../../../src/web/server/graph-list.js';
import { ManualEnvironment } from '../../support/manual-environment.js';
import { refusal } from '../../support/refusal.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { engines, freshStore, missingFor } from '../../support/stores.js';

const never = new AbortController().signal;

/** A list over a store, and how often graphs are read for it. Workers read, too, but not by this. */
function countedList(db: Store): {
  list: GraphList;
  counts: { graphs: string[]; submissions: number; events: number };
} {
  const counts = { graphs: [] as string[], submissions: 0, events: 0 };
  const { log } = db;
  const counted: Store['log'] = {
    ...log,
    readGraph: (graphId, upTo) => {
      counts.graphs.push(graphId);
      return log.readGraph(graphId, upTo);
    },
    readGraphs: (graphIds, upTo, accept) => {
      counts.graphs.push(...graphIds);
      return log.readGraphs(graphIds, upTo, accept);
    },
    readAll: (request) => async () => {
      const result = await log.readAll(request)();
      if (result._tag === 'Right') {
        counts[request.direction === 'backwards' ? 'submissions' : 'events'] += result.right.length;
      }
      return result;
    },
  };
  return { list: new GraphList(new Store(counted, db.environment)), counts };
}

async function submit(db: Store, id: string, jobs: Record<string, string[]> = { a: [], bad: ['a'] }): Promise<void> {
  await transactGraph(db, jobGraph(jobs, {}, { id, labels: { n: id } }));
}

async function run(db: Store, ...ids: string[]): Promise<void> {
  const worker = await start({}, db, {
    a: () => 1,
    bad: () => {
      throw new RangeError(`too far for ${ids.join()}`);
    },
  });
  for (const id of ids) await waitForGraph(db, id);
  await worker.stop();
}

for (const engine of engines) {
  const spec = describe(`the list of graphs that is kept: ${engine}`, {
    timeoutMs: 30_000,
    missing: missingFor(engine),
  });

  spec.test('whatever happens to graphs, it says what graphs() says, for every request', async () => {
    const db = await freshStore(engine);
    const lists = [new GraphList(db)];
    const requests: GraphsRequest[] = [
      {},
      { limit: 2 },
      { status: 'failed' },
      { status: ['running', 'aborted'] },
      { search: 'TOO FAR' },
      { search: 'g1', limit: 1 },
      { labels: { n: 'g2' } },
    ];
    const same = async () => {
      for (const list of lists) {
        for (const request of requests) {
          for (let after: string | null | undefined = undefined; after !== null;) {
            const asked: GraphsRequest = after === undefined ? request : { ...request, after };
            const page = await graphs(db, asked);
            assert.equal(await list.page(asked, never), page, JSON.stringify(asked));
            after = page.next;
          }
        }
      }
    };
    const steps: readonly (() => Promise<unknown>)[] = [
      () => submit(db, 'g1'),
      () => submit(db, 'g2'),
      () => pause(db, { graphId: 'g2' }),
      () => run(db, 'g1'),
      () => resume(db, { graphId: 'g2' }),
      () => abortGraph(db, 'g2', { by: 'ann', reason: 'a test' }),
      () => retryGraph(db, 'g1'),
      () => submit(db, 'g10', { a: [] }),
      () => run(db, 'g1', 'g10'),
      () => retryGraph(db, 'g2'),
      () => run(db, 'g2'),
    ];
    await same();
    for (const step of steps) {
      await step();
      await same();
      // One that begins now, in the middle of the log.
      lists.push(new GraphList(db));
    }
    await db.close();
  });

  spec.test('at every moment, it says what graphs() says', async () => {
    const db = await freshStore(engine);
    const list = new GraphList(db);
    for (const id of ['g1', 'g2', 'g3']) await submit(db, id);
    await run(db, 'g1', 'g2');
    await list.page({}, never);
    await run(db, 'g3');
    for (const { position } of await rightOf(db.log.readAll({ limit: 1000 }))) {
      for (const request of [{ asOf: position }, { asOf: position, limit: 1 }, { asOf: position, search: 'too' }]) {
        const page = await graphs(db, request);
        assert.equal(await list.page(request, never), page);
        if (page.next === null) continue;
        const rest = { ...request, after: page.next };
        assert.equal(await list.page(rest, never), await graphs(db, rest));
      }
    }
    await db.close();
  });

  spec.test('a graph is read once, and an event once, however often the list is asked for', async () => {
    const db = await freshStore(engine);
    for (let index = 0; index < 30; index++) await submit(db, `g${index}`);
    await run(db, 'g3', 'g4');
    const { list, counts } = countedList(db);
    const { length } = await rightOf(db.log.readAll({ limit: 1000 }));
    await Promise.all([list.page({}, never), list.page({}, never), list.page({ search: 'x' }, never)]);
    await list.page({ status: 'failed' }, never);
    // One read of the log tells all of them; the submissions and the end of the log are read besides.
    assert.equal(counts.graphs, []);
    const { submissions } = counts;
    assert.is(submissions, length + 30 + 1);
    counts.graphs.length = 0;
    counts.events = 0;
    const [before] = await rightOf(db.log.readAll({ direction: 'backwards', limit: 1 }));
    await run(db, 'g5');
    const [, , own] = [await list.page({}, never), await list.page({}, never), counts.events];
    assert.is(own, (await rightOf(db.log.readAll({ after: before!.position, limit: 1000 }))).length);
    // It went on with what it knew of the graph.
    assert.equal(counts.graphs, []);
    assert.is(counts.submissions, submissions);
    // What has ended is not kept whole: it is read again when it goes on.
    await retryGraph(db, 'g3');
    counts.graphs.length = 0;
    assert.is((await list.summary('g3')).status, 'running');
    assert.is((await list.summary('g3')).counts.unstarted, 1);
    assert.equal(counts.graphs, ['g3']);
    await db.close();
  });

  spec.test('what goes on between two pages is on the second as it is then', async () => {
    const db = await freshStore(engine);
    for (let index = 0; index < 10; index++) await submit(db, `g${index}`);
    const list = new GraphList(db);
    const first = await list.page({ limit: 1 }, never);
    await abortGraph(db, 'g0', { by: 'ann', reason: 'a test' });
    await submit(db, 'late');
    await pause(db, { graphId: 'g1' });
    for (const request of [{ after: first.next! }, { limit: 20 }]) {
      assert.equal(await list.page(request, never), await graphs(db, request));
    }
    await db.close();
  });

  spec.run();
}

/** Has the log tell less, or something else, when it is read from its end. */
function readingBack(db: Store, told: (events: readonly RecordedEvent[]) => readonly RecordedEvent[]): Store {
  const readAll: Store['log']['readAll'] = (request) => async () => {
    const read = await db.log.readAll(request)();
    const isAll = request.direction === 'backwards' && request.filter === undefined && request.limit > 1;
    return isAll && read._tag === 'Right' ? { ...read, right: told(read.right) } : read;
  };
  return new Store({ ...db.log, readAll }, db.environment);
}

const bounds = describe('the bounds of the list of graphs', { timeoutMs: 30_000 });

bounds.test('a search that finds nothing is cut short, and goes on where it was', async () => {
  const environment = new ManualEnvironment();
  const db = await store('memory:', { environment });
  for (let index = 0; index < 10; index++) await submit(db, `g${index}`);
  const { log } = db;
  (db as { log: Store['log'] }).log = {
    ...log,
    readGraphs: (graphIds, upTo, accept) => {
      environment.advance(1000 * graphIds.length);
      return log.readGraphs(graphIds, upTo, accept);
    },
  };
  const list = new GraphList(readingBack(db, () => []));
  const found: string[] = [];
  let pages = 0;
  for (let after: string | null | undefined = undefined; after !== null; pages++) {
    const request: GraphsRequest = { search: 'g0', ...(after !== undefined && { after }) };
    const page = await list.page(request, never);
    found.push(...page.items.map(({ id }) => id));
    after = page.next;
  }
  // Four graphs are read before there is a look at the clock.
  assert.equal([found, pages], [['g0'], 3]);
  await db.close();
});

bounds.test('one that nobody waits for any more is ended', async () => {
  const db = await freshStore('memory');
  for (let index = 0; index < 10; index++) await submit(db, `g${index}`);
  const { list, counts } = countedList(readingBack(db, () => []));
  const gone = new AbortController();
  gone.abort();
  await list.page({ search: 'nothing' }, gone.signal);
  assert.is(counts.graphs.length, 4);
  await db.close();
});

bounds.test('a graph of which an event is missing when the log is read back is read by itself', async () => {
  const db = await freshStore('memory');
  for (const id of ['g1', 'g2']) await submit(db, id);
  await run(db, 'g1', 'g2');
  const isMissing = ({ graphId, jobId, type }: RecordedEvent) =>
    graphId === 'g1' && jobId === 'a' && type === 'JobStarted';
  const { list, counts } = countedList(readingBack(db, (events) => events.filter((event) => !isMissing(event))));
  assert.equal(await list.page({}, never), await graphs(db));
  assert.equal(counts.graphs, ['g1']);
  await db.close();
});

bounds.test('when much would have to be held, what lies further back is read by itself', async () => {
  const db = await freshStore('memory');
  for (const id of ['old', 'busy']) await submit(db, id);
  for (let round = 0; round < 125; round++) for (const each of [pause, resume]) await each(db, { graphId: 'busy' });
  for (let index = 0; index < 20; index++) await submit(db, `g${index}`);
  const large = (events: readonly RecordedEvent[]) => events.map((event) => ({ ...event, bytes: 1024 * 1024 }));
  for (const [told, byThemselves] of [
    [large, ['busy', 'old']],
    [(events: readonly RecordedEvent[]) => events, []],
  ] as const) {
    const { list, counts } = countedList(readingBack(db, told));
    assert.equal(await list.page({ limit: 100 }, never), await graphs(db, { limit: 100 }));
    assert.equal(counts.graphs, byThemselves);
  }
  await db.close();
});

bounds.test('after very many new events, it begins anew, and is right', async () => {
  const db = await freshStore('memory');
  await submit(db, 'g');
  const list = new GraphList(db);
  await list.page({}, never);
  const { log } = db;
  let reads = 0;
  (db as { log: Store['log'] }).log = {
    ...log,
    // As if each batch were full: the same events again.
    readAll: (request) => {
      if (request.filter !== undefined || request.direction === 'backwards') return log.readAll(request);
      reads += 1;
      return async () => {
        const batch = await log.readAll({ ...request, after: null })();
        if (batch._tag === 'Left') return batch;
        const events = Array.from({ length: request.limit }, () => batch.right[0]!);
        return { ...batch, right: events };
      };
    },
  };
  await submit(db, 'h');
  assert.equal(await list.page({}, never), await graphs(db));
  assert.is(reads, 25);
  await db.close();
});

bounds.test('what cannot be asked for is refused as graphs() refuses it', async () => {
  const db = await freshStore('memory');
  const list = new GraphList(db);
  for (const [request, code] of [
    [{ after: 'x' }, 'cursor-invalid'],
    [{ limit: 0 }, 'limit-invalid'],
    [{ status: 'fine' }, 'name-unknown'],
    [{ search: 'x'.repeat(201) }, 'search-invalid'],
    [{ search: 7 }, 'search-invalid'],
  ] as const) {
    assert.is((await refusal(() => list.page(request as unknown as GraphsRequest, never)))[0], code);
    assert.is((await refusal(() => graphs(db, request as unknown as GraphsRequest)))[0], code);
  }
  assert.equal(await list.page({ asOf: '7' as Position }, never), { items: [], next: null, unreadable: [] });
  await db.close();
});

bounds.run();
