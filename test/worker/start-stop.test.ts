/** What start and waitForGraph refuse, and how a worker stops. */
import { graphInfo, start, waitForGraph } from '../../src/index.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { gate, WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`start and stop on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test('given options that are none of a worker’s, then start refuses them and says what to do', async () => {
    await assert.rejects(
      start({ store: 'x' } as never, fixture.db, {}),
      /store is not a setting of a worker; open the store with it/,
    );
    await assert.rejects(
      start({ concurency: 2 } as never, fixture.db, {}),
      /there is no setting "concurency"; did you mean concurrency/,
    );
    await assert.rejects(
      start({ types: { t: { concurency: 2 } } } as never, fixture.db, {}),
      /types\.t: a type has no field "concurency"; did you mean concurrency\?/,
    );
    await assert.rejects(start({ concurrency: 0 }, fixture.db, {}), /concurrency: expected whole number from 1, got 0/);
    await assert.rejects(start({}, fixture.db, { t: 'x' as never }), /the handler of type "t" is a string/);
  });

  spec.test('given a time to wait that is none, then whoever asks is told so', async () => {
    await fixture.submit({ a: { type: 't' } });
    for (const timeoutMs of [Infinity, NaN, -1, '5' as unknown as number, null as unknown as number]) {
      await assert.rejects(
        waitForGraph(fixture.db, 'g', { timeoutMs }),
        /^timeoutMs is .*; it is a number of milliseconds from 0/,
      );
    }
  });

  spec.test('given a store that is closed under a worker, then the worker stops and says so', async () => {
    const worker = await fixture.begin({ t: () => {} });
    await fixture.db.close();
    await assert.rejects(worker.stopped, /the store was closed/);
  });

  spec.test(
    'given a worker that stops, then nothing new starts, what runs ends, and stop may be called twice',
    async () => {
      const running = gate();
      const finish = gate();
      await fixture.submit({ a: { type: 't' }, b: { type: 't' } });
      const worker = await fixture.begin(
        {
          t: async () => {
            running.open();
            await finish.promise;
            return 'in time';
          },
        },
        { stopTimeout: 5000 },
      );
      await running.promise;
      const stopping = worker.stop();
      assert.is(worker.stop(), stopping);
      finish.open();
      await stopping;
      await worker.stopped;
      const { counts, jobs } = await graphInfo(fixture.db, 'g');
      assert.equal([counts.finished, counts.unstarted, counts.started], [1, 1, 0]);
      assert.ok(Object.values(jobs).some((job) => job.result === 'in time'));
    },
  );

  spec.run();
}
