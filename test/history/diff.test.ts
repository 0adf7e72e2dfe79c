/** What a comparison of two graphs tells of a job: everything that differs, and nothing that is the same. */
import { abort, diff, fault, jobGraph, start, type Store, transactGraph, waitForGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('comparing two runs of a graph', { timeoutMs: 20_000 });

async function run(db: Store, id: string, args: object, b: (attempt: number) => unknown): Promise<void> {
  const jobs = { a: { type: 'a' }, b: { type: 'b', retry: { maximumAttempts: 2, initialIntervalMs: 1 } } };
  await transactGraph(db, jobGraph({ jobs }, args, { id }));
  const worker = await start({}, db, { a: () => 'same', b: ({ attempt }) => b(attempt) });
  await waitForGraph(db, id);
  await worker.stop();
}

async function changedIn(b: (attempt: number) => unknown, args: object = {}) {
  const db = await freshStore('memory');
  await run(db, 'before', {}, () => 1);
  await run(db, 'after', args, b);
  const { changed } = await diff(db, { graphId: 'before' }, { graphId: 'after' });
  await db.close();
  // How long an attempt took differs from run to run.
  return changed.map(({ durationMs: _, ...change }) => change).filter((change) => Object.keys(change).length > 1);
}

spec.test('given the same results, then nothing has changed', async () => {
  assert.equal(await changedIn(() => 1), []);
});

spec.test('given another result, then that is told, of that job alone', async () => {
  assert.equal(await changedIn(() => 2), [{ jobId: 'b', result: { before: 1, after: 2 } }]);
});

spec.test('given another try, then the number of attempts is told', async () => {
  const changed = await changedIn((attempt) => (attempt === 1 ? fault('once') : 1));
  assert.equal(changed, [{ jobId: 'b', attempt: { before: 1, after: 2 } }]);
});

spec.test('given an abort, then the status and the lack of a result are told', async () => {
  const [change] = await changedIn(() => abort('not needed'));
  assert.equal(
    [change!.status, change!.result],
    [
      { before: 'finished', after: 'aborted' },
      { before: 1, after: null },
    ],
  );
});

spec.test('given a failure, then it is told', async () => {
  const [change] = await changedIn(() => {
    throw new Error('boom');
  });
  assert.equal([change!.failure!.before, change!.failure!.after?.message], [null, 'boom']);
});

spec.test('given other args, then the definition of each job is told', async () => {
  const changed = await changedIn(() => 1, { day: 2 });
  assert.equal(
    changed.map(({ jobId, definition }) => [jobId, definition !== undefined]),
    [
      ['a', true],
      ['b', true],
    ],
  );
});

spec.run();
