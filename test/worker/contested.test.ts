/** Claims that another writer has overtaken, and jobs that only look as if they could be claimed. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent, RecordedEvent } from '../../src/domain/events.js';
import type { Append, EventLog } from '../../src/log/event-log.js';
import { type Store, waitForGraph } from '../../src/index.js';
import { LiveProjection } from '../../src/domain/live-projection.js';
import { E } from '../../src/prelude/fp.js';
import { Claims } from '../../src/worker/claims.js';
import { silentLogger } from '../../src/worker/logger.js';
import { OwnTimers } from '../../src/worker/own-timers.js';
import { Outbox } from '../../src/worker/outbox.js';
import { ReadyQueue } from '../../src/worker/ready-queue.js';
import type { RetryingLog } from '../../src/worker/retrying-log.js';
import { emptyStatistics } from '../../src/worker/worker.js';
import { Slots } from '../../src/worker/slots.js';
import { finished, graphAborted, graphReset, heartbeat, Recorder, started, submitted } from '../support/given.js';
import { ManualEnvironment } from '../support/manual-environment.js';
import { appended, overtakeOnce } from '../support/overtaking.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';
import { many, WorkerFixture } from './worker-fixture.js';

function request(jobId: string | null, expectedRevision: number, ...events: readonly DomainEvent[]): Append {
  const made = events.map((event) => ({ id: randomUUID(), event, causationId: null, actor: 'the old owner' }));
  return { graphId: 'g', jobId, expectedRevision, events: made };
}

const isClaim = ({ events }: Append) => events.some(({ event }) => event.type === 'JobStarted');

/** A job that its graph's abort and retry have made ready while its old owner, whom nobody has told, still runs it. */
async function interrupted({ log }: Store): Promise<void> {
  await appended(log, request('a', -1, started(1, 'the old owner')));
  await appended(log, request(null, 0, graphAborted));
  await appended(log, request(null, 1, graphReset));
}

for (const engine of engines) {
  const spec = describe(`contested jobs on ${engine}`, { timeoutMs: 30_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);

  spec.test(
    'given a claim overtaken by an event that leaves the job ready, then the job is offered again, and runs',
    async () => {
      await fixture.submit({ a: { type: 't' } });
      await interrupted(fixture.db);
      const overtaken = overtakeOnce(fixture.db, isClaim, (log) => appended(log, request('a', 0, heartbeat())));
      const worker = await fixture.begin({ t: () => 'done' });
      const done = await waitForGraph(fixture.db, 'g', { timeoutMs: 10_000 });
      assert.equal([done.status, done.jobs['a']!.attempt, overtaken.hasHappened], ['finished', 2, true]);
      assert.equal([worker.statistics.claims, worker.statistics.claimsLost], [2, 1]);
    },
  );

  spec.test('given a claim overtaken by another worker’s whole run, then its slot is free for other jobs', async () => {
    await fixture.submit({ a: { type: 't' }, b: { type: 't', after: ['a'] } });
    overtakeOnce(fixture.db, isClaim, async (log) => {
      await appended(log, request('a', -1, started(1, 'other')));
      await appended(log, request('a', 0, finished()));
    });
    const worker = await fixture.begin({ t: () => 'done' });
    const done = await waitForGraph(fixture.db, 'g', { timeoutMs: 10_000 });
    assert.equal([done.status, worker.statistics.claimsLost], ['finished', 1]);
  });

  spec.test(
    'given a long log of jobs that ended long ago, when a worker starts, then it claims none of them',
    async () => {
      const { db } = fixture;
      const ids = Object.keys(many(1500, {}));
      await fixture.submit(many(1500, { type: 't' }));
      for (let from = 0; from < ids.length; from += 500) {
        const batch = ids.slice(from, from + 500);
        await rightOf(db.log.append(batch.map((id) => request(id, -1, started(1, 'other'), finished()))));
      }
      await fixture.submit({ last: { type: 't' } }, 'h');
      // It reads all of it, event by event.
      const without = { graphsAfter: undefined, claimantsAfter: undefined };
      (db as { log: EventLog }).log = { ...db.log, ...without } as unknown as EventLog;
      const worker = await fixture.begin({ t: () => 'done' }, { concurrency: 10 });
      await waitForGraph(db, 'h', { timeoutMs: 20_000 });
      assert.equal([worker.statistics.claims, worker.statistics.claimsLost], [1, 0]);
    },
  );

  spec.run();
}

const order = describe('an overtaken claim, and the event that overtook it');

/** The claims of a worker on an interrupted job, and the heartbeat of its old owner, which the worker may see or not. */
async function overtakenClaim(beforeAnswer: (see: () => void) => void) {
  const environment = new ManualEnvironment();
  const queue = new ReadyQueue({
    workerId: 'me',
    ownSlots: 1,
    environment,
    handles: () => true,
    isOwn: () => false,
    isLive: () => true,
    onOffer: () => {},
    runningBy: () => 0,
    admits: () => true,
    onUnready: () => {},
  });
  const projection = new LiveProjection(queue);
  const recorder = new Recorder();
  const told: RecordedEvent[] = [];
  const see = (jobId: string | null, event: DomainEvent) => {
    const recorded = recorder.record({ graphId: 'g', jobId }, event);
    told.push(recorded);
    projection.apply(recorded);
  };
  see(null, submitted({ a: [] }));
  see('a', started(1, 'the old owner'));
  see(null, graphAborted);
  see(null, graphReset);
  projection.restore('g', told);
  const append = () => {
    beforeAnswer(() => see('a', heartbeat()));
    return Promise.resolve(E.right([{ appended: false, actualRevision: 1 } as const]));
  };
  const log: RetryingLog = { append, read: (read) => read };
  const worker = { id: 'me', host: 'here', pid: 1 };
  const claims = new Claims({
    worker,
    leaseMs: 1000,
    holding: { outbox: new Outbox(log, () => {}), environment, worker },
    queue,
    projection,
    slots: new Slots(1, () => Infinity),
    log,
    environment: new OwnTimers(environment),
    logger: silentLogger,
    statistics: emptyStatistics(),
    eventLog: (await freshStore('memory')).log,
    hold: () => {},
    run: () => {},
    onUnwritable: () => {},
    onDecided: () => {},
    underWay: () => {},
  });
  return { claims, see: () => see('a', heartbeat()) };
}

order.test('given an event that comes before the answer, then the job is offered again with the answer', async () => {
  const { claims } = await overtakenClaim((see) => see());
  assert.is.not(await claims.claimReady(), null);
  assert.is.not(claims.claimReady(), null);
});

order.test('given an event that comes after the answer, then the job is offered again with the event', async () => {
  const { claims, see } = await overtakenClaim(() => {});
  assert.is.not(await claims.claimReady(), null);
  claims.offerContested();
  assert.is(claims.claimReady(), null, 'it would be refused again');
  see();
  claims.offerContested();
  assert.is.not(claims.claimReady(), null);
});

order.run();
