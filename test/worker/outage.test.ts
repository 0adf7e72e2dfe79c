/** A worker that could not reach its log does not blame the others for the silence. */
import { randomUUID } from 'node:crypto';
import { jobGraph, start, systemEnvironment, transactGraph } from '../../src/index.js';
import { started } from '../support/given.js';
import { eventually } from '../support/eventually.js';
import { makeFaulty } from '../support/faulty-log.js';
import { appended } from '../support/overtaking.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';
import { gate } from './worker-fixture.js';

const spec = describe('a worker after an outage', { timeoutMs: 30_000 });

spec.test(
  'given a log that took nothing for longer than a lease, when it works again, then no job is taken for that silence',
  async () => {
    let [aheadMs, looks] = [0, 0];
    const environment = {
      ...systemEnvironment,
      monotonic: () => performance.now() + aheadMs,
      // Asked at each look about each job that somebody else runs.
      isGone: () => {
        looks += 1;
        return false;
      },
    };
    const db = await freshStore('memory', { environment });
    await transactGraph(db, jobGraph({ jobs: { theirs: { type: 'other' }, ours: { type: 't' } } }, {}, { id: 'g' }));
    const event = started(1, 'somebody else');
    const claim = { ...event, data: { ...event.data, leaseMs: 60_000 } } as typeof event;
    const events = [{ id: randomUUID(), event: claim, causationId: null, actor: 'somebody else' }];
    await appended(db.log, { graphId: 'g', jobId: 'theirs', expectedRevision: -1, events });
    const ended = gate();
    const running = gate();
    const handler = async () => {
      running.open();
      await ended.promise;
    };
    const faults = makeFaulty(db);
    const worker = await start({ heartbeat: { sleepTime: 100, tolerance: 600, monitorShutdown: false } }, db, {
      t: handler,
    });
    await running.promise;
    const looked = async () => {
      const before = looks;
      await eventually('two more looks', () => looks >= before + 2);
    };
    await looked();
    let refused = 0;
    faults.onAppend = () => {
      refused += 1;
      return 'lost';
    };
    for (let step = 0; step < 3; step++) {
      aheadMs += 25_000; // Less than half of their lease: it does not look as if the process had slept.
      const before = refused;
      await eventually('an append has failed since', () => refused > before, 20_000);
      await looked();
    }
    faults.onAppend = () => null;
    const beats = async (jobId: string) => (await rightOf(db.log.readStream({ graphId: 'g', jobId }))).length;
    const before = await beats('ours');
    await eventually('our own heartbeats are recorded again', async () => (await beats('ours')) > before + 2, 20_000);
    await looked();
    assert.is(await beats('theirs'), 1, 'only their claim is in the stream');
    ended.open();
    await worker.stop();
    await db.close();
  },
);

spec.run();
