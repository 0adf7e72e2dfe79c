/** The position of a subscription in a log that others write to as well: nothing is missed or misread. */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import type { RecordedEvent } from '../../../src/domain/events.js';
import { comparePositions } from '../../../src/domain/positions.js';
import { eventually } from '../../support/eventually.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { FakeStreams } from './fake-streams.js';
import { appendBeats, appendForeign, carriedBy, jobA, jobB, numbers, offsetOf, EsdbFixture } from './esdb-fixture.js';

const esdb = new EsdbFixture();

const places = describe('the place of a subscription on EventStoreDB', { timeoutMs: 20_000 });
places.afterEach(() => esdb.clear());

places.test(
  'given events of others only, then it says again how far it has come, and one that begins there does not read them again',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = esdb.follow(log, { safetyNetMs: 30 });
    const place = () => follower.messages.findLast((message) => message.kind === 'caughtUp')?.upTo ?? null;
    await eventually('it is live', () => place() !== null);
    const before = place();
    appendForeign(server, 100);
    const end = server.streams.all.at(-1)!.position;
    await eventually('it says how far', () => offsetOf(place()) === end);
    assert.ok(comparePositions(place()!, before!) > 0);
    assert.equal(carriedBy(follower.events), [1]);
    const count = follower.messages.length;
    await wait(200);
    assert.is(follower.messages.length, count, 'it does not say so when nothing has changed');
    const next = esdb.follow(log, { after: place() });
    await appendBeats(log, jobA, 2, 2);
    await eventually('the next one', () => next.events.length > 0);
    assert.equal(carriedBy(next.events), [2]);
    assert.is(server.subscribers.begunBehind.at(-1), end);
  },
);

places.test(
  'given ten thousand events of others in front of ours, with checkpoints of the server between, then ours come and the place is right',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    appendForeign(server, 25_000);
    await appendBeats(log, jobA, 2, 2);
    const follower = esdb.follow(log);
    await eventually('it is live', () => follower.kinds.includes('caughtUp'));
    assert.equal(carriedBy(follower.events), [1, 2]);
    const last = follower.messages.at(-1)!;
    assert.is(last.kind === 'caughtUp' && offsetOf(last.upTo), server.streams.all.at(-1)!.position);
  },
);

places.test('given a log of many terabytes, then positions are right to the last byte', async () => {
  const server = await esdb.server({ streams: new FakeStreams(9_000_000_000_000_001) });
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 10);
  const follower = esdb.follow(log);
  await eventually('it has all', () => follower.events.length === 10);
  assert.equal(
    follower.events.map(({ position }) => position),
    server.streams.all.slice(1).map(({ position }) => `${position}/${position}`),
  );
  const after = follower.events[4]!.position;
  assert.equal(carriedBy(await rightOf(log.readAll({ after, limit: 99 }))), numbers(6, 10));
  const later = esdb.follow(log, { after });
  await eventually('it has the rest', () => later.events.length === 5);
  assert.equal(carriedBy(later.events), numbers(6, 10));
});

// A server begins to deliver after the first event that it finds at or after the given position. If the event at that
// position has been scavenged, the one it finds is the next, and nobody gets that.
places.test(
  'given a place whose event the server has scavenged since, when a subscription begins there, then it misses nothing',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = esdb.follow(log, { safetyNetMs: 30 });
    appendForeign(server);
    const end = server.streams.all.at(-1)!.position;
    const place = () => follower.messages.findLast((message) => message.kind === 'caughtUp')?.upTo ?? null;
    await eventually('its place is that of an event of somebody else', () => offsetOf(place()) === end);
    await follower.close();
    await appendBeats(log, jobA, 2, 4);
    appendForeign(server);
    server.streams.truncate('theirs', 1);
    server.streams.scavenge();
    const next = esdb.follow(log, { after: place(), safetyNetMs: 50 });
    await eventually('it is live', () => next.kinds.includes('caughtUp'));
    assert.equal(carriedBy(next.events), [2, 3, 4]);
  },
);

places.run();

const foreign = describe('what other programs write into a namespace on EventStoreDB', { timeoutMs: 20_000 });
foreign.afterEach(() => esdb.clear());

foreign.test(
  'malformed JSON, binary data and strange metadata read as unreadable events, and harm nothing',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    const follower = esdb.follow(log, { safetyNetMs: 60_000 });
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
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 1);
  const client = EventStoreDBClient.connectionString(server.address);
  esdb.atEnd(() => client.dispose());
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
