/** Heartbeats and their details, and leases that end for want of them. */
import { fault, waitForGraph } from '../../src/index.js';
import { makeFaulty } from '../support/faulty-log.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { gate, WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`heartbeats on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test(
    'given heartbeats with details, when the attempt faults, then the next one goes on from the last of them',
    async () => {
      const seen: unknown[] = [];
      await fixture.submit({ a: { type: 't' } });
      await fixture.begin({
        t: async (job) => {
          seen.push(job.details);
          if (job.attempt === 2) return 'done';
          await job.heartbeat({ row: 1 }, 0.25);
          await job.heartbeat({ row: 2 }, 0.5);
          return fault('later', { retryAfterMs: 1 });
        },
      });
      const done = await waitForGraph(fixture.db, 'g');
      assert.equal(seen, [null, { row: 2 }]);
      assert.equal(
        [done.jobs['a']!.status, done.jobs['a']!.details, done.jobs['a']!.progress],
        ['finished', { row: 2 }, null],
      );
      assert.equal(await fixture.types('g', 'a'), [
        'JobStarted',
        'Heartbeat',
        'Heartbeat',
        'JobFaulted',
        'JobStarted',
        'JobFinished',
      ]);
    },
  );

  spec.test('given many heartbeats nobody waits for, then they become few, and the last details are kept', async () => {
    await fixture.submit({ a: { type: 't' } });
    await fixture.begin({
      t: async (job) => {
        for (let n = 0; n < 500; n++) void job.heartbeat({ n });
        await job.heartbeat({ n: 'last' });
      },
    });
    const done = await waitForGraph(fixture.db, 'g');
    assert.equal(done.jobs['a']!.details, { n: 'last' });
    assert.ok((await fixture.types()).filter((type) => type === 'Heartbeat').length < 10);
  });

  spec.test('given a heartbeat that JSON cannot hold, then it is refused with where, and the job goes on', async () => {
    let refused: unknown;
    await fixture.submit({ a: { type: 't' } });
    await fixture.begin({
      t: async (job) => {
        await job.heartbeat({ list: [1n] }).catch((error: unknown) => (refused = error));
        void job.heartbeat({ alsoBad: Number.NaN });
        return 1;
      },
    });
    assert.is((await waitForGraph(fixture.db, 'g')).status, 'finished');
    assert.match(String(refused), /details\.list\[0\] is a BigInt/);
  });

  spec.test('given a job that kills every lease it gets, then after a bounded number of them it fails', async () => {
    const stuck = gate();
    await fixture.submit({ poison: { type: 't', maximumLostLeases: 2 } });
    const quick = { sleepTime: 40, tolerance: 1, monitorShutdown: false };
    await fixture.begin({ other: () => {} }, { heartbeat: quick });
    // The worker that runs it cannot make itself heard; the other one watches.
    makeFaulty(fixture.db).onAppend = (requests) =>
      requests.some(({ events }) => events.some(({ event }) => event.type === 'Heartbeat')) ? 'lost' : null;
    await fixture.begin({ t: () => stuck.promise }, { heartbeat: quick, concurrency: 3 });
    const done = await waitForGraph(fixture.db, 'g');
    const job = done.jobs['poison']!;
    assert.equal(
      [job.status, job.failure?.reason, job.lostLeases, job.attempt],
      ['failed', 'system/lease-expired', 3, 3],
    );
    stuck.open();
  });

  spec.run();
}
