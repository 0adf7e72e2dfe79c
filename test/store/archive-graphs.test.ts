/** Which graphs `archiveGraphs` moves, and what it says of it. */
// takes: 20s
import {
  abortGraph,
  archiveGraphs,
  type ArchiveProgress,
  fault,
  graphInfo,
  type GraphInfo,
  install,
  jobGraph,
  pause,
  resume,
  retryGraph,
  start,
  store,
  type Store,
  systemEnvironment,
  transactGraph,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { graphsArchivedIn, pagesOf } from '../log/sqlite/archived-store.js';
import { eventually } from '../support/eventually.js';
import { refusal } from '../support/refusal.js';
import { assert, describe } from '../support/spec.js';
import { freshPlace, freshStore } from '../support/stores.js';
import { WorkerProcess } from '../support/worker-process.js';

const spec = describe('archiving graphs', { timeoutMs: 60_000 });

const processes: WorkerProcess[] = [];
spec.afterEach(() => {
  for (const each of processes.splice(0)) each.kill();
});

const dayMs = 24 * 3600 * 1000;

/** A store whose clock is set by the test. */
async function storeAt(days: { now: number }): Promise<Store> {
  const began = Date.parse('2026-01-01T00:00:00.000Z');
  return await freshStore('sqlite', { environment: { ...systemEnvironment, now: () => began + days.now * dayMs } });
}

const handlers = {
  good: () => 1,
  bad: () => {
    throw new Error('bad');
  },
  later: () => fault('not yet', { retryAfterMs: 3_600_000 }),
};

/** Runs a graph until something holds of it. By default, until it has ended. */
async function run(
  db: Store,
  id: string,
  jobs: Record<string, readonly string[]>,
  until: (graph: GraphInfo) => boolean = ({ status }) => status !== 'running',
): Promise<void> {
  await transactGraph(db, jobGraph(jobs, {}, { id }));
  const worker = await start({}, db, handlers);
  await eventually(`${id} is where it should be`, async () => until(await graphInfo(db, id)));
  await worker.stop();
}

spec.test(
  'given graphs that finished, failed, were aborted, are paused, back off, wait or are not complete, then only those that are over are moved',
  async () => {
    const days = { now: 0 };
    const db = await storeAt(days);
    await run(db, 'finished', { good: [] });
    await run(db, 'failed', { good: [], bad: [], after: ['bad'] });
    await run(
      db,
      'backing off',
      { later: [] },
      ({ jobs }) => jobs['later']!.attempt === 1 && jobs['later']!.status === 'unstarted',
    );
    await run(db, 'waiting', { good: [], nobody: ['good'] }, ({ counts }) => counts.finished === 1);
    await transactGraph(db, jobGraph({ good: [] }, {}, { id: 'paused' }));
    await pause(db, { graphId: 'paused' });
    await transactGraph(db, jobGraph({ good: [] }, {}, { id: 'aborted' }));
    await abortGraph(db, 'aborted');
    await pause(db, { type: 'good' });
    await transactGraph(db, jobGraph({ good: [] }, {}, { id: 'of a paused type' }));
    await resume(db, { type: 'good' });
    days.now = 91;
    await transactGraph(db, jobGraph({ good: [] }, {}, { id: 'new' }));
    const report = await archiveGraphs(db, { olderThan: '90d' });
    assert.equal(await graphsArchivedIn(db), ['aborted', 'failed', 'finished']);
    assert.equal([report.graphs, report.graphsNotOver, report.graphsUnreadable, report.isComplete], [3, 4, 0, true]);
    assert.is(report.until, '2026-01-02T00:00:00.000Z');
    assert.is(report.moved.events, report.events);
    assert.equal((await verify(db)).problems, []);
    await db.close();
  },
);

spec.test(
  'given graphs of different ages, then those whose last event is old enough are moved, and no other',
  async () => {
    const days = { now: 0 };
    const db = await storeAt(days);
    await run(db, 'retried on day 20', { bad: [] });
    for (const day of [0, 10, 20]) {
      days.now = day;
      await run(db, `of day ${day}`, { good: [] });
    }
    await retryGraph(db, 'retried on day 20');
    await run(db, 'retried on day 20', { bad: [] });
    await transactGraph(db, jobGraph({ good: [] }, {}, { id: 'last' }));
    days.now = 30;
    const ask = { olderThan: 20 * dayMs };
    const foreseen = await archiveGraphs(db, { ...ask, dryRun: true });
    assert.equal([foreseen.graphs, foreseen.events, foreseen.moved.events, foreseen.isComplete], [2, 6, 0, false]);
    assert.equal(await graphsArchivedIn(db), []);
    assert.is((await archiveGraphs(db, ask)).moved.events, 6);
    assert.equal(await graphsArchivedIn(db), ['of day 0', 'of day 10']);
    assert.is((await archiveGraphs(db, ask)).graphs, 0);
    await db.close();
  },
);

spec.test(
  'given a signal that aborts in the middle, then what was moved is moved, and the next run goes on',
  async () => {
    const db = await freshStore('sqlite');
    for (const id of ['a', 'b', 'c']) await run(db, id, { good: [] });
    const { archive } = db.log;
    const stop = new AbortController();
    // Files of two events each, so that there is a middle.
    const small: Store['log'] = {
      ...db.log,
      archive: {
        ...archive!,
        move: (ids, upTo, options) => archive!.move(ids, upTo, { ...options, fileEventsMax: 2 }),
      },
    };
    (db as { log: Store['log'] }).log = small;
    const progress: ArchiveProgress[] = [];
    const onProgress = (now: ArchiveProgress) => {
      progress.push(now);
      if (now.eventsMoved >= 4) stop.abort();
    };
    const report = await archiveGraphs(db, { olderThan: 0, signal: stop.signal, onProgress });
    assert.equal(
      [report.graphs, report.events, report.moved.events, report.moved.files, report.isComplete],
      [3, 8, 4, 2, false],
    );
    assert.equal(
      progress.map(({ eventsMoved }) => eventsMoved),
      [0, 2, 4],
    );
    const rest = await archiveGraphs(db, { olderThan: 0 });
    assert.equal([rest.moved.events, rest.isComplete], [4, true]);
    assert.is((await archiveGraphs(db, { olderThan: 0, signal: AbortSignal.abort() })).moved.events, 0);
    assert.equal((await verify(db)).problems, []);
    await db.close();
  },
);

spec.test(
  'given much that was archived, when it is compacted, then the file is smaller, and all is there',
  async () => {
    const db = await freshStore('sqlite');
    const jobs = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`job ${index}`, { type: 'good', args: { text: 'x'.repeat(500) } }]),
    );
    await transactGraph(db, jobGraph({ jobs }, {}, { id: 'large' }));
    const worker = await start({ concurrency: 100 }, db, handlers);
    await waitForGraph(db, 'large');
    await worker.stop();
    const before = await pagesOf(db);
    await archiveGraphs(db, { olderThan: 0, compact: true });
    assert.ok((await pagesOf(db)) < before / 2, `${await pagesOf(db)} of ${before} pages`);
    assert.is((await graphInfo(db, 'large')).counts.finished, 300);
    assert.equal((await verify(db)).problems, []);
    await db.close();
  },
);

spec.test('given stores that are no SQLite file, then they are refused, and told why', async () => {
  const memory = await freshStore('memory');
  const [code, message] = await refusal(() => archiveGraphs(memory, { olderThan: '90d' }));
  assert.is(code, 'archive-unsupported');
  assert.match(message, /memory: .*only an SQLite file/);
  await memory.close();
});

spec.test('given ages that are none, then they are refused', async () => {
  const db = await freshStore('sqlite');
  for (const olderThan of ['soon', -1, NaN, '', undefined as never]) {
    const [code] = await refusal(() => archiveGraphs(db, { olderThan }));
    assert.is(code, 'duration-invalid', String(olderThan));
  }
  await db.close();
});

/** Jobs that the workers of tests know how to do. */
function tasks(graph: Record<string, readonly string[]>) {
  const jobs = Object.entries(graph).map(([id, after]) => [id, { type: 'task', after }] as const);
  return { jobs: Object.fromEntries(jobs) };
}

spec.test(
  'given workers in other processes, when graphs are archived under them again and again, then they work on, and read rightly',
  async () => {
    const place = freshPlace('sqlite');
    const db = await store(place.address);
    await install(db);
    const workers = [1, 2].map(() => new WorkerProcess(place, { concurrency: 4 }));
    processes.push(...workers);
    await Promise.all(workers.map((worker) => worker.says('started')));
    let moved = 0;
    const ids = Array.from({ length: 30 }, (_, index) => `g${index}`);
    for (const id of ids) {
      await transactGraph(db, jobGraph(tasks({ a: [], b: ['a'], c: ['a', 'b'] }), {}, { id }));
      if (Number(id.slice(1)) % 3 === 0) moved += (await archiveGraphs(db, { olderThan: 0 })).moved.events;
    }
    for (const id of ids) assert.is((await waitForGraph(db, id)).status, 'finished');
    moved += (await archiveGraphs(db, { olderThan: 0, compact: true })).moved.events;
    assert.ok(moved > 30 * 6, `${moved} events were moved`);
    await transactGraph(db, jobGraph(tasks({ a: [], b: ['a'] }), {}, { id: 'late' }));
    assert.is((await waitForGraph(db, 'late')).status, 'finished');
    await Promise.all(workers.map((worker) => worker.stop()));
    const { problems, jobs } = await verify(db);
    assert.equal(problems, []);
    assert.is(jobs, 30 * 3 + 2);
    await db.close();
  },
);

spec.run();
