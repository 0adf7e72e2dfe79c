// takes: 9s
/** Subscriptions: every event once and in order, whatever the server does to them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Position, RecordedEvent } from '../../../src/domain/events.js';
import type { EventLog } from '../../../src/log/event-log.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { type FakeServer, failures } from './fake-server.js';
import {
  append,
  appendBeats,
  appendForeign,
  beat,
  carriedBy,
  graphG,
  jobA,
  jobB,
  mustBeIn,
  numbers,
  offsetOf,
  EsdbFixture,
  submitted,
  timed,
} from './esdb-fixture.js';

const esdb = new EsdbFixture();

/** Puts a heartbeat into the server without a call of any client. */
function appendBeatTo(server: FakeServer, stream: string, n: number): void {
  const data = Buffer.from(JSON.stringify({ attempt: 1, details: n }));
  const event = { id: randomUUID(), type: 'Heartbeat', isJson: true, data, metadata: Buffer.from('{}') };
  server.streams.append(stream, 'any', [event]);
}

const drops = describe('a subscription on EventStoreDB that the server ends', { timeoutMs: 20_000 });
drops.afterEach(() => esdb.clear());

const reasons = {
  'its reader being too slow': failures.tooSlow,
  'being shut down': failures.unavailable,
  'cancelling it': failures.cancelled,
  'not being the leader any more': null,
  'for no reason it gives': () => null,
} as const;

for (const [reason, failure] of Object.entries(reasons)) {
  drops.test(
    `given a server that ends it three times, ${reason}, then none is missing and none comes twice`,
    async () => {
      const server = await esdb.server();
      const log = esdb.log(server);
      await appendBeats(log, jobA, 1, 5);
      const follower = esdb.follow(log, { safetyNetMs: 60_000 });
      for (let round = 1; round <= 3; round++) {
        await eventually('it has all', () => follower.events.length === 5 * round);
        server.subscribers.drop(failure === null ? failures.notLeader('127.0.0.1', server.port) : failure());
        await appendBeats(log, jobA, 5 * round + 1, 5 * round + 5);
      }
      await eventually('it has all', () => follower.events.length >= 20);
      assert.equal(carriedBy(follower.events), numbers(1, 20));
      assert.is(server.begunCalls.subscribe, 4);
      const lastOf = (round: number) => offsetOf(follower.events[5 * round - 1]!.position);
      const [, ...again] = server.subscribers.begunBehind;
      again.forEach((begin, index) =>
        assert.ok(begin! >= lastOf(index + 1), 'it begins after what it has handed over'),
      );
      const isRoutine = failure === failures.tooSlow || reason === 'for no reason it gives';
      assert.is(follower.kinds.includes('interrupted'), !isRoutine);
    },
  );
}

drops.test('given a server that goes away and comes back, then it says so, goes on, and misses nothing', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 5);
  const follower = esdb.follow(log, { safetyNetMs: 60_000 });
  await eventually('it has all', () => follower.events.length === 5);
  server.stop();
  await eventually('it says so', () => follower.kinds.includes('interrupted'));
  await wait(300);
  const { port, streams } = server;
  const back = await esdb.server({ port, streams });
  await appendBeats(esdb.log(back, log.namespace), jobA, 6, 10);
  await eventually('it goes on', () => follower.events.length >= 10);
  assert.equal(carriedBy(follower.events), numbers(1, 10));
  await appendBeats(log, jobA, 11, 12);
  await eventually('it goes on', () => follower.events.length >= 12);
  assert.equal(carriedBy(follower.events), numbers(1, 12));
});

drops.test(
  'given a graph whose jobs go on while it is read, when it is followed from its last event, then none is missing',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    mustBeIn(await rightOf(log.append([append(graphG, -1, submitted('a', 'b'))])));
    await appendBeats(log, jobA, 1, 2);
    await appendBeats(log, jobB, 1, 2);
    appendForeign(server, 2000); // So that it is less to read job by job.
    const jobsRead: string[] = [];
    server.onRead = (stream) => {
      if (stream?.includes('.job-') !== true) return null;
      jobsRead.push(stream);
      // The first has been read when both go on.
      if (jobsRead.length === 2) for (const name of jobsRead) appendBeatTo(server, name, 3);
      return null;
    };
    const events = await rightOf(log.readGraph('g'));
    server.onRead = () => null;
    assert.is(jobsRead.length, 2);
    const follower = esdb.follow(log, { after: events.at(-1)!.position, filter: { graphId: 'g' } });
    await eventually('it has all', () => events.length + follower.events.length >= 7);
    const all = [...events, ...follower.events].filter(({ jobId }) => jobId !== null);
    for (const jobId of ['a', 'b']) assert.equal(carriedBy(all.filter((event) => event.jobId === jobId)), [1, 2, 3]);
  },
);

drops.test('given no server at first, then it waits for one', async () => {
  const gone = await esdb.server();
  gone.stop();
  const log = esdb.log(gone);
  const follower = esdb.follow(log);
  await eventually('it says so', () => follower.kinds.includes('interrupted'));
  const server = await esdb.server({ port: gone.port });
  await appendBeats(esdb.log(server, log.namespace), jobA, 1, 3);
  await eventually('it has all', () => follower.events.length >= 3);
  assert.equal(carriedBy(follower.events), [1, 2, 3]);
});

drops.test('given a server that refuses for a while, then it says why each time, and goes on afterwards', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 2);
  const follower = esdb.follow(log);
  await eventually('it has all', () => follower.events.length === 2);
  server.refusal = failures.accessDenied();
  server.subscribers.drop(server.refusal);
  await eventually('it says so twice', () => follower.kinds.filter((kind) => kind === 'interrupted').length >= 2);
  server.refusal = null;
  await appendBeats(log, jobA, 3, 4);
  await eventually('it goes on', () => follower.events.length >= 4);
  assert.equal(carriedBy(follower.events), [1, 2, 3, 4]);
  for (const message of follower.messages) {
    if (message.kind === 'interrupted') assert.is(message.error.code, 'store-access-denied');
  }
});

drops.test(
  'given a slow reader that is dropped again and again, when it stops in the middle, then what it would keep as its place is never ahead of what it was given',
  async () => {
    const total = 3000;
    const server = await esdb.server();
    const log = esdb.log(server);
    const writer = esdb.log(server, log.namespace);
    const writing = (async () => {
      for (let n = 1; n <= total; n += 20) {
        mustBeIn(await rightOf(writer.append([append(jobA, n - 2, ...numbers(n, n + 19).map((each) => beat(each)))])));
        appendForeign(server, 3);
        if (n % 500 === 1) server.subscribers.drop(failures.tooSlow());
      }
    })();
    const seen: RecordedEvent[] = [];
    let place: Position | null = null;
    while (seen.length < total) {
      const subscription = log.subscribe({ after: place, safetyNetMs: 20 });
      let left = 400;
      for await (const message of subscription) {
        if (message.kind === 'interrupted') continue;
        // As a consumer does that keeps its position: event by event, and after each look through the log.
        const events = message.kind === 'events' ? message.events.slice(0, left) : [];
        seen.push(...events);
        left -= events.length;
        place = message.kind === 'caughtUp' ? message.upTo : events.at(-1)!.position;
        const ours = server.streams.all.filter(({ stream }) => stream.endsWith('.job-g/a'));
        const upToPlace = ours.filter(({ position }) => position <= offsetOf(place));
        assert.ok(upToPlace.length <= seen.length, `its place is ahead: ${upToPlace.length} for ${seen.length} events`);
        if (left === 0 || seen.length === total) break;
        await wait(1);
      }
      subscription.close();
    }
    await writing;
    assert.equal(carriedBy(seen), numbers(1, total));
  },
);

drops.test(
  'given a reader that stops in the middle of a long log, then the server is made to wait, and nothing is lost',
  async () => {
    const total = 12_000;
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 0, 0);
    for (let n = 1; n < total; n++) {
      const data = Buffer.from(JSON.stringify({ attempt: 1, details: n, text: 'x'.repeat(500) }));
      const event = { id: randomUUID(), type: 'Heartbeat', isJson: true, data, metadata: Buffer.from('{}') };
      server.streams.append(`${log.namespace}.job-g/a`, 'any', [event]);
    }
    const seen: RecordedEvent[] = [];
    for await (const message of log.subscribe({ safetyNetMs: 60_000 })) {
      if (message.kind !== 'events') continue;
      if (seen.length === 0) {
        for (let before = -1; before < server.subscribers.delivered; await wait(200))
          before = server.subscribers.delivered;
        assert.ok(server.subscribers.delivered < total - 1000, `${server.subscribers.delivered} have been sent`);
      }
      seen.push(...message.events);
      if (seen.length >= total) break;
    }
    assert.equal(carriedBy(seen), numbers(0, total - 1));
  },
);

drops.run();

const open = describe('the calls of a subscription on EventStoreDB', { timeoutMs: 20_000 });
open.afterEach(() => esdb.clear());

async function readSome(log: EventLog, enough: number): Promise<number> {
  let count = 0;
  for await (const message of log.subscribe({ safetyNetMs: 50 })) {
    if (message.kind === 'events') count += message.events.length;
    if (count >= enough) break;
  }
  return count;
}

open.test('given readers that break out of their loops, then nothing stays open on the server', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  const large = 'x'.repeat(4000);
  for (let revision = -1; revision < 4999; revision += 100) {
    mustBeIn(await rightOf(log.append([append(jobA, revision, ...numbers(1, 100).map(() => beat(large)))])));
  }
  assert.ok((await readSome(log, 1)) < 5000, 'the rest is not read');
  await readSome(log, 5000);
  assert.is((await rightOf(log.readAll({ limit: 3 }))).length, 3);
  assert.is((await rightOf(log.readStream(jobA, { to: 0 }))).length, 1);
  await eventually('all calls are over', () => server.openCalls.subscribe + server.openCalls.read === 0);
});

open.test('given a subscription that is closed by somebody else, then its call is over as well', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  const follower = esdb.follow(log, { safetyNetMs: 60_000 });
  await eventually('it is live', () => follower.kinds.includes('caughtUp'));
  assert.is(server.openCalls.subscribe, 1);
  await follower.close();
  await eventually('its call is over', () => server.openCalls.subscribe === 0);
});

open.test(
  'given many subscriptions of one log, when they have ended, then no call is left and nothing is complained of',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    esdb.atEnd(() => process.off('warning', listen));
    const followers = numbers(1, 30).map(() => esdb.follow(log));
    await eventually('all are live', () => followers.every(({ kinds }) => kinds.includes('caughtUp')));
    for (const follower of followers) await follower.close();
    await eventually('all calls are over', () => server.openCalls.subscribe === 0);
    assert.equal(warnings.map(String), []);
  },
);

open.test(
  'given a server that answers no read any more, when a subscription is closed, then its reading ends at once',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const early = esdb.follow(log, { safetyNetMs: 20 });
    await eventually('it is live', () => early.kinds.includes('caughtUp'));
    let asked = 0;
    server.onRead = () => {
      asked += 1;
      return { silentAfter: 0 };
    };
    // One waits for its periodic look, the other one for its first read.
    const late = esdb.follow(log);
    appendForeign(server);
    await eventually('both wait', () => asked >= 2);
    for (const follower of [early, late]) {
      const { tookMs } = await timed(() => Promise.race([follower.close(), wait(3000)]));
      assert.ok(tookMs < 1000, 'it ends when it is closed');
    }
  },
);

open.run();
