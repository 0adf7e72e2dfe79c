/** Subscriptions that read the log: while one delivers nothing, and while the log grows fast. */
import { setTimeout as wait } from 'node:timers/promises';
import type { EventLog } from '../../../src/log/event-log.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { failures } from './fake-server.js';
import {
  append,
  appendBeats,
  beat,
  carriedBy,
  EsdbFixture,
  type Follower,
  jobA,
  mustBeIn,
  numbers,
} from './esdb-fixture.js';

const esdb = new EsdbFixture();

const quiet = describe('a subscription on EventStoreDB that falls silent', { timeoutMs: 20_000 });
quiet.afterEach(() => esdb.clear());

quiet.test(
  'given a server that keeps it open and delivers nothing, then events come by looking, and soon by another subscription',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const follower = esdb.follow(log, { safetyNetMs: 50 });
    await eventually('it is live', () => follower.kinds.includes('caughtUp'));
    server.subscribers.areNeglected = true;
    // One event, which no two looks can find a part of each.
    await appendBeats(log, jobA, 1, 1);
    await eventually('the first look', () => follower.events.length === 1);
    assert.is(server.begunCalls.subscribe, 1);
    await appendBeats(log, jobA, 2, 4);
    await eventually('the second look', () => follower.events.length === 4);
    await eventually('another subscription', () => server.begunCalls.subscribe === 2);
    await eventually('the first one is given up', () => server.openCalls.subscribe === 1);
    server.subscribers.areNeglected = false;
    await appendBeats(log, jobA, 5, 9);
    await eventually('all the rest', () => follower.events.length >= 9);
    assert.equal(carriedBy(follower.events), numbers(1, 9));
    assert.not.ok(follower.kinds.includes('interrupted'));
  },
);

quiet.test('given a subscription that is merely slow to deliver, then it is not given up', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  const follower = esdb.follow(log, { safetyNetMs: 30 });
  await eventually('it is live', () => follower.kinds.includes('caughtUp'));
  for (const n of numbers(1, 5)) {
    server.subscribers.areNeglected = true;
    await appendBeats(log, jobA, 2 * n - 1, 2 * n - 1);
    await eventually('a look', () => follower.events.length === 2 * n - 1);
    server.subscribers.areNeglected = false;
    await appendBeats(log, jobA, 2 * n, 2 * n);
    await eventually('its delivery', () => follower.events.length === 2 * n);
  }
  assert.equal(carriedBy(follower.events), numbers(1, 10));
  assert.is(server.begunCalls.subscribe, 1);
});

quiet.test('given a server that does not even confirm it, then it is caught up by looking all the same', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 2);
  server.subscribers.areNeglected = true;
  const follower = esdb.follow(log, { safetyNetMs: 50 });
  await eventually('it is caught up', () => follower.kinds.includes('caughtUp'));
  assert.equal(carriedBy(follower.events), [1, 2]);
});

quiet.run();

const rushes = describe('a subscription on EventStoreDB while the log grows fast', { timeoutMs: 60_000 });
rushes.afterEach(() => esdb.clear());

/**
 * The clock of a follower, by which events come at 5,000 a second, however fast this machine is; or, once it is calm, ever
 * more slowly.
 */
class RushClock {
  isCalm = false;
  private readonly perMs = 5;
  private calmMs = 0;
  follower: Follower | null = null;

  readonly now = (): number => {
    if (this.isCalm) this.calmMs += 20;
    return (this.follower?.events.length ?? 0) / this.perMs + this.calmMs;
  };
}

/** Appends without a pause, until it is told to stop. Returns how many events there are then. */
function appendOn(log: EventLog): () => Promise<number> {
  let count = 0;
  let isOver = false;
  const appending = (async () => {
    for (; !isOver; count += 50) {
      const beats = numbers(count + 1, count + 50).map((n) => beat(n));
      mustBeIn(await rightOf(log.append([append(jobA, count - 1, ...beats)])));
      await wait(5); // Whoever follows needs a turn too.
    }
  })();
  appending.catch(() => undefined); // Whoever stops it is told.
  return async () => {
    isOver = true;
    await appending;
    return count;
  };
}

/** A log that grows so fast, by its follower's clock, that it is read in place of a subscription. */
async function inRush() {
  const server = await esdb.server();
  const clock = new RushClock();
  const log = esdb.log(server, undefined, { monotonicMs: clock.now });
  const follower = esdb.follow(log, { safetyNetMs: 60_000 });
  clock.follower = follower;
  await eventually('it is live', () => follower.kinds.includes('caughtUp'));
  const appending = appendOn(esdb.log(server, log.namespace));
  await eventually('it is read', () => server.openCalls.subscribe === 0, patienceMs);
  /** Ends the rush. Returns how many events there are. */
  const stop = async () => {
    const total = await appending();
    clock.isCalm = true;
    return total;
  };
  return { server, log, follower, stop };
}

/** Only a guard against waiting for ever. */
const patienceMs = 15_000;

rushes.test(
  'given a rush, then the log is read in place of a subscription, until it is over; all comes once and in order',
  async () => {
    const { server, log, follower, stop } = await inRush();
    const begun = server.begunCalls.subscribe;
    const more = follower.events.length + 1000;
    await eventually('it is read for a while', () => follower.events.length >= more, patienceMs);
    assert.equal([server.begunCalls.subscribe, server.openCalls.subscribe], [begun, 0], 'and not subscribed to');
    const total = await stop();
    await eventually('there is a subscription again', () => server.openCalls.subscribe === 1, patienceMs);
    await appendBeats(log, jobA, total + 1, total + 2);
    await eventually('it has all', () => follower.events.length >= total + 2, patienceMs);
    assert.equal(carriedBy(follower.events), numbers(1, total + 2));
    assert.is(server.begunCalls.subscribe, begun + 1);
    assert.not.ok(follower.kinds.includes('interrupted'));
  },
);

rushes.test('given a long log, when it is caught up with by reading, then it says that it is caught up', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  const beats = numbers(1, 20_000).map((n) => beat(n));
  for (let n = 0; n < beats.length; n += 500) {
    mustBeIn(await rightOf(log.append([append(jobA, n - 1, ...beats.slice(n, n + 500))])));
  }
  const follower = esdb.follow(log, { safetyNetMs: 60_000 });
  await eventually('it is caught up', () => follower.kinds.includes('caughtUp'));
  assert.equal(carriedBy(follower.events), numbers(1, beats.length));
});

rushes.test('given a rush in which reads fail, then it says so, goes on, and misses nothing', async () => {
  const { server, follower, stop } = await inRush();
  server.refusal = failures.accessDenied();
  await eventually('it says so', () => follower.kinds.includes('interrupted'), patienceMs);
  server.refusal = null;
  const total = await stop();
  await eventually('it has all', () => follower.events.length >= total, patienceMs);
  assert.equal(carriedBy(follower.events), numbers(1, total));
});

rushes.test(
  'given a rush and a read that is never answered, when it is closed, then its reading ends at once',
  async () => {
    const { server, follower, stop } = await inRush();
    let asked = 0;
    server.onRead = () => {
      asked += 1;
      return { silentAfter: 0 };
    };
    await eventually('it waits', () => asked > 0, patienceMs);
    // Closing does not wait for the read, which would be given up after a minute only.
    await follower.close();
    assert.not.ok(follower.kinds.includes('interrupted'));
    await stop();
    await eventually('all calls are over', () => server.openCalls.subscribe + server.openCalls.read === 0, patienceMs);
  },
);

rushes.run();
