// takes: 13s
/** What a user is told when EventStoreDB cannot be reached or refuses, and what is tried again. */
import { createServer, type Server, type Socket } from 'node:net';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { Position } from '../../../src/domain/events.js';
import { graphInfo, jobGraph, transactGraph } from '../../../src/index.js';
import { type EventLog, LogError, type LogErrorCode } from '../../../src/log/event-log.js';
import type { TaskEither } from '../../../src/prelude/fp.js';
import { eventually } from '../../support/eventually.js';
import { noServer, serverAddress } from '../../support/eventstoredb.js';
import { left, leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { failures } from './fake-server.js';
import { append, appendBeats, beat, carriedBy, jobA, mustBeIn, numbers, EsdbFixture, timed } from './esdb-fixture.js';

const esdb = new EsdbFixture();
const { EVENTSTORE_SECURE_URL } = process.env;
const secureAddress = EVENTSTORE_SECURE_URL ?? '';
const noSecureServer =
  EVENTSTORE_SECURE_URL === undefined
    ? 'EVENTSTORE_SECURE_URL is not set to the address of an EventStoreDB with TLS, by its admin'
    : null;

async function refusal(work: TaskEither<LogError, unknown>, code: LogErrorCode, isTransient: boolean): Promise<string> {
  const error = await leftOf(work);
  assert.ok(error instanceof LogError);
  assert.equal([error.code, error.isTransient], [code, isTransient], error.message);
  return error.message;
}

/** Everything that only reads. */
const reads = (log: EventLog): readonly TaskEither<LogError, unknown>[] => [
  log.install(),
  log.readStream(jobA),
  log.readGraph('g'),
  log.readAll({ limit: 1 }),
  log.readAll({ limit: 1, direction: 'backwards' }),
  log.positionAt(0),
  log.loadSnapshot('x'),
  log.describe!(),
];

const unreachable = describe('an EventStoreDB that cannot be reached', { timeoutMs: 15_000 });
unreachable.afterEach(() => esdb.clear());

unreachable.test('nothing listens there: reads say so at once, and whether it is running', async () => {
  const log = esdb.log({ address: 'esdb://127.0.0.1:1?tls=false' });
  for (const read of reads(log)) {
    const { tookMs, value } = await timed(() => refusal(read, 'store-unavailable', true));
    assert.match(
      value,
      /the store esdb:\/\/127.0.0.1:1\?tls=false cannot be reached: .*ECONNREFUSED.* \(is it running\?\)/,
    );
    assert.ok(tookMs < 3000, `it took ${tookMs} ms`);
  }
});

unreachable.test('nothing listens there: an append says that it may be tried again', async () => {
  const log = esdb.log({ address: 'esdb://127.0.0.1:1?tls=false' });
  const error = await leftOf(log.append([append(jobA, -1, beat(1))]));
  assert.equal([error.code, error.isTransient, error.outcomeUnknown], ['store-unavailable', true, true]);
});

unreachable.test('a cluster of which no node answers: it says so', async () => {
  const log = esdb.log({ address: 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=2' });
  assert.match(await refusal(log.install(), 'store-unavailable', true), /none of its nodes says who is in its cluster/);
});

unreachable.test('a host whose name is unknown: it says so', async () => {
  const log = esdb.log({ address: 'esdb://no-such-host.invalid?tls=false' });
  assert.match(
    await refusal(log.install(), 'store-unavailable', true),
    /no-such-host\.invalid.* cannot be reached: .*resol/i,
  );
});

unreachable.test('it goes away and comes back: what failed works again, with the same handle', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 2);
  server.stop();
  await refusal(log.readStream(jobA), 'store-unavailable', true);
  await esdb.server({ port: server.port, streams: server.streams });
  await appendBeats(log, jobA, 3, 4);
  assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2, 3, 4]);
});

/** A server that takes connections and says nothing. */
async function blackHole(): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  esdb.atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

for (const [what, form] of [
  ['a server', (port: number) => `esdb://127.0.0.1:${port}?tls=false`],
  [
    'a cluster',
    (port: number) => `esdb://127.0.0.1:${port},localhost:${port}?tls=false&gossipTimeout=1&maxDiscoverAttempts=2`,
  ],
] as const) {
  unreachable.test(`${what} that takes connections and says nothing: closing does not wait for it`, async () => {
    const log = esdb.log({ address: form(await blackHole()) });
    const calls = [log.readAll({ limit: 1 })(), log.append([append(jobA, -1, beat(1))])()];
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { tookMs } = await timed(() =>
      Promise.race([log.close(), new Promise((resolve) => setTimeout(resolve, 6000))]),
    );
    assert.ok(tookMs < 2000, `closing took ${Math.round(tookMs)} ms`);
    for (const call of calls) assert.is(left(await call).code, 'store-closed');
  });
}

unreachable.run();

const refusing = describe('an EventStoreDB that refuses', { timeoutMs: 20_000 });
refusing.afterEach(() => esdb.clear());

refusing.test('wrong credentials: it says so, and it is not tried again', async () => {
  const server = await esdb.server();
  server.refusal = failures.unauthenticated();
  const log = esdb.log(server);
  for (const read of reads(log)) {
    assert.match(await refusal(read, 'store-credentials-wrong', false), /refuses the user name or password/);
  }
  await refusal(log.append([append(jobA, -1, beat(1))]), 'store-credentials-wrong', false);
});

refusing.test('no permission: it says what a worker needs, and it is not tried again', async () => {
  const server = await esdb.server();
  server.refusal = failures.accessDenied();
  const log = esdb.log(server);
  for (const read of reads(log)) {
    assert.match(await refusal(read, 'store-access-denied', false), /a worker reads \$all, and reads and appends/);
  }
  await refusal(log.append([append(jobA, -1, beat(1))]), 'store-access-denied', false);
});

refusing.test('a position where nothing stands: it says so, and it is not tried again', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 1);
  server.onRead = (stream) => (stream === null ? failures.noSuchPosition() : null);
  await refusal(log.readAll({ after: '5/5' as Position, limit: 1 }), 'position-invalid', false);
});

const onServer = 'a position where nothing stands, on a real server: the same';
if (noServer === null) {
  refusing.test(onServer, async () => {
    const log = esdb.log({ address: serverAddress });
    await refusal(log.readAll({ after: '5/5' as Position, limit: 1 }), 'position-invalid', false);
  });
} else refusing.skip(onServer, noServer);

refusing.test('no answer to a read: it says so after a while, and it may be tried again', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 3);
  server.onRead = () => ({ silentAfter: 1 });
  const { tookMs, value } = await timed(() => refusal(log.readStream(jobA), 'store-unavailable', true));
  assert.match(value, /the server has not answered a read for \d+ s/);
  assert.ok(tookMs < 9000, `it took ${Math.round(tookMs)} ms`);
  server.onRead = () => null;
  assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2, 3]);
});

refusing.test('a refusal that is taken back is forgotten', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  for (const failure of [failures.accessDenied(), failures.unauthenticated(), failures.unavailable()]) {
    server.refusal = failure;
    assert.is((await log.install()())._tag, 'Left');
    server.refusal = null;
    await rightOf(log.install());
  }
  await appendBeats(log, jobA, 1, 1);
});

for (const [version, isFine] of [
  ['22.10.0', true],
  ['23.10.7', true],
  ['24.2.0', true],
  ['22.6.3', false],
  ['21.10.9', false],
  ['unknown', false],
] as const) {
  refusing.test(
    `version ${version}: ${isFine ? 'it is installed on' : 'installing says which one it takes'}`,
    async () => {
      const log = esdb.log(await esdb.server({ version }));
      if (isFine) {
        await rightOf(log.install());
        assert.is((await rightOf(log.describe!()))['server'], `EventStoreDB ${version}`);
      } else {
        const message = await refusal(log.install(), 'store-server-too-old', false);
        assert.ok(message.includes(`is of version ${version}; this engine needs 22.10 or newer`), message);
      }
    },
  );
}

refusing.test('a user without TLS: its password is not sent, and the facts do not claim that it is', async () => {
  const server = await esdb.server();
  const log = esdb.log({ address: server.address.replace('esdb://', 'esdb://admin:changeit@') });
  await appendBeats(log, jobA, 1, 1);
  const facts = await rightOf(log.describe!());
  assert.is(facts['isSecure'], false);
  assert.is.not(facts['user'], 'admin');
});

refusing.run();

const tls = describe('TLS to EventStoreDB', { timeoutMs: 20_000 });
tls.afterEach(() => esdb.clear());

tls.test('a server without it: the address is to say tls=false', async () => {
  const { port } = await esdb.server();
  const log = esdb.log({ address: `esdb://localhost:${port}` });
  for (const read of reads(log)) {
    assert.match(
      await refusal(read, 'store-unavailable', true),
      /it answers without TLS; .* add tls=false to the address/,
    );
  }
});

tls.run();

const secure = describe('an EventStoreDB with TLS and users', { missing: noSecureServer, timeoutMs: 20_000 });
secure.afterEach(() => esdb.clear());

const secureAs = (login: string) => secureAddress.replace(/\/\/[^@]*@/, `//${login}@`);

secure.test('with authority and user it works, and its facts say so', async () => {
  const log = esdb.log({ address: secureAddress });
  await rightOf(log.install());
  await appendBeats(log, jobA, 1, 3);
  assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2, 3]);
  const follower = esdb.follow(log);
  await eventually('it is live', () => follower.events.length === 3);
  const { position } = follower.events[0]!;
  await rightOf(log.saveSnapshot('x', { position, bytes: Buffer.from('s') }));
  assert.is((await rightOf(log.loadSnapshot('x')))!.position, position);
  const { isSecure, user } = await rightOf(log.describe!());
  assert.equal([isSecure, user], [true, 'admin']);
  assert.not.match(log.address, /changeit/);
});

secure.test('without its authority: the address is to name it', async () => {
  const log = esdb.log({ address: secureAddress.replace(/&?tlsCaFile=[^&]*/, '') });
  assert.match(await refusal(log.install(), 'store-unavailable', true), /certificate.*tlsCaFile=FILE in the address/);
});

secure.test('without TLS: it cannot be reached', async () => {
  const log = esdb.log({ address: secureAddress.replace(/\?.*/, '?tls=false') });
  await refusal(log.install(), 'store-unavailable', true);
});

for (const login of ['admin:wrong', 'nobody:changeit']) {
  secure.test(`as ${login}: it refuses the user name or password`, async () => {
    const log = esdb.log({ address: secureAs(login) });
    const follower = esdb.follow(log);
    for (const read of reads(log)) await refusal(read, 'store-credentials-wrong', false);
    await refusal(log.append([append(jobA, -1, beat(1))]), 'store-credentials-wrong', false);
    await refusal(
      log.saveSnapshot('x', { position: '1/1' as never, bytes: Buffer.from('') }),
      'store-credentials-wrong',
      false,
    );
    await eventually('a subscription says so', () => follower.kinds.includes('interrupted'));
  });
}

secure.test('as a user who may not read $all: it says what a worker needs', async () => {
  const log = esdb.log({ address: secureAddress.replace(/\/\/[^@]*@/, '//') });
  await refusal(log.readAll({ limit: 1 }), 'store-access-denied', false);
});

secure.test('a stream that this user may not read or write: the append is denied, others go on', async () => {
  const log = esdb.log({ address: secureAddress });
  await appendBeats(log, jobA, 1, 1);
  const client = EventStoreDBClient.connectionString(secureAddress);
  esdb.atEnd(() => client.dispose());
  const acl = {
    readRoles: ['somebody'],
    writeRoles: ['somebody'],
    deleteRoles: [],
    metaReadRoles: [],
    metaWriteRoles: [],
  };
  await client.setStreamMetadata(`${log.namespace}.job-g/c`, { acl });
  const anybody = esdb.log({ address: secureAddress.replace(/\/\/[^@]*@/, '//') }, log.namespace);
  await refusal(anybody.readStream({ graphId: 'g', jobId: 'c' }), 'store-access-denied', false);
});

secure.run();

const closed = describe('a closed handle on EventStoreDB', { timeoutMs: 20_000 });
closed.afterEach(() => esdb.clear());

closed.test(
  'given a read under way, when the log is closed, then it is not taken for the end of what there is',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 20);
    let held = 0;
    server.onRead = () => {
      held += 1;
      return { silentAfter: 5 };
    };
    const calls = [log.readStream(jobA)(), log.readAll({ limit: 99 })(), log.loadSnapshot('x')()];
    await eventually('they are under way', () => held === 3);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await log.close();
    for (const call of calls) assert.is(left(await call).code, 'store-closed');
  },
);

closed.test('given a handle that was never used, or never reached anything, then closing it is quick', async () => {
  const unused = esdb.log({ address: 'esdb://127.0.0.1:1?tls=false' });
  const failed = esdb.log({ address: 'esdb://127.0.0.1:1?tls=false' });
  const cluster = esdb.log({ address: 'esdb://127.0.0.1:1,127.0.0.1:2?tls=false&maxDiscoverAttempts=2' });
  for (const log of [failed, cluster]) await leftOf(log.readStream(jobA));
  for (const log of [unused, failed, cluster]) {
    const { tookMs } = await timed(() => log.close());
    assert.ok(tookMs < 1000, `it took ${tookMs} ms`);
  }
});

closed.run();

const large = describe('what is large on EventStoreDB', { timeoutMs: 20_000 });
large.afterEach(() => esdb.clear());

large.test('a graph of 10,000 jobs goes in by parts that every server takes', async () => {
  const mostBytes = 1024 * 1024;
  const server = await esdb.server({ maxAppendBytes: mostBytes });
  const opened = await esdb.store(server);
  const jobs = Object.fromEntries(
    numbers(1, 10_000).map((n) => [
      `job ${n} \u{1F980}`,
      { type: 'work', after: n === 1 ? [] : [`job ${n >> 1} \u{1F980}`], args: { n, text: 'ünï'.repeat(20) } },
    ]),
  );
  const { stored } = await transactGraph(opened, jobGraph({ jobs }, {}, { id: 'g' }));
  assert.ok(stored);
  const parts = server.received.filter(({ stream }) => stream.endsWith('.graph-g'));
  assert.ok(parts.length > 2, `${parts.length} parts`);
  for (const { bytes } of parts) assert.ok(bytes < mostBytes / 2, `a part of ${bytes} bytes`);
  assert.is((await graphInfo(opened, 'g')).counts.unstarted, 10_000);
  assert.is((await transactGraph(opened, jobGraph({ jobs }, {}, { id: 'g' }))).stored, false);
});

large.test('the largest append that is taken here is taken by a server, with what it adds', async () => {
  const server = await esdb.server({ maxAppendBytes: 1024 * 1024 });
  const log = esdb.log(server);
  const overhead = JSON.stringify({ attempt: 1, details: '' }).length;
  const text = 'x'.repeat(900 * 1024 - overhead);
  mustBeIn(await rightOf(log.append([append(jobA, -1, beat(text))])));
  assert.is((await leftOf(log.append([append(jobA, 0, beat(`${text}x`))]))).code, 'append-too-large');
  assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [text]);
});

large.run();
