/** Graphs in several parts, submitted by several at once, or cut off: one graph is stored whole, or none. */
import { partsOf } from '../../src/domain/submission.js';
import {
  graphHistory,
  graphInfo,
  GraphConflictError,
  graphs,
  type JobGraph,
  jobGraph,
  type Store,
  transactGraph,
  verify,
} from '../../src/index.js';
import { makeFaulty } from '../support/faulty-log.js';
import { beside, overtakeOnce } from '../support/overtaking.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** A graph too large for one part, with this text in each job. */
function large(text: string): JobGraph {
  const args = (index: number) => ({ text: text.repeat(20_000), index });
  const jobs = Array.from({ length: 60 }, (_, index) => [`j${index}`, { type: 'work', args: args(index) }] as const);
  return jobGraph({ jobs: Object.fromEntries(jobs) }, {}, { id: 'large' });
}

const ours = large('a');
const theirs = large('b');
const parts = partsOf(ours).length;

for (const engine of engines) {
  const spec = describe(`submitting in parts on ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  let db: Store;

  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });
  spec.afterEach(() => db.close());

  /** Submits, as a client does whose network fails behind the first append. */
  async function submitCutOff(store: Store, graph: JobGraph): Promise<void> {
    const cut = beside(store);
    let appends = 0;
    makeFaulty(cut).onAppend = () => (appends++ > 0 ? 'lost' : null);
    await assert.rejects(transactGraph(cut, graph), /the log fails for a test/);
  }

  async function assertWhole(graph: JobGraph): Promise<void> {
    const events = await rightOf(db.log.readStream({ graphId: graph.id, jobId: null }));
    assert.is(events.length, parts);
    assert.is((await graphHistory(db, graph.id)).existsFrom, parts);
    const { jobs } = await graphInfo(db, graph.id);
    assert.equal(
      Object.entries(jobs).map(([id, job]) => [id, job.args, job.derivedStatus]),
      Object.values(graph.jobs).map(({ id, args }) => [id, args, 'ready']),
    );
    assert.equal((await verify(db)).problems, []);
  }

  spec.test(
    'given a submission that is cut off, then there is no graph, and sending it again completes it',
    async () => {
      assert.ok(parts > 2);
      await submitCutOff(db, ours);
      assert.equal((await graphs(db)).items, []);
      await assert.rejects(graphInfo(db, 'large'), /no graph/);
      await assert.rejects(transactGraph(db, theirs), (error) => error instanceof GraphConflictError);
      assert.is((await transactGraph(db, ours)).stored, true);
      await assertWhole(ours);
      assert.is((await transactGraph(db, ours)).stored, false);
    },
  );

  spec.test(
    'given another graph of the same id whose first part comes first, then nothing of ours goes in behind it',
    async () => {
      const direct = beside(db);
      const overtaken = overtakeOnce(
        db,
        ({ jobId }) => jobId === null,
        () => submitCutOff(direct, theirs),
      );
      await assert.rejects(transactGraph(db, ours), (error) => error instanceof GraphConflictError);
      assert.is(overtaken.hasHappened, true);
      assert.is((await transactGraph(db, theirs)).stored, true, 'theirs can still be completed');
      await assertWhole(theirs);
    },
  );

  spec.test('given the same graph submitted by several at once, then it is stored once', async () => {
    const stored = await Promise.all([ours, ours, ours].map((graph) => transactGraph(db, graph)));
    assert.ok(stored.some((each) => each.stored));
    await assertWhole(ours);
  });

  spec.test('given a small graph whose id is taken at the last moment, then the other one stays as it is', async () => {
    const small = (type: string) => jobGraph({ jobs: { a: { type } } }, {}, { id: 'small' });
    const direct = beside(db);
    overtakeOnce(
      db,
      ({ graphId }) => graphId === 'small',
      () => transactGraph(direct, small('first')),
    );
    await assert.rejects(transactGraph(db, small('second')), (error) => error instanceof GraphConflictError);
    assert.is((await graphInfo(db, 'small')).jobs['a']!.type, 'first');
  });

  spec.run();
}
