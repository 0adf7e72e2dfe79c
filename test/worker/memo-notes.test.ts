/** What is noted as a result to remember, and what a note must say to be believed. */
import { randomUUID } from 'node:crypto';
import { memoStream } from '../../src/domain/memoized-results.js';
import { verify, waitForGraph } from '../../src/index.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`notes of results on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  const noted = async () => (await rightOf(fixture.db.log.readStream(memoStream('k')))).map(({ type }) => type);
  const problems = async () => (await verify(fixture.db)).problems.map(({ problem }) => problem);

  spec.test('given a job of a key that fails, then nothing is noted, and the next job of the key runs', async () => {
    let runs = 0;
    const handler = () => {
      runs += 1;
      if (runs === 1) throw new Error('the first run fails');
      return runs;
    };
    const worker = await fixture.begin({ t: handler });
    for (const id of ['g1', 'g2']) {
      await fixture.submit({ a: { type: 't', memoize: { key: 'k' } } }, id);
      await waitForGraph(fixture.db, id);
      if (id === 'g1') await worker.stop(); // Whatever it writes about the job is written now.
      if (id === 'g1') {
        assert.equal(await noted(), []);
        await fixture.begin({ t: handler });
      }
    }
    await fixture.stopAll();
    assert.equal([runs, await noted(), await problems()], [2, ['ResultMemoized'], []]);
  });

  spec.test('given a note that names another event than the one that is there, then the job runs', async () => {
    await fixture.begin({ t: ({ graphId }) => `ran in ${graphId}` });
    await fixture.submit({ a: { type: 't' } }, 'g1');
    await waitForGraph(fixture.db, 'g1');
    const there = (await fixture.events('g1')).find(({ type }) => type === 'JobFinished')!;
    const data = { graphId: 'g1', jobId: 'a', attempt: 1, eventId: randomUUID(), revision: there.revision };
    const events = [
      { id: randomUUID(), event: { type: 'ResultMemoized', data } as const, causationId: null, actor: 'x' },
    ];
    await rightOf(fixture.db.log.append([{ ...memoStream('k'), expectedRevision: -1, events }]));
    await fixture.submit({ a: { type: 't', memoize: { key: 'k' } } }, 'g2');
    const { jobs } = await waitForGraph(fixture.db, 'g2');
    assert.equal([jobs['a']!.result, jobs['a']!.memoizedFrom], ['ran in g2', null]);
  });

  spec.run();
}
