/** Heartbeats come in time, also where the lease is short beside the pause that was asked for between them. */
import { jobGraph, start, transactGraph } from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';
import { gate } from './worker-fixture.js';

const spec = describe('heartbeats and short leases');

const cases = [
  { tolerance: 1, beatMs: 5000, means: 'the lease is one pause long, so a beat is forced at half of it' },
  { tolerance: 1.5, beatMs: 7500, means: 'the lease is a pause and a half long, so a beat is forced at half of it' },
  { tolerance: 3, beatMs: 10_000, means: 'the lease has room for three pauses' },
];

for (const { tolerance, beatMs, means } of cases) {
  spec.test(`given a tolerance of ${tolerance}, then a beat comes every ${beatMs} ms: ${means}`, async () => {
    const environment = new ManualEnvironment();
    const db = await freshStore('memory', { environment });
    const running = gate();
    const ended = gate();
    await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
    const handler = async () => {
      running.open();
      await ended.promise;
    };
    const worker = await start({ heartbeat: { sleepTime: 10_000, tolerance } }, db, { a: handler });
    await running.promise;
    const beats = async () =>
      (await rightOf(db.log.readStream({ graphId: 'g', jobId: 'a' }))).filter(({ type }) => type === 'Heartbeat')
        .length;
    for (let beat = 1; beat <= 4; beat++) {
      environment.advance(beatMs - 1);
      assert.is(await beats(), beat - 1, 'not before its time');
      environment.advance(1);
      await eventually(`beat ${beat}`, async () => (await beats()) === beat);
      // The pause to the next one begins when this one has been answered.
      await new Promise((resolve) => setImmediate(resolve));
    }
    ended.open();
    await worker.stop();
    await db.close();
  });
}

spec.run();
