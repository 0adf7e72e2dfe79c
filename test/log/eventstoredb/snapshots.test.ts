/** Snapshots on EventStoreDB: events in a stream of which the server keeps the end. */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { Position } from '../../../src/domain/events.js';
import type { EventLog } from '../../../src/log/event-log.js';
import { eventually } from '../../support/eventually.js';
import { noServer, serverAddress } from '../../support/eventstoredb.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { failures, type FakeServer } from './fake-server.js';
import { numbers, EsdbFixture } from './esdb-fixture.js';

const esdb = new EsdbFixture();
const chunkBytes = 512 * 1024;
const at = (n: number) => `${1000 + n}/${1000 + n}` as Position;

/** Bytes that tell one snapshot, and one part of it, from another. */
function pattern(seed: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1 + (length >> 10)) bytes[index] = (index + seed) % 251;
  return bytes;
}

async function saved(log: EventLog, name = 'x'): Promise<readonly [Position, Buffer] | null> {
  const snapshot = await rightOf(log.loadSnapshot(name));
  return snapshot === null ? null : [snapshot.position, Buffer.from(snapshot.bytes)];
}

async function mustHold(log: EventLog, n: number, bytes: Buffer): Promise<void> {
  const [position, found] = (await saved(log)) ?? [];
  assert.is(position, at(n));
  assert.ok(found!.equals(bytes), `${found!.length} bytes of ${bytes.length}`);
}

for (const [where, missing] of [
  ['a fake server', null],
  ['EventStoreDB', noServer],
] as const) {
  const spec = describe(`snapshots on ${where}`, { missing, timeoutMs: 20_000 });
  spec.afterEach(() => esdb.clear());

  spec.test('given many saves, then the last is there, the server is told to keep few, and few are left', async () => {
    const server = where === 'a fake server' ? await esdb.server() : { address: serverAddress };
    const log = esdb.log(server);
    for (const n of numbers(1, 40)) {
      await rightOf(log.saveSnapshot('x', { position: at(n), bytes: pattern(n, 100) }));
    }
    await mustHold(log, 40, pattern(40, 100));
    const client = EventStoreDBClient.connectionString(server.address);
    esdb.atEnd(() => client.dispose());
    const stream = `${log.namespace}.snapshot-x`;
    assert.equal((await client.getStreamMetadata(stream)).metadata, { maxCount: 2 });
    let left = 0;
    for await (const { event } of client.readStream(stream)) left += event === undefined ? 0 : 1;
    assert.is(left, 2);
  });

  spec.test(
    'given one that needs several events, then it comes back whole, and so does a smaller one after it',
    async () => {
      const log = esdb.log(where === 'a fake server' ? await esdb.server() : { address: serverAddress });
      for (const [n, length] of [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 5 * chunkBytes + 7, 10].entries()) {
        const bytes = pattern(n, length);
        await rightOf(log.saveSnapshot('x', { position: at(n), bytes }));
        await mustHold(esdb.log({ address: log.address }, log.namespace), n, bytes);
      }
    },
  );

  spec.test(
    'given a stream that was deleted, then saving begins again, by old handles and new ones, and few are left',
    async () => {
      const server = where === 'a fake server' ? await esdb.server() : { address: serverAddress };
      const client = EventStoreDBClient.connectionString(server.address);
      esdb.atEnd(() => client.dispose());
      const old = esdb.log(server);
      const stream = `${old.namespace}.snapshot-x`;
      await rightOf(old.saveSnapshot('x', { position: at(0), bytes: pattern(0, 10) }));
      // The server reports that a stream has begun again a moment before reads show it.
      const holds = (log: EventLog, n: number) =>
        eventually(`it holds ${n}`, async () => (await saved(log))?.[0] === at(n));
      for (const [round, log] of [old, esdb.log(server, old.namespace)].entries()) {
        await client.deleteStream(stream);
        for (const n of numbers(10 * round + 1, 10 * round + 9)) {
          await rightOf(log.saveSnapshot('x', { position: at(n), bytes: pattern(n, 10) }));
          await holds(log, n);
        }
      }
      const fresh = esdb.log(server, old.namespace);
      await rightOf(fresh.saveSnapshot('x', { position: at(30), bytes: pattern(30, 10) }));
      await holds(fresh, 30);
      const left = async () => {
        let count = 0;
        for await (const { event } of client.readStream(stream)) count += event === undefined ? 0 : 1;
        return count;
      };
      await eventually('two are left', async () => (await left()) === 2);
      assert.equal((await saved(fresh))![1], pattern(30, 10));
    },
  );

  spec.run();
}

const trouble = describe('snapshots in trouble on EventStoreDB', { timeoutMs: 20_000 });
trouble.afterEach(() => esdb.clear());

const ofSnapshots = ({ streams }: FakeServer) => streams.all.filter(({ stream }) => /^[^$]+\.snapshot-x$/.test(stream));

trouble.test(
  'given a writer that is cut off in the middle, then the one before is still there, and the next one takes its place',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const bytes = numbers(0, 4).map((n) => pattern(n, 3 * chunkBytes));
    await rightOf(log.saveSnapshot('x', { position: at(0), bytes: bytes[0]! }));
    for (const [n, parts] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const before = ofSnapshots(server).length;
      // Permission is withdrawn just then; such a failure is not tried again.
      server.onAppend = ({ stream }) =>
        stream.endsWith('.snapshot-x') && ofSnapshots(server).length === before + parts
          ? { isWritten: false, answer: 'access denied' }
          : null;
      const result = await log.saveSnapshot('x', { position: at(n), bytes: bytes[n]! })();
      assert.is(result._tag, 'Left');
      assert.is(ofSnapshots(server).length, before + parts);
      await mustHold(log, 0, bytes[0]!);
    }
    server.onAppend = () => null;
    await rightOf(log.saveSnapshot('x', { position: at(3), bytes: bytes[3]! }));
    await mustHold(log, 3, bytes[3]!);
    await rightOf(log.saveSnapshot('x', { position: at(4), bytes: bytes[4]!.subarray(0, 10) }));
    await mustHold(log, 4, bytes[4]!.subarray(0, 10));
  },
);

trouble.test('given two who save at once, then what is there is whole, and one of theirs', async () => {
  const server = await esdb.server();
  const one = esdb.log(server);
  const two = esdb.log(server, one.namespace);
  for (const round of numbers(0, 9)) {
    const ofOne = pattern(2 * round, 3 * chunkBytes);
    const ofTwo = pattern(2 * round + 1, 3 * chunkBytes);
    await Promise.all([
      rightOf(one.saveSnapshot('x', { position: at(2 * round), bytes: ofOne })),
      rightOf(two.saveSnapshot('x', { position: at(2 * round + 1), bytes: ofTwo })),
    ]);
    const [position, bytes] = (await saved(one))!;
    assert.ok(
      (position === at(2 * round) && bytes.equals(ofOne)) || (position === at(2 * round + 1) && bytes.equals(ofTwo)),
      `round ${round}: ${position}, ${bytes.length} bytes`,
    );
  }
});

trouble.test(
  'given the lost answer to a part, then the snapshot is whole in the end, or the one before still is',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const [first, second, third] = numbers(0, 2).map((n) => pattern(n, 3 * chunkBytes)) as [Buffer, Buffer, Buffer];
    await rightOf(log.saveSnapshot('x', { position: at(0), bytes: first }));
    server.failAppends({ isWritten: true, answer: failures.unavailable() });
    const result = await log.saveSnapshot('x', { position: at(1), bytes: second })();
    if (result._tag === 'Right') await mustHold(log, 1, second);
    else await mustHold(log, 0, first);
    await rightOf(log.saveSnapshot('x', { position: at(2), bytes: third }));
    await mustHold(log, 2, third);
  },
);

trouble.test(
  'given somebody who tells the server to keep fewer just then, then a snapshot of several parts is whole all the same',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const theirs = Buffer.from(JSON.stringify({ $maxCount: 2 }));
    server.onAppend = ({ stream }) => {
      if (!stream.startsWith('$$')) return null;
      server.onAppend = () => null;
      const event = { id: randomUUID(), type: '$metadata', isJson: true, data: theirs, metadata: Buffer.from('') };
      server.streams.append(stream, 'any', [event]);
      return null;
    };
    const bytes = pattern(1, 4 * chunkBytes);
    await rightOf(log.saveSnapshot('x', { position: at(1), bytes }));
    await mustHold(log, 1, bytes);
  },
);

trouble.test('given what somebody else has told the server about the stream, then that is left as it is', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  const client = EventStoreDBClient.connectionString(server.address);
  esdb.atEnd(() => client.dispose());
  const stream = `${log.namespace}.snapshot-x`;
  await client.setStreamMetadata(stream, { maxAge: 3600, theirs: 'kept' });
  await rightOf(log.saveSnapshot('x', { position: at(1), bytes: pattern(1, 10) }));
  assert.equal((await client.getStreamMetadata(stream)).metadata, { maxAge: 3600, theirs: 'kept', maxCount: 2 });
});

const garbage = {
  'no JSON': ['nonsense', 'nonsense'],
  'nothing at all': ['', ''],
  'other metadata': ['{}', '{"position": 5, "chunk": "0", "chunks": null}'],
  'a list': ['[]', '[]'],
} as const;

for (const [what, [data, metadata]] of Object.entries(garbage)) {
  trouble.test(
    `given an event of somebody else in the stream, with ${what}, then it is passed over, and saving goes on`,
    async () => {
      const server = await esdb.server();
      const log = esdb.log(server);
      const spoil = () =>
        server.streams.append(`${log.namespace}.snapshot-x`, 'any', [
          { id: randomUUID(), type: 'Theirs', isJson: true, data: Buffer.from(data), metadata: Buffer.from(metadata) },
        ]);
      spoil();
      assert.is(await saved(log), null);
      await rightOf(log.saveSnapshot('x', { position: at(1), bytes: Buffer.from('one') }));
      await mustHold(log, 1, Buffer.from('one'));
      spoil();
      await mustHold(log, 1, Buffer.from('one'));
      await rightOf(log.saveSnapshot('x', { position: at(2), bytes: Buffer.from('two') }));
      await mustHold(log, 2, Buffer.from('two'));
    },
  );
}

trouble.test(
  'given a snapshot stream that was deleted, or tombstoned, then there is none, and nothing fails for it',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    for (const name of ['x', 'y']) {
      await rightOf(log.saveSnapshot(name, { position: at(1), bytes: Buffer.from('one') }));
    }
    server.streams.delete(`${log.namespace}.snapshot-x`);
    server.streams.tombstone(`${log.namespace}.snapshot-y`);
    const fresh = esdb.log(server, log.namespace);
    assert.is(await saved(fresh, 'x'), null);
    assert.is(await saved(fresh, 'y'), null, 'a snapshot is a cache: losing it costs time, never facts');
    await rightOf(fresh.saveSnapshot('x', { position: at(2), bytes: Buffer.from('two') }));
    await mustHold(fresh, 2, Buffer.from('two'));
  },
);

trouble.test('given a server whose clock is an hour ahead, then snapshots are saved: no deadline is sent', async () => {
  const server = await esdb.server();
  server.streams.clockAheadMs = 3_600_000;
  const log = esdb.log(server);
  await rightOf(log.saveSnapshot('x', { position: at(1), bytes: Buffer.from('one') }));
  await mustHold(log, 1, Buffer.from('one'));
  assert.ok(server.received.every(({ hasDeadline }) => !hasDeadline));
});

trouble.test(
  'given a server that answers nothing, when a snapshot is saved, then that ends in good time, one way or another',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    server.failAppends({ isWritten: true, answer: 'none' });
    let isOver = false;
    void log
      .saveSnapshot('x', { position: at(1), bytes: Buffer.from('one') })()
      .then(() => (isOver = true));
    await eventually('it is over', () => isOver, 9000);
    await rightOf(log.saveSnapshot('x', { position: at(2), bytes: Buffer.from('two') }));
    await mustHold(log, 2, Buffer.from('two'));
  },
);

trouble.run();
