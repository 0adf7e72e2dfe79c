// takes: 7s
/** No two clocks are compared: back-offs, leases and time limits under clocks that are wrong, are set, or run at different speeds. */
import {
  type Environment,
  fault,
  graphInfo,
  type Handlers,
  install,
  jobGraph,
  jobInfo,
  start,
  store,
  type Store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
  type Worker,
} from '../../src/index.js';
import { pollingSubscription } from '../../src/log/polling-subscription.js';
import { afterMs } from '../../src/prelude/timer.js';
import { OwnTimers } from '../../src/worker/own-timers.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { freshPlace, missingFor, type Place } from '../support/stores.js';

const hourMs = 3_600_000;

/** A wall clock that is wrong by `byMs`, and may be set. */
function clockOff(byMs: number): Environment & { offMs: number } {
  return {
    ...systemEnvironment,
    offMs: byMs,
    now() {
      return Date.now() + this.offMs;
    },
  };
}

for (const engine of ['sqlite', 'eventstoredb'] as const) {
  const spec = describe(`clocks on ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  let place: Place;
  const stores: Store[] = [];
  const workers: Worker[] = [];

  spec.beforeEach(async () => {
    place = freshPlace(engine);
    await install(await open(0));
  });

  spec.afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.stop();
    for (const each of stores.splice(0)) await each.close();
  });

  async function open(offMs: number): Promise<Store> {
    return await opened(clockOff(offMs));
  }

  async function opened(environment: Environment): Promise<Store> {
    const db = await store(place.address, { namespace: place.namespace, environment });
    stores.push(db);
    return db;
  }

  async function work(db: Store, handlers: Handlers, options = {}): Promise<Worker> {
    const worker = await start(options, db, handlers);
    workers.push(worker);
    return worker;
  }

  const offs = [-25 * hourMs, -hourMs, -20_000, -500, 500, 20_000, hourMs, 25 * hourMs, 400 * 24 * hourMs];
  for (const offMs of offs) {
    spec.test(
      `given a worker whose clock is ${offMs / 1000} s off, when its job faults, then another tries it when the delay is over`,
      async () => {
        const db = await open(0);
        let firstEndedAt = 0;
        const wrong = await work(await open(offMs), {
          flaky: () => {
            firstEndedAt = performance.now();
            fault('not yet', { retryAfterMs: 400 });
          },
        });
        const { graphId } = await transactGraph(db, jobGraph({ flaky: [] }));
        await eventually('it backs off', async () => (await jobInfo(db, graphId, 'flaky')).failure !== null);
        let secondBeganAt = 0;
        await work(db, { flaky: () => void (secondBeganAt = performance.now()) });
        await wrong.stop();
        assert.is((await waitForGraph(db, graphId, { timeoutMs: patient(10_000) })).status, 'finished');
        assert.ok(secondBeganAt - firstEndedAt < 5000, `it waited for ${secondBeganAt - firstEndedAt} ms`);
      },
    );
  }

  spec.test(
    'given a worker that watches, when the clock is set by a day either way, then a back-off stays as long as it is',
    async () => {
      for (const byMs of [-24 * hourMs, 24 * hourMs]) {
        const clock = clockOff(0);
        const db = await opened(clock);
        const ranAt: number[] = [];
        const worker = await work(db, {
          flaky: ({ attempt }) => {
            ranAt.push(performance.now());
            if (attempt > 1) return;
            setTimeout(() => (clock.offMs = byMs), 50);
            fault('later', { retryAfterMs: 300 });
          },
        });
        const { graphId } = await transactGraph(db, jobGraph({ flaky: [] }));
        assert.is((await waitForGraph(db, graphId, { timeoutMs: patient(10_000) })).status, 'finished');
        const waitedMs = ranAt[1]! - ranAt[0]!;
        assert.ok(waitedMs >= 300 && waitedMs < 5000, `it waited for ${waitedMs} ms`);
        await worker.stop();
      }
    },
  );

  spec.test('given a job handed back by a worker whose clock is ahead, then another starts it at once', async () => {
    const db = await open(0);
    const ahead = await start({ stopTimeout: 20 }, await open(20_000), { long: () => new Promise(() => {}) });
    const { graphId } = await transactGraph(db, jobGraph({ long: [] }));
    await eventually('it runs', async () => (await jobInfo(db, graphId, 'long')).status === 'started');
    await ahead.stop();
    const { delayMs, notBefore } = { ...(await jobInfo(db, graphId, 'long')), delayMs: null };
    assert.equal([delayMs, notBefore], [null, null]);
    await work(db, { long: () => 'done' });
    assert.is((await waitForGraph(db, graphId, { timeoutMs: patient(5000) })).jobs['long']!.result, 'done');
  });

  spec.test(
    'given what 0.1.0 wrote, which says only until when, then a job waits as long as that is from when the log took it',
    async () => {
      const db = await open(0);
      const { graphId } = await transactGraph(db, jobGraph({ old: [] }));
      const stream = { graphId, jobId: 'old' };
      const worker = { id: 'w', host: 'h', pid: 1 };
      const failure = { reason: 'system/fault', exception: 'Fault', message: 'later' };
      const notBefore = new Date(Date.now() + 600).toISOString();
      const events = [
        { type: 'JobStarted', data: { attempt: 1, worker, leaseMs: 60_000 } } as const,
        {
          type: 'JobFaulted',
          data: { attempt: 1, cause: 'fault', failure, next: { kind: 'retry', notBefore } },
        } as const,
      ].map((event) => ({ id: systemEnvironment.newId(), event, causationId: null, actor: 'w' }));
      await rightOf(db.log.append([{ ...stream, expectedRevision: -1, events }]));
      const recorded = await rightOf(db.log.readStream(stream));
      assert.equal(
        recorded.map(({ schemaVersion }) => schemaVersion),
        [1, 1],
      );
      const info = await jobInfo(db, graphId, 'old');
      assert.is(info.notBefore, notBefore);
      await work(db, { old: () => 'done' });
      assert.is((await waitForGraph(db, graphId, { timeoutMs: patient(5000) })).status, 'finished');
    },
  );

  spec.test(
    'given a worker that comes later, then it counts what is left of a back-off, and never more than all of it',
    async () => {
      const db = await open(0);
      const first = await work(db, { flaky: () => fault('later', { retryAfterMs: 1500 }) });
      const { graphId } = await transactGraph(db, jobGraph({ flaky: [] }));
      await eventually('it backs off', async () => (await jobInfo(db, graphId, 'flaky')).failure !== null);
      await first.stop();
      // By its clock the fault is hours in the future.
      const beganAt = performance.now();
      await work(await open(-3 * hourMs), { flaky: () => 'done' });
      assert.is((await waitForGraph(db, graphId, { timeoutMs: patient(10_000) })).status, 'finished');
      assert.ok(performance.now() - beganAt < 6000);
      assert.is((await graphInfo(db, graphId)).jobs['flaky']!.attempt, 2);
    },
  );
  spec.run();
}

const timers = describe('timers');

const dayMs = 24 * hourMs;

/** Node's timers on a clock that is moved by hand; as in Node, one beyond 31 bits fires after a millisecond. */
function onNodesTimers(work: (pass: (days: number) => void) => void): void {
  const { setTimeout: realSet, clearTimeout: realClear } = globalThis;
  let now = 0;
  const waiting = new Map<object, { readonly at: number; readonly fire: () => void }>();
  const set = (fire: () => void, ms: number) => {
    const timer = {};
    waiting.set(timer, { at: now + (ms > 2 ** 31 - 1 ? 1 : ms), fire });
    return timer;
  };
  const pass = (days: number) => {
    const until = now + days * dayMs;
    for (;;) {
      const due = [...waiting].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      waiting.delete(due[0]);
      now = due[1].at;
      due[1].fire();
    }
    now = until;
  };
  globalThis.setTimeout = set as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: object) => waiting.delete(timer)) as unknown as typeof clearTimeout;
  performance.now = () => now;
  try {
    work(pass);
  } finally {
    globalThis.setTimeout = realSet;
    globalThis.clearTimeout = realClear;
    delete (performance as { now?: () => number }).now;
  }
}

timers.test('given times beyond what Node counts, then a timer fires when they are over, and not before', () => {
  for (const days of [0, 1, 20, 24.8, 24.9, 25, 30, 49.7, 60, 75, 365, 3650]) {
    onNodesTimers((pass) => {
      let fired = 0;
      afterMs(days * dayMs, () => (fired += 1));
      pass(Math.max(days - 0.01, 0));
      assert.is(fired, days === 0 ? 1 : 0, `${days} days`);
      pass(0.02);
      assert.is(fired, 1, `${days} days`);
      pass(5000);
      assert.is(fired, 1, `${days} days`);
    });
  }
});

timers.test('given a timer that is taken back, also in its second round, then it never fires', () => {
  onNodesTimers((pass) => {
    const fired: number[] = [];
    const cancels = [1, 25, 40, 1000].map((days) => afterMs(days * dayMs, () => fired.push(days)));
    pass(30);
    assert.equal(fired, [1, 25]);
    for (const each of cancels) each();
    pass(5000);
    assert.equal(fired, [1, 25]);
  });
});

timers.test('given a time without end, then a timer waits for ever', () => {
  onNodesTimers((pass) => {
    let fired = 0;
    const cancel = afterMs(Infinity, () => (fired += 1));
    pass(10_000);
    cancel();
    assert.is(fired, 0);
  });
});

timers.test('given a safety net longer than Node counts, then a subscription does not look all the time', async () => {
  for (const safetyNetMs of [2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER]) {
    let looks = 0;
    const readBatch = () => {
      looks += 1;
      return { events: [], upTo: null, hasMore: false };
    };
    const subscription = pollingSubscription({ readBatch, onChange: () => () => {} }, { safetyNetMs });
    const messages = subscription[Symbol.asyncIterator]();
    assert.is((await messages.next()).value?.kind, 'caughtUp');
    const next = messages.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(looks, 1);
    subscription.close();
    assert.is((await next).done, true);
  }
});

timers.test('given a worker’s timers, when it has stopped, then none is left', () => {
  const set: (() => void)[] = [];
  let left = 0;
  const counting: Environment = {
    ...systemEnvironment,
    setTimer: (_, callback) => {
      left += 1;
      set.push(callback);
      return () => void (left -= 1);
    },
  };
  const own = new OwnTimers(counting);
  const cancels = [1, 2, 3].map((ms) => own.setTimer(ms, () => {}));
  cancels[0]!();
  set[1]!();
  own.cancelAll();
  own.cancelAll();
  assert.is(left, 1, 'the one that has fired needs not be taken back');
});

timers.run();
