/** Appends that fail or whose answers are lost: nothing is written twice, and a worker goes on or says why it stops. */
import { graphInfo, jobGraph, type Store, transactGraph, waitForGraph } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { makeFaulty } from '../support/faulty-log.js';
import { patient } from '../support/patience.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { gate, nap, WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`a worker on a failing log of ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test('given appends whose answers are lost, then they are sent again and nothing is written twice', async () => {
    const faults = makeFaulty(fixture.db);
    let countdown = 0;
    faults.onAppend = () => (['lost', 'answer-lost', null] as const)[countdown++ % 3]!;
    let runs = 0;
    await transactAnyway(fixture.db, 'g', {
      a: { type: 't' },
      b: { type: 't', after: ['a'] },
      c: { type: 't', after: ['b'] },
    });
    await fixture.begin({ t: () => void (runs += 1) }, { concurrency: 2 });
    await waitForGraph(fixture.db, 'g');
    faults.onAppend = () => null;
    assert.is(runs, 3);
    assert.equal((await fixture.types()).sort(), [
      'GraphSubmitted',
      ...Array(3).fill('JobFinished'),
      ...Array(3).fill('JobStarted'),
    ]);
  });

  spec.test(
    'given many endings that come back from the log before their answers do, then each is kept once',
    async () => {
      const faults = makeFaulty(fixture.db);
      const ids = Array.from({ length: 40 }, (_, index) => `j${index}`);
      await fixture.submit(Object.fromEntries(ids.map((id) => [id, { type: 't' }])));
      // The answers come late, and one after another.
      let late = 0;
      faults.untilAnswer = async ([request]) => {
        if (request!.events[0]!.event.type !== 'JobFinished') return;
        late += 1;
        await nap(100 + 5 * late);
      };
      const worker = await fixture.begin({ t: () => {} }, { concurrency: ids.length });
      await waitForGraph(fixture.db, 'g');
      await eventually('every answer is there', () => worker.statistics.finished === ids.length);
      assert.is(worker.statistics.leasesLost, 0);
      assert.is((await fixture.types()).filter((type) => type === 'JobFinished').length, ids.length);
    },
  );

  spec.test('given a log that fails while a job runs, then its outcome is kept until the log takes it', async () => {
    const faults = makeFaulty(fixture.db);
    const running = gate();
    const finish = gate();
    await fixture.submit({ a: { type: 't' } });
    await fixture.begin({
      t: async () => {
        running.open();
        await finish.promise;
        return 'kept';
      },
    });
    await running.promise;
    faults.onAppend = () => 'lost';
    finish.open();
    await nap(150);
    assert.is((await graphInfo(fixture.db, 'g')).jobs['a']!.status, 'started');
    faults.onAppend = () => null;
    assert.is((await waitForGraph(fixture.db, 'g')).jobs['a']!.result, 'kept');
  });

  for (const monitorShutdown of [true, false]) {
    const what = monitorShutdown
      ? 'it stops and says why, and the process lives'
      : 'it goes on, and works when the log is back';
    spec.test(
      `given a log that fails for ten leases and monitor-shutdown ${monitorShutdown}, then ${what}`,
      async () => {
        const faults = makeFaulty(fixture.db);
        const running = gate();
        const finish = gate();
        await fixture.submit({ a: { type: 't' } });
        const worker = await fixture.begin(
          {
            t: async () => {
              running.open();
              await finish.promise;
            },
          },
          { heartbeat: { sleepTime: 20, tolerance: 3, monitorShutdown } },
        );
        await running.promise;
        faults.onAppend = () => 'lost';
        if (monitorShutdown) {
          await assert.rejects(worker.stopped, /the log has failed for longer than 10 leases/);
        } else {
          await nap(300);
          faults.onAppend = () => null;
          finish.open();
          assert.is((await waitForGraph(fixture.db, 'g', { timeoutMs: patient(10_000) })).status, 'finished');
        }
        faults.onAppend = () => null;
        finish.open();
      },
    );
  }

  spec.test(
    'given a log that takes nothing while a worker stops, then it stops, and says what it could not hand back',
    async () => {
      const faults = makeFaulty(fixture.db);
      const running = gate();
      await fixture.submit({ a: { type: 't' } });
      const hang = () => {
        running.open();
        return new Promise(() => {});
      };
      const worker = await fixture.begin({ t: hang }, { stopTimeout: 20, heartbeat: { sleepTime: 100, tolerance: 2 } });
      await running.promise;
      faults.onAppend = () => 'lost';
      await worker.stop();
      await assert.rejects(
        worker.stopped,
        /could not record that a job was handed back; others will run it once the lease is over$/,
      );
      faults.onAppend = () => null;
    },
  );

  spec.run();
}

/** Submits through a log that loses answers, as a client would: again and again. */
async function transactAnyway(db: Store, id: string, jobs: object): Promise<void> {
  const graph = jobGraph({ jobs } as never, {}, { id });
  for (;;) {
    try {
      await transactGraph(db, graph);
      return;
    } catch {
      // The log failed; whether the graph is there, the next try finds out.
    }
  }
}
