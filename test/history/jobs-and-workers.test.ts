/** Jobs over all graphs, and workers, the same in every engine. */
import { jobs, retryJob, workers } from '../../src/index.js';
import { GraphState } from '../../src/domain/graph.js';
import { largeRun, storedOf } from '../support/large-run.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const run = largeRun(700);
const folded = new GraphState(run.graphId);
for (const event of run.events) folded.apply(event);
const expected = (...statuses: string[]) =>
  [...folded.jobs.values()].filter((job) => statuses.includes(job.derivedStatus(Date.now()))).map(({ id }) => id);

for (const engine of engines) {
  const suite = describe(`jobs and workers in ${engine}`, { timeoutMs: 60_000 });
  const missing = missingFor(engine);
  if (missing !== null) {
    suite.skip('are listed', missing);
    suite.run();
    continue;
  }

  suite.test('given a run, jobs are found by exact status, with and without the graphs that have ended', async () => {
    const db = await freshStore(engine);
    await rightOf(db.log.restore(storedOf(run.events)));
    const found = async (...status: ('ready' | 'started' | 'failed' | 'backing-off' | 'blocked')[]) =>
      (await jobs(db, { status, limit: 5000 })).items.map(({ id }) => id);
    assert.ok(expected('started').length > 10);
    assert.equal(await found('started'), expected('started'));
    assert.equal(await found('ready', 'backing-off'), expected('ready', 'backing-off'));
    assert.equal(await found('failed', 'blocked', 'started'), expected('failed', 'blocked', 'started'));
    const middle = run.events[900]!;
    const position = (await rightOf(db.log.readAll({ limit: 901 }))).at(-1)!.position;
    const then = await jobs(db, { status: 'started', asOf: position, limit: 5000 });
    const early = new GraphState(run.graphId);
    for (const event of run.events.slice(0, 901)) early.apply(event);
    const now = Date.parse(middle.recordedAt);
    assert.equal(
      then.items.map(({ id }) => id),
      [...early.jobs.values()].filter((job) => job.derivedStatus(now) === 'started').map(({ id }) => id),
    );
    await assert.rejects(() => jobs(db, { status: 'faild' as 'failed' }), /did you mean failed\?/);
    await db.close();
  });

  suite.test('given lost leases, workers says who lost them, who runs what, and how far it looked', async () => {
    const db = await freshStore(engine);
    await rightOf(db.log.restore(storedOf(run.events)));
    const page = await workers(db);
    assert.is(page.items.length, 3);
    const sum = (count: (worker: (typeof page.items)[number]) => number) =>
      page.items.reduce((total, worker) => total + count(worker), 0);
    const many = (test: (event: (typeof run.events)[number]) => boolean) => run.events.filter(test).length;
    assert.is(
      sum(({ claims }) => claims),
      many(({ type }) => type === 'JobStarted'),
    );
    assert.is(
      sum(({ finished }) => finished),
      many(({ type }) => type === 'JobFinished'),
    );
    const isLost = (event: (typeof run.events)[number]) =>
      event.type === 'JobFaulted' && event.data.cause === 'lease-expired';
    assert.ok(many(isLost) > 2);
    assert.is(
      sum(({ leasesLost }) => leasesLost),
      many(isLost),
    );
    assert.is(
      sum(({ faulted }) => faulted),
      many(({ type }) => type === 'JobFaulted') - many(isLost),
    );
    assert.is(
      sum(({ running }) => running.length),
      expected('started').length,
    );
    assert.ok(page.items.every(({ running }) => running.every(({ isLeaseOver }) => isLeaseOver)));
    assert.equal(page.looked.isWhole, true);
    assert.is(page.looked.events, run.events.length - 1);

    const short = await workers(db, { eventsMax: 50 });
    assert.equal([short.looked.events, short.looked.isWhole, short.items.length], [50, false, 3]);
    const [first, ...rest] = page.items.map(({ id }) => id);
    const one = await workers(db, { limit: 1 });
    assert.equal([one.items.map(({ id }) => id), one.next], [[first], first!]);
    assert.equal(
      (await workers(db, { after: one.next! })).items.map(({ id }) => id),
      rest,
    );
    await assert.rejects(() => workers(db, { after: 'nobody' }), /is none of these workers/);
    assert.equal(
      (await workers(db, { host: 'machine-2' })).items.map(({ pid }) => pid),
      [4712],
    );
    assert.is(
      (await workers(db, { running: false })).items.length,
      page.items.filter(({ running }) => running.length === 0).length,
    );
    await db.close();
  });

  suite.test('given a graph that is reopened, its jobs are under way again', async () => {
    const db = await freshStore(engine);
    await rightOf(db.log.restore(storedOf(run.events)));
    const [failed] = expected('failed');
    await retryJob(db, run.graphId, failed!);
    assert.ok((await jobs(db, { status: 'ready', limit: 5000 })).items.some(({ id }) => id === failed));
    await db.close();
  });
  suite.run();
}
