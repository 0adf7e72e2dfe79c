/** Subscriptions: every event once and in order, whatever the server does to them. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { Position, RecordedEvent } from '../../src/domain/events.js';
import { comparePositions, type EventLog } from '../../src/log/event-log.js';
import { eventually } from '../support/eventually.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { FakeStreams } from './fake-streams.js';
import { type FakeServer, failures } from './fake-server.js';
import { append, appendBeats, beat, carriedBy, jobA, jobB, mustBeIn, numbers, Stage, timed } from './stage.js';

const stage = new Stage();
const positionIn = (position: Position | null) => Number(position?.split('/')[0] ?? -1);

/** Somebody else's event in the same server. */
async function appendForeign(server: FakeServer, count = 1): Promise<void> {
  for (let n = 0; n < count; n++) {
    const data = Buffer.from('{}');
    const event = { id: randomUUID(), type: 'Theirs', isJson: true, data, metadata: data };
    server.streams.append('theirs', 'any', [event]);
  }
}

const drops = describe('a subscription on EventStoreDB that the server ends', { timeoutMs: 20_000 });
drops.afterEach(() => stage.clear());

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
      const server = await stage.server();
      const log = stage.log(server);
      await appendBeats(log, jobA, 1, 5);
      const follower = stage.follow(log, { safetyNetMs: 60_000 });
      for (let round = 1; round <= 3; round++) {
        await eventually('it has all', () => follower.events.length === 5 * round);
        server.subscribers.drop(failure === null ? failures.notLeader('127.0.0.1', server.port) : failure());
        await appendBeats(log, jobA, 5 * round + 1, 5 * round + 5);
      }
      await eventually('it has all', () => follower.events.length >= 20);
      assert.equal(carriedBy(follower.events), numbers(1, 20));
      assert.is(server.begunCalls.subscribe, 4);
      const lastOf = (round: number) => positionIn(follower.events[5 * round - 1]!.position);
      const [, ...again] = server.subscribers.begunBehind;
      again.forEach((begin, index) =>
        assert.ok(begin! >= lastOf(index + 1), 'it begins behind what it has handed over'),
      );
      const isRoutine = failure === failures.tooSlow || reason === 'for no reason it gives';
      assert.is(follower.kinds.includes('interrupted'), !isRoutine);
    },
  );
}

drops.test('given a server that goes away and comes back, then it says so, goes on, and misses nothing', async () => {
  const server = await stage.server();
  const log = stage.log(server);
  await appendBeats(log, jobA, 1, 5);
  const follower = stage.follow(log, { safetyNetMs: 60_000 });
  await eventually('it has all', () => follower.events.length === 5);
  server.stop();
  await eventually('it says so', () => follower.kinds.includes('interrupted'));
  await wait(300);
  const { port, streams } = server;
  const back = await stage.server({ port, streams });
  await appendBeats(stage.log(back, log.namespace), jobA, 6, 10);
  await eventually('it goes on', () => follower.events.length >= 10);
  assert.equal(carriedBy(follower.events), numbers(1, 10));
  await appendBeats(log, jobA, 11, 12);
  await eventually('it goes on', () => follower.events.length >= 12);
  assert.equal(carriedBy(follower.events), numbers(1, 12));
});

drops.test('given no server at first, then it waits for one', async () => {
  const gone = await stage.server();
  gone.stop();
  const log = stage.log(gone);
  const follower = stage.follow(log);
  await eventually('it says so', () => follower.kinds.includes('interrupted'));
  const server = await stage.server({ port: gone.port });
  await appendBeats(stage.log(server, log.namespace), jobA, 1, 3);
  await eventually('it has all', () => follower.events.length >= 3);
  assert.equal(carriedBy(follower.events), [1, 2, 3]);
});

drops.test('given a server that refuses for a while, then it says why each time, and goes on afterwards', async () => {
  const server = await stage.server();
  const log = stage.log(server);
  await appendBeats(log, jobA, 1, 2);
  const follower = stage.follow(log);
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
    const server = await stage.server();
    const log = stage.log(server);
    const writer = stage.log(server, log.namespace);
    const writing = (async () => {
      for (let n = 1; n <= total; n += 20) {
        mustBeIn(await rightOf(writer.append([append(jobA, n - 2, ...numbers(n, n + 19).map((each) => beat(each)))])));
        await appendForeign(server, 3);
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
        // As a consumer does that keeps its place: events one by one, and where the log was looked through to.
        const events = message.kind === 'events' ? message.events.slice(0, left) : [];
        seen.push(...events);
        left -= events.length;
        place = message.kind === 'caughtUp' ? message.upTo : events.at(-1)!.position;
        const ours = server.streams.all.filter(({ stream }) => stream.endsWith('.job-g/a'));
        const upToPlace = ours.filter(({ position }) => position <= positionIn(place));
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
    const server = await stage.server();
    const log = stage.log(server);
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
open.afterEach(() => stage.clear());

async function readSome(log: EventLog, enough: number): Promise<number> {
  let count = 0;
  for await (const message of log.subscribe({ safetyNetMs: 50 })) {
    if (message.kind === 'events') count += message.events.length;
    if (count >= enough) break;
  }
  return count;
}

open.test('given readers that break out of their loops, then nothing stays open on the server', async () => {
  const server = await stage.server();
  const log = stage.log(server);
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
  const server = await stage.server();
  const log = stage.log(server);
  const follower = stage.follow(log, { safetyNetMs: 60_000 });
  await eventually('it is live', () => follower.kinds.includes('caughtUp'));
  assert.is(server.openCalls.subscribe, 1);
  await follower.close();
  await eventually('its call is over', () => server.openCalls.subscribe === 0);
});

open.test(
  'given many subscriptions of one log, when they have ended, then no call is left and nothing is complained of',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    stage.atEnd(() => process.off('warning', listen));
    const followers = numbers(1, 30).map(() => stage.follow(log));
    await eventually('all are live', () => followers.every(({ kinds }) => kinds.includes('caughtUp')));
    for (const follower of followers) await follower.close();
    await eventually('all calls are over', () => server.openCalls.subscribe === 0);
    assert.equal(warnings.map(String), []);
  },
);

open.test(
  'given a server that answers no read any more, when a subscription is closed, then its reading ends at once',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    const early = stage.follow(log, { safetyNetMs: 20 });
    await eventually('it is live', () => early.kinds.includes('caughtUp'));
    let asked = 0;
    server.onRead = () => {
      asked += 1;
      return { silentAfter: 0 };
    };
    // One waits for its look, the other one for its beginning.
    const late = stage.follow(log);
    await appendForeign(server);
    await eventually('both wait', () => asked >= 2);
    for (const follower of [early, late]) {
      const { tookMs } = await timed(() => Promise.race([follower.close(), wait(3000)]));
      assert.ok(tookMs < 1000, 'it ends when it is closed');
    }
  },
);

open.run();

const quiet = describe('a subscription on EventStoreDB that falls silent', { timeoutMs: 20_000 });
quiet.afterEach(() => stage.clear());

quiet.test(
  'given a server that keeps it open and delivers nothing, then events come by looking, and soon by another subscription',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    const follower = stage.follow(log, { safetyNetMs: 50 });
    await eventually('it is live', () => follower.kinds.includes('caughtUp'));
    server.subscribers.areNeglected = true;
    await appendBeats(log, jobA, 1, 2);
    await eventually('the first look', () => follower.events.length === 2);
    assert.is(server.begunCalls.subscribe, 1);
    await appendBeats(log, jobA, 3, 4);
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
  const server = await stage.server();
  const log = stage.log(server);
  const follower = stage.follow(log, { safetyNetMs: 30 });
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
  const server = await stage.server();
  const log = stage.log(server);
  await appendBeats(log, jobA, 1, 2);
  server.subscribers.areNeglected = true;
  const follower = stage.follow(log, { safetyNetMs: 50 });
  await eventually('it is caught up', () => follower.kinds.includes('caughtUp'));
  assert.equal(carriedBy(follower.events), [1, 2]);
});

quiet.run();

const places = describe('the place of a subscription on EventStoreDB', { timeoutMs: 20_000 });
places.afterEach(() => stage.clear());

places.test(
  'given events of others only, then it says again how far it has come, and one that begins there does not read them again',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = stage.follow(log, { safetyNetMs: 30 });
    const place = () => follower.messages.findLast((message) => message.kind === 'caughtUp')?.upTo ?? null;
    await eventually('it is live', () => place() !== null);
    const before = place();
    await appendForeign(server, 100);
    const end = server.streams.all.at(-1)!.position;
    await eventually('it says how far', () => positionIn(place()) === end);
    assert.ok(comparePositions(place()!, before!) > 0);
    assert.equal(carriedBy(follower.events), [1]);
    const count = follower.messages.length;
    await wait(200);
    assert.is(follower.messages.length, count, 'it does not say so when nothing has changed');
    const next = stage.follow(log, { after: place() });
    await appendBeats(log, jobA, 2, 2);
    await eventually('the next one', () => next.events.length > 0);
    assert.equal(carriedBy(next.events), [2]);
    assert.is(server.subscribers.begunBehind.at(-1), end);
  },
);

places.test(
  'given ten thousand events of others in front of ours, with checkpoints of the server between, then ours come and the place is right',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    await appendBeats(log, jobA, 1, 1);
    await appendForeign(server, 25_000);
    await appendBeats(log, jobA, 2, 2);
    const follower = stage.follow(log);
    await eventually('it is live', () => follower.kinds.includes('caughtUp'));
    assert.equal(carriedBy(follower.events), [1, 2]);
    const last = follower.messages.at(-1)!;
    assert.is(last.kind === 'caughtUp' && positionIn(last.upTo), server.streams.all.at(-1)!.position);
  },
);

places.test('given a log of many terabytes, then positions are right to the last byte', async () => {
  const server = await stage.server({ streams: new FakeStreams(9_000_000_000_000_001) });
  const log = stage.log(server);
  await appendBeats(log, jobA, 1, 10);
  const follower = stage.follow(log);
  await eventually('it has all', () => follower.events.length === 10);
  assert.equal(
    follower.events.map(({ position }) => position),
    server.streams.all.slice(1).map(({ position }) => `${position}/${position}`),
  );
  const after = follower.events[4]!.position;
  assert.equal(carriedBy(await rightOf(log.readAll({ after, limit: 99 }))), numbers(6, 10));
  const behind = stage.follow(log, { after });
  await eventually('it has the rest', () => behind.events.length === 5);
  assert.equal(carriedBy(behind.events), numbers(6, 10));
});

// A server begins to deliver behind the first event it finds at or behind the place it is given. It takes that for the
// event of that place, though that may have been scavenged: then it is the next one, and nobody gets it.
places.test(
  'given a place whose event the server has scavenged since, when a subscription begins there, then it misses nothing',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = stage.follow(log, { safetyNetMs: 30 });
    await appendForeign(server);
    const end = server.streams.all.at(-1)!.position;
    const place = () => follower.messages.findLast((message) => message.kind === 'caughtUp')?.upTo ?? null;
    await eventually('its place is that of an event of somebody else', () => positionIn(place()) === end);
    await follower.close();
    await appendBeats(log, jobA, 2, 4);
    await appendForeign(server);
    server.streams.truncate('theirs', 1);
    server.streams.scavenge();
    const next = stage.follow(log, { after: place(), safetyNetMs: 50 });
    await eventually('it is live', () => next.kinds.includes('caughtUp'));
    assert.equal(carriedBy(next.events), [2, 3, 4]);
  },
);

places.run();

const foreign = describe('what other programs write into a namespace on EventStoreDB', { timeoutMs: 20_000 });
foreign.afterEach(() => stage.clear());

foreign.test(
  'malformed JSON, binary data and strange metadata read as unreadable events, and harm nothing',
  async () => {
    const server = await stage.server();
    const log = stage.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = stage.follow(log, { safetyNetMs: 60_000 });
    const write = (type: string, isJson: boolean, data: string | Uint8Array, metadata: string | Uint8Array) =>
      server.streams.append(`${log.namespace}.job-g/a`, 'any', [
        {
          id: randomUUID(),
          type,
          isJson,
          data: Buffer.from(data as string),
          metadata: Buffer.from(metadata as string),
        },
      ]);
    const beatData = JSON.stringify({ attempt: 1, details: 'theirs' });
    write('Heartbeat', true, '{"attempt": 1', '{}');
    write('Heartbeat', false, Uint8Array.of(0, 255, 254, 193), Uint8Array.of(0, 255));
    write('Heartbeat', true, beatData, '');
    write('Heartbeat', true, beatData, '[1]');
    write('Heartbeat', true, beatData, '{"actor": 7, "$causationId": {}, "schemaVersion": "1"}');
    write('Heartbeat', true, beatData, '{"schemaVersion": 99}');
    write('SomethingElse', true, '{}', '{}');
    write('Heartbeat', true, '', '');
    server.streams.append(`${log.namespace}.job-without-a-slash`, 'any', []);
    server.streams.append(`${log.namespace}.other-stream`, -1, [
      { id: randomUUID(), type: 'X', isJson: true, data: Buffer.from('{}'), metadata: Buffer.from('') },
    ]);
    await appendBeats(log, jobB, 2, 2);
    await eventually('all have come', () => follower.events.length === 10);
    const expected = [
      '1',
      'malformed-event',
      'malformed-event',
      'theirs',
      'theirs',
      'theirs',
      'event-from-the-future',
      'unknown-event-type',
      'malformed-event',
      '2',
    ];
    const shown = (events: readonly RecordedEvent[]) =>
      events.map((event) => (event.type === 'Unreadable' ? event.data.problem : String(carriedBy([event])[0])));
    assert.equal(shown(follower.events), expected);
    assert.equal(shown(await rightOf(log.readAll({ limit: 99 }))), expected);
    assert.equal(shown(await rightOf(log.readStream(jobA))), expected.slice(0, -1));
    const theirs = follower.events.slice(3, 6);
    for (const event of theirs)
      assert.equal([event.actor, event.causationId, event.schemaVersion], ['unknown', null, 1]);
    const filtered = await rightOf(log.readAll({ filter: { types: ['SomethingElse'] }, limit: 9 }));
    assert.is(filtered.length, 1);
    await appendBeats(log, jobA, 3, 3);
  },
);

foreign.test('an event of the plain client reads like our own', async () => {
  const server = await stage.server();
  const log = stage.log(server);
  await appendBeats(log, jobA, 1, 1);
  const client = EventStoreDBClient.connectionString(server.address);
  stage.atEnd(() => client.dispose());
  const event = jsonEvent({
    type: 'Heartbeat',
    data: { attempt: 1, details: 'plain' },
    metadata: { actor: 'somebody' },
  });
  await client.appendToStream(`${log.namespace}.job-g/a`, event);
  const [, read] = await rightOf(log.readStream(jobA));
  assert.equal([read!.id, read!.actor, carriedBy([read!])], [event.id, 'somebody', ['plain']]);
});

foreign.run();
