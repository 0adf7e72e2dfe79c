/** What a stopping worker waits for, and what it hands back. */
import { jobInfo, waitForGraph } from '../../src/index.js';
import { UnderWay } from '../../src/worker/under-way.js';
import { eventually } from '../support/eventually.js';
import { makeFaulty } from '../support/faulty-log.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { assert, describe } from '../support/spec.js';
import { engines, missingFor } from '../support/stores.js';
import { aborted, gate, nap, WorkerFixture } from './worker-fixture.js';

for (const engine of engines) {
  const spec = describe(`stopping on ${engine}`, { timeoutMs: 20_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  /** How the only attempt of the job ended, in the log. */
  async function ending(): Promise<unknown> {
    const last = (await fixture.events()).filter(({ jobId }) => jobId === 'a').at(-1)!;
    return last.type === 'JobFaulted' ? last.data.cause : last.type;
  }

  spec.test(
    'given a handler that fails while its worker stops, then its job is handed back, and not failed',
    async () => {
      const [running, ended] = [gate(), gate()];
      await fixture.submit({ a: { type: 't' } });
      const worker = await fixture.begin(
        {
          t: async () => {
            running.open();
            await ended.promise;
            throw new Error('the signal that stopped the worker has ended my child process too');
          },
        },
        { stopTimeout: 20_000 },
      );
      await running.promise;
      const stopping = worker.stop();
      ended.open();
      await stopping;
      const { status, failure } = await jobInfo(fixture.db, 'g', 'a');
      assert.equal(
        [status, await ending(), failure?.message?.includes('child process')],
        ['unstarted', 'released', true],
      );
      await fixture.begin({ t: () => 'done' });
      assert.is((await waitForGraph(fixture.db, 'g', { timeoutMs: 10_000 })).status, 'finished');
    },
  );

  spec.test('given a handler that does not end, when patience is over, then its job is handed back', async () => {
    const running = gate();
    await fixture.submit({ a: { type: 't' } });
    const worker = await fixture.begin(
      {
        t: async ({ signal }) => {
          running.open();
          await aborted(signal);
          await new Promise(() => {});
        },
      },
      { stopTimeout: 10 },
    );
    await running.promise;
    await worker.stop();
    assert.equal([(await jobInfo(fixture.db, 'g', 'a')).status, await ending()], ['unstarted', 'released']);
  });

  for (const [when, stopTimeout] of [
    ['before its patience is over', 20_000],
    ['after its patience is over', 1],
  ] as const) {
    spec.test(
      `given a claim that is answered while its worker stops, ${when}, then its job is handed back`,
      async () => {
        const answer = gate();
        let isClaimed = false;
        let runs = 0;
        makeFaulty(fixture.db).untilAnswer = async (requests) => {
          if (!requests.some(({ events }) => events[0]!.event.type === 'JobStarted')) return;
          isClaimed = true;
          await answer.promise;
        };
        await fixture.submit({ a: { type: 't' } });
        const worker = await fixture.begin({ t: () => void (runs += 1) }, { stopTimeout });
        await eventually('the claim is in the log', () => isClaimed);
        const stopping = worker.stop();
        // Timers fire in the order of their times, however slow the machine is.
        if (stopTimeout === 1) await nap(100);
        answer.open();
        await stopping;
        assert.equal(
          [(await jobInfo(fixture.db, 'g', 'a')).status, await ending(), runs],
          ['unstarted', 'released', 0],
        );
      },
    );
  }

  spec.run();
}

const underWay = describe('work that is under way');

underWay.test('given work that leads to other work, then a stop waits for that too', async () => {
  const work = new UnderWay(new ManualEnvironment(), () => {});
  const [first, second] = [gate(), gate()];
  let isOver = false;
  work.add(first.promise.then(() => work.add(second.promise)));
  const waiting = work.ended(1000).then(() => (isOver = true));
  first.open();
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.is(isOver, false);
  second.open();
  await waiting;
  assert.is(isOver, true);
});

underWay.test('given work that never ends, then a stop waits as long as it may', async () => {
  const environment = new ManualEnvironment();
  const work = new UnderWay(environment, () => {});
  let isOver = false;
  work.add(new Promise(() => {}));
  const waiting = work.ended(1000).then(() => (isOver = true));
  environment.advance(999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(isOver, false);
  environment.advance(1);
  await waiting;
  assert.is(isOver, true);
});

underWay.test('given work that rejects, then that is told, and does not stop the waiting', async () => {
  const told: unknown[] = [];
  const work = new UnderWay(new ManualEnvironment(), (error) => told.push(error));
  work.add(Promise.reject(new Error('a defect')));
  await work.ended(1000);
  assert.match(String(told[0]), 'a defect');
});

underWay.run();
