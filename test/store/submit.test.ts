/** Graphs in several parts, submitted by several at once, or cut off: one graph is stored whole, or none. */
import { v5 as uuidV5 } from 'uuid';
import { partsOf, submissionOf } from '../../src/domain/submission.js';
import type { Append } from '../../src/log/event-log.js';

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

  spec.test(
    'given release 0.1.0 storing the same graph at the same time, then one is stored whole, and is sound',
    async () => {
      for (let theirs = 2; theirs <= parts; theirs++) {
        const graph = { ...ours, id: `large ${theirs}` };
        const overtaken = overtakeOnce(
          db,
          ({ graphId, expectedRevision }) => graphId === graph.id && expectedRevision === 0,
          (log) => rightOf(log.append(appendsOfFirstRelease(graph).slice(1, theirs))),
        );
        await transactGraph(db, graph);
        assert.is(overtaken.hasHappened, true);
        assert.is((await transactGraph(db, graph)).stored, false);
        assert.equal((await submitted(db, graph.id)).slice(0, theirs), idsOfFirstRelease(graph).slice(0, theirs));
        assert.equal(Object.keys((await graphInfo(db, graph.id)).jobs), Object.keys(graph.jobs));
      }
      assert.equal((await verify(db)).problems, []);
    },
  );

  spec.test(
    'given a submission that release 0.1.0 was cut off in, then the rest is stored behind what is there',
    async () => {
      for (let theirs = 1; theirs < parts; theirs++) {
        const graph = { ...ours, id: `large ${theirs}` };
        await rightOf(db.log.append(appendsOfFirstRelease(graph).slice(0, theirs)));
        assert.is((await transactGraph(db, graph)).stored, true);
        const ids = await submitted(db, graph.id);
        assert.is(ids.length, parts);
        assert.equal(ids.slice(0, theirs), idsOfFirstRelease(graph).slice(0, theirs));
        assert.equal(Object.keys((await graphInfo(db, graph.id)).jobs), Object.keys(graph.jobs));
      }
      assert.equal((await verify(db)).problems, []);
    },
  );

  spec.run();
}

/** The ids of the events that submitted a graph. */
async function submitted(db: Store, graphId: string): Promise<readonly string[]> {
  return (await rightOf(db.log.readStream({ graphId, jobId: null }))).map(({ id }) => id);
}

/** Release 0.1.0 made the id of each part from the content of the whole graph. */
function idsOfFirstRelease(graph: JobGraph): readonly string[] {
  const { text } = submissionOf(graph);
  return partsOf(graph).map((_, index) =>
    uuidV5(`${graph.id}\n${index}\n${text}`, 'b1c7b1a6-6a4e-5c57-9c1f-3d6f0c3a2b10'),
  );
}

/** And the cause of each was the one before it. */
function appendsOfFirstRelease(graph: JobGraph): readonly Append[] {
  const ids = idsOfFirstRelease(graph);
  return partsOf(graph).map((event, index) => ({
    graphId: graph.id,
    jobId: null,
    expectedRevision: index - 1,
    events: [{ id: ids[index]!, event, causationId: ids[index - 1] ?? null, actor: 'release 0.1.0' }],
  }));
}
