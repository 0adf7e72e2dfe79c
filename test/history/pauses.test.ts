// time-limit: 120s
/** Pauses in everything that looks back, and in what leaves a store and comes into another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  diff,
  exportLog,
  explainGraph,
  graphHistory,
  graphInfo,
  graphs,
  importLog,
  jobGraph,
  jobsReady,
  bisect,
  bisectLog,
  pause,
  pauses,
  queueDepths,
  resume,
  store,
  type Store,
  transactGraph,
  verify,
} from '../../src/index.js';
import { namespaceStream } from '../../src/domain/namespace-stream.js';
import { newEvents } from '../../src/store/new-events.js';
import { verifyAsPlanned } from '../../src/history/verify/verify.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, exportText, freshStore, missingFor, temporaryFolder } from '../support/stores.js';

const folder = temporaryFolder();
const code =
  (expected: string, message = /./) =>
  (error: unknown) => {
    const { code: got, message: said } = error as { readonly code?: string; readonly message: string };
    return got === expected && message.test(said);
  };

async function positions(db: Store) {
  const events = await rightOf(db.log.readAll({ limit: 1000 }));
  return events.map(({ position }) => position);
}

for (const engine of engines) {
  const spec = describe(`looking back at pauses on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  let db: Store;
  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });
  spec.afterEach(() => db.close());

  /** Events: 0 submitted, 1 the type paused, 2 the graph paused, 3 the type resumed, 4 the graph resumed, 5 all paused. */
  async function pausedAndResumed(): Promise<void> {
    await transactGraph(db, jobGraph({ load: [], send: ['load'] }, {}, { id: 'g' }));
    await pause(db, { type: 'load' }, { by: 'ann', reason: 'one' });
    await pause(db, { graphId: 'g' }, { by: 'bob', reason: 'two' });
    await resume(db, { type: 'load' });
    await resume(db, { graphId: 'g' });
    await pause(db, 'namespace', { by: 'cat', reason: 'three' });
  }

  spec.test('as of every position, what was held back then, and by what', async () => {
    await pausedAndResumed();
    const held: unknown[] = [];
    for (const asOf of await positions(db)) {
      const { jobs, pause: own } = await graphInfo(db, 'g', { asOf });
      const { pauses: told, paused } = await explainGraph(db, 'g', { asOf });
      const ready = (await jobsReady(db, { asOf })).items.length;
      const depth = (await queueDepths(db, { asOf })).find(({ type }) => type === 'load')!;
      const inForce = await pauses(db, { asOf });
      assert.equal(told, inForce);
      assert.equal([ready, depth.ready, depth.paused], paused.length === 0 ? [1, 1, 0] : [0, 0, 1]);
      assert.equal((await graphs(db, { asOf })).items[0]?.pause, own);
      const of = (id: string) => jobs[id]!.pauses.map(({ by }) => by).join(' ');
      held.push([inForce.map(({ reason }) => reason).join(' '), own?.reason ?? null, of('load'), of('send')]);
    }
    assert.equal(held, [
      ['', null, '', ''],
      ['one', null, 'ann', ''],
      ['one two', 'two', 'ann bob', 'bob'],
      ['two', 'two', 'bob', 'bob'],
      ['', null, '', ''],
      ['three', null, 'cat', 'cat'],
    ]);
  });

  spec.test('the history of a graph, bisection and diffs know them too', async () => {
    await pausedAndResumed();
    const past = await graphHistory(db, 'g');
    assert.equal(
      past.events.map(({ type }) => type),
      ['GraphSubmitted', 'GraphPaused', 'GraphResumed'],
    );
    for (const [index, { position }] of past.events.entries()) {
      assert.equal(past.at(index + 1), await graphInfo(db, 'g', { asOf: position }));
    }
    assert.equal(
      past.changesBy(2).map(({ jobId }) => jobId),
      ['load', 'send'],
    );
    assert.is((await bisect(db, 'g', { where: 'isPaused' })).number, 2);
    assert.is((await bisect(db, 'g', { where: 'jobs.send.pauses.length > 0' })).number, 2);
    const halted = await bisectLog(db, { where: ({ ready }) => ready['load'] === undefined });
    assert.is(halted.event?.type, 'WorkPaused');
    const [before, , after] = await positions(db);
    const { patch } = await diff(db, { graphId: 'g', asOf: before! }, { graphId: 'g', asOf: after! });
    assert.ok(patch.some(({ path }) => path.startsWith('/pause')));
    assert.ok(patch.some(({ path }) => path.startsWith('/jobs/send/pauses')));
  });

  spec.test(
    'a log with pauses is sound; it is exported, read as it is, and imported, also again; one graph comes without',
    async () => {
      await pausedAndResumed();
      const { problems, graphs: count, events } = await verify(db);
      assert.equal([problems, count, events], [[], 1, 6]);
      const path = join(folder, `${engine}.jsonl`);
      writeFileSync(path, await exportText(db));
      const file = await store(path);
      assert.equal(await pauses(file), await pauses(db));
      const target = await freshStore(engine);
      assert.equal(await importLog(target, file), { events: 6, graphs: 1, imported: 6 });
      assert.equal(await importLog(target, file), { events: 6, graphs: 1, imported: 0 });
      assert.equal(await pauses(target), await pauses(db));
      assert.equal(await graphInfo(target, 'g', { asOf: (await positions(target)).at(-1)! }), {
        ...(await graphInfo(db, 'g', { asOf: (await positions(db)).at(-1)! })),
      });
      await resume(target, 'namespace');
      assert.equal(await importLog(target, file), { events: 6, graphs: 1, imported: 0 });
      await target.close();

      const own = await freshStore(engine);
      await pause(own, { type: 'mine' });
      await assert.rejects(importLog(own, file), code('import-conflict', /other events of its namespace's own stream/));
      await own.close();
      await file.close();
      const alone = await exportText(db, { graphId: 'g' });
      assert.not.match(alone, /WorkPaused/);
      assert.match(alone, /GraphPaused/);
      await assert.rejects(exportLog(db, { graphId: '' }).next(), code('graph-not-found'));
      await assert.rejects(graphInfo(db, ''), code('graph-not-found'));
    },
  );

  spec.test('what cannot follow is found, also by a check that begins in the middle', async () => {
    await pausedAndResumed();
    const event = { type: 'WorkResumed', data: { jobType: 'nobody', by: 'x', reason: '' } } as const;
    const append = { ...namespaceStream, expectedRevision: 2, events: newEvents(db.environment, [event], null, 'x') };
    assert.ok((await rightOf(db.log.append([append])))[0]!.appended);
    const found = await verify(db);
    assert.equal(
      found.problems.map(({ graphId, jobId, problem }) => [graphId, jobId, problem]),
      [['', null, 'work of type "nobody" is not paused']],
    );
    const at = await positions(db);
    const pieces = [
      { after: null, upTo: at[4]! },
      { after: at[4]!, upTo: at[6]! },
    ];
    if (engine !== 'sqlite') return;
    // The second piece begins with an event of the namespace, and knows those before it all the same.
    const inPieces = await verifyAsPlanned(db.log, { pieces, isAuditShared: true });
    assert.equal(
      inPieces.problems.filter(({ position }) => position !== null),
      found.problems,
    );
  });

  spec.run();
}
