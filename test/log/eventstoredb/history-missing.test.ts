/** Streams that somebody has deleted, truncated or had scavenged: what is missing is noticed, and the rest goes on. */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import type { RecordedEvent } from '../../../src/domain/events.js';
import {
  fault,
  graphInfo,
  jobGraph,
  type RunningJob,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../../src/index.js';
import { type AppendResult, type EventLog, LogError } from '../../../src/log/event-log.js';
import { verify } from '../../../src/history/verify/verify.js';
import { eventually } from '../../support/eventually.js';
import { noServer, serverAddress } from '../../support/eventstoredb.js';
import { patient } from '../../support/patience.js';
import { leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import type { FakeServer } from './fake-server.js';
import {
  append,
  appendBeats,
  beat,
  carriedBy,
  graphG,
  jobA,
  jobB,
  mustBeIn,
  EsdbFixture,
  submitted,
} from './esdb-fixture.js';

const esdb = new EsdbFixture();

function clientOf({ address }: { readonly address: string }): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(address);
  esdb.atEnd(() => client.dispose());
  return client;
}

/** A log with two graphs of two jobs with three events each. */
async function filled(log: EventLog): Promise<void> {
  for (const graphId of ['g', 'h']) {
    mustBeIn(await rightOf(log.append([append({ graphId, jobId: null }, -1, submitted('a', 'b'))])));
    for (const jobId of ['a', 'b']) await appendBeats(log, { graphId, jobId }, 0, 2);
  }
}

async function historyOf(log: EventLog, graphId: string): Promise<readonly RecordedEvent[] | LogError> {
  const upTo = (await rightOf(log.readAll({ direction: 'backwards', limit: 1 })))[0]!.position;
  const histories = new Map<string, readonly RecordedEvent[] | LogError>();
  await rightOf(log.readGraphs(['g', 'h'], upTo, (id, history) => histories.set(id, history)));
  return histories.get(graphId)!;
}

function problemOf(result: AppendResult): LogError | null {
  return !result.appended && result.actualRevision === null ? result.problem : null;
}

for (const [where, missing] of [
  ['a fake server', null],
  ['EventStoreDB', noServer],
] as const) {
  const spec = describe(`missing history on ${where}`, { missing, timeoutMs: 20_000 });
  spec.afterEach(() => esdb.clear());

  const open = async () => {
    const server = where === 'a fake server' ? await esdb.server() : { address: serverAddress };
    const log = esdb.log(server);
    await filled(log);
    return { log, client: clientOf(server), name: (rest: string) => `${log.namespace}.${rest}` };
  };

  spec.test('given a truncated job, then reading it says what cannot be read, and where', async () => {
    const { log, client, name } = await open();
    await client.setStreamMetadata(name('job-g/a'), { truncateBefore: 2 });
    const error = await leftOf(log.readStream(jobA));
    assert.equal([error.code, error.isTransient], ['store-history-missing', false]);
    assert.match(error.message, /events 0 to 1 of stream \S+\.job-g\/a of the store .* deleted or truncated/);
    assert.equal(carriedBy(await rightOf(log.readStream(jobA, { from: 2 }))), [2]);
    assert.match((await leftOf(log.readStream(jobA, { from: 1 }))).message, /event 1 of stream/);
    await appendBeats(log, jobB, 3, 3);
  });

  spec.test(
    'given a tombstoned job, then reading and appending say so, and no graph but its own is concerned',
    async () => {
      const { log, client, name } = await open();
      await client.tombstoneStream(name('job-g/a'));
      const error = await leftOf(log.readStream(jobA));
      assert.is(error.code, 'store-history-missing');
      assert.match(error.message, /stream \S+\.job-g\/a of the store .* was deleted/);
      for (const expected of [-1, 2]) {
        const [result] = await rightOf(log.append([append(jobA, expected, beat('late'))]));
        assert.is(problemOf(result!)?.code, 'store-history-missing');
      }
      const gone = await historyOf(log, 'g');
      assert.ok(gone instanceof LogError);
      assert.is(gone.code, 'store-history-missing');
      assert.is(((await historyOf(log, 'h')) as readonly RecordedEvent[]).length, 7);
    },
  );

  spec.test('given a tombstoned graph, then reading it says so, also among others', async () => {
    const { log, client, name } = await open();
    await client.tombstoneStream(name('graph-g'));
    assert.is((await leftOf(log.readGraph('g'))).code, 'store-history-missing');
    const gone = await historyOf(log, 'g');
    assert.ok(gone instanceof LogError);
    assert.is(((await historyOf(log, 'h')) as readonly RecordedEvent[]).length, 7);
  });

  spec.test('given a tombstone, when a subscription meets it, then it reads as an unreadable event', async () => {
    const { log, client, name } = await open();
    const follower = esdb.follow(log);
    await client.tombstoneStream(name('job-g/a'));
    await appendBeats(log, jobB, 3, 3);
    await eventually('all have come', () => follower.events.some((event) => carriedBy([event])[0] === 3));
    const tombstones = follower.events.filter((event) => event.type === 'Unreadable');
    assert.equal(
      tombstones.map((event) => [event.jobId, event.data.storedType]),
      [['a', '$streamDeleted']],
    );
  });

  spec.test(
    'given a deleted job, when it is begun anew as if it had never been, then the append comes to nothing it can be used for, and says so',
    async () => {
      const { log, client, name } = await open();
      await client.deleteStream(name('job-g/a'));
      assert.equal(await rightOf(log.readStream(jobA)), []);
      const claim = append(jobA, -1, beat('anew'));
      const problem = problemOf((await rightOf(log.append([claim])))[0]!);
      assert.is(problem?.code, 'store-history-missing');
      assert.match(problem!.message, /job-g\/a of the store .* was deleted: .* its event 0 became event 3/);
      for (const request of [claim, append(jobA, -1, beat('another'))]) {
        assert.equal(await rightOf(log.append([request])), [{ appended: false, actualRevision: 3 }]);
      }
      assert.is((await leftOf(log.readStream(jobA))).code, 'store-history-missing');
      mustBeIn(await rightOf(log.append([append(jobB, 2, beat(3))])));
    },
  );

  spec.test('given a deleted graph, then there is no such graph, and the other one is there', async () => {
    const { log, client, name } = await open();
    await client.deleteStream(name('graph-g'));
    assert.equal(await rightOf(log.readGraph('g')), []);
    assert.is((await rightOf(log.readGraph('h'))).length, 7);
  });

  spec.test(
    'given an append to a deleted job at the revision it had, then it goes in, and what was before it is known to be missing',
    async () => {
      const { log, client, name } = await open();
      await client.deleteStream(name('job-g/a'));
      mustBeIn(await rightOf(log.append([append(jobA, 2, beat('on'))])));
      const error = await leftOf(log.readStream(jobA));
      assert.match(error.message, /events 0 to 2 of stream/);
    },
  );

  spec.run();
}

const scavenged = describe('scavenged history on a fake server', { timeoutMs: 20_000 });
scavenged.afterEach(() => esdb.clear());

async function scavengeable() {
  const server = await esdb.server();
  const log = esdb.log(server);
  await filled(log);
  return { server, log, name: (rest: string) => `${log.namespace}.${rest}` };
}

/** Makes the log so long that a graph is read stream by stream. */
function lengthen(server: FakeServer): void {
  const data = Buffer.alloc(500_000);
  server.streams.append('theirs', 'any', [{ id: randomUUID(), type: 'T', isJson: false, data, metadata: Buffer.of() }]);
}

for (const isLong of [false, true]) {
  scavenged.test(
    `given a truncated job that was scavenged, then its graph ${isLong ? 'in a long log ' : ''}is known not to be whole, and the other one is`,
    async () => {
      const { server, log, name } = await scavengeable();
      if (isLong) lengthen(server);
      await appendBeats(log, jobB, 3, 3);
      server.streams.truncate(name('job-g/a'), 1);
      server.streams.scavenge();
      const error = await leftOf(log.readGraph('g'));
      assert.is(error.code, 'store-history-missing');
      assert.match(error.message, /event 0 of stream \S+\.job-g\/a/);
      assert.ok((await historyOf(log, 'g')) instanceof LogError);
      assert.is(((await historyOf(log, 'h')) as readonly RecordedEvent[]).length, 7);
    },
  );
}

scavenged.test(
  'given a graph whose first part was truncated away, then it is not taken for a smaller one',
  async () => {
    const { server, log, name } = await scavengeable();
    mustBeIn(await rightOf(log.append([append(graphG, 0, beat('a second part'))])));
    server.streams.truncate(name('graph-g'), 1);
    server.streams.scavenge();
    assert.match((await leftOf(log.readGraph('g'))).message, /event 0 of stream \S+\.graph-g/);
    assert.is((await rightOf(log.readGraph('h'))).length, 7);
  },
);

scavenged.test(
  'given such a graph, when the log is verified, then that is among its problems and the rest is checked',
  async () => {
    const server = await esdb.server();
    const opened = await esdb.store(server);
    for (const id of ['f', 'g', 'h']) await transactGraph(opened, jobGraph({ a: [] }, {}, { id }));
    mustBeIn(await rightOf(opened.log.append([append(graphG, 0, beat('x'))])));
    server.streams.truncate(`${opened.namespace}.graph-g`, 1);
    server.streams.scavenge();
    const { problems, graphs } = await verify(opened);
    assert.ok(
      problems.some(({ problem }) => /event 0 of stream/.test(problem)),
      JSON.stringify(problems),
    );
    assert.is(graphs, 3);
  },
);

scavenged.run();

const mark = describe('the mark at the beginning of a namespace on a fake server', { timeoutMs: 20_000 });
mark.afterEach(() => esdb.clear());

const ways = {
  deleted: ({ streams }: FakeServer, name: string) => streams.delete(name),
  tombstoned: ({ streams }: FakeServer, name: string) => streams.tombstone(name),
  'deleted and scavenged': ({ streams }: FakeServer, name: string) => {
    streams.delete(name);
    streams.scavenge();
  },
  'deleted and written again in the middle': ({ streams }: FakeServer, name: string) => {
    streams.delete(name);
    const data = Buffer.from('{}');
    streams.append(name, -1, [{ id: randomUUID(), type: 'NamespaceBegun', isJson: true, data, metadata: data }]);
  },
};

for (const [way, spoil] of Object.entries(ways)) {
  mark.test(
    `given a mark that was ${way}, then everything is found all the same, by old handles and new ones`,
    async () => {
      const server = await esdb.server();
      const old = esdb.log(server);
      await appendBeats(old, jobA, 1, 3);
      spoil(server, `${old.namespace}.begin-mark`);
      const fresh = esdb.log(server, old.namespace);
      for (const log of [old, fresh]) {
        const from = carriedBy(await rightOf(log.readAll({ limit: 99 }))).length + 1;
        await appendBeats(log, jobA, from, from);
        const all = Array.from({ length: from }, (_, index) => index + 1);
        assert.equal(carriedBy(await rightOf(log.readAll({ limit: 99 }))), all);
        assert.equal(carriedBy(await rightOf(log.readAll({ limit: 99, direction: 'backwards' }))), [...all].reverse());
        const follower = esdb.follow(log);
        await eventually('it is live', () => follower.kinds.includes('caughtUp'));
        assert.equal(carriedBy(follower.events), all);
      }
      assert.ok(server.streams.all.filter(({ type }) => type === 'NamespaceBegun').length <= 2);
    },
  );
}

mark.test('given an empty namespace behind a long log of others, then nothing of that is read', async () => {
  const server = await esdb.server();
  lengthen(server);
  const log = esdb.log(server);
  const early = esdb.follow(log);
  await eventually('it is live', () => early.kinds.includes('caughtUp'));
  assert.equal(await rightOf(log.readAll({ limit: 9 })), []);
  lengthen(server);
  await appendBeats(log, jobA, 1, 2);
  await eventually('it follows', () => early.events.length === 2);
  const late = esdb.follow(esdb.log(server, log.namespace));
  await eventually('it follows', () => late.events.length === 2);
  const begin = server.streams.all.find(({ type }) => type === 'NamespaceBegun')!.position;
  assert.is(server.subscribers.begunBehind.at(-1), begin);
});

mark.run();

const worker = describe('a worker on EventStoreDB with missing history', { timeoutMs: 20_000 });
worker.afterEach(() => esdb.clear());

/** Graphs `broken` and `fine`, each of two jobs in a row, of which the first is done; and a snapshot that names both. */
async function halfDone(server: FakeServer): Promise<Store> {
  const opened = await esdb.store(server);
  for (const id of ['broken', 'fine'])
    await transactGraph(opened, jobGraph({ first: [], second: ['first'] }, {}, { id }));
  const { worker: early } = await esdb.worker(opened, { first: () => 'done' });
  await eventually('both have begun', () => early.statistics.finished === 2);
  await early.stop();
  return await esdb.store(server, opened.namespace);
}

const losses = {
  'a job was truncated and scavenged': (server: FakeServer, namespace: string) => {
    server.streams.truncate(`${namespace}.job-broken/first`, 1);
    server.streams.scavenge();
  },
  'a job was tombstoned': (server: FakeServer, namespace: string) => {
    server.streams.tombstone(`${namespace}.job-broken/first`);
  },
  'a job was tombstoned and scavenged': (server: FakeServer, namespace: string) => {
    server.streams.tombstone(`${namespace}.job-broken/first`);
    server.streams.scavenge();
  },
  'its own stream was tombstoned': (server: FakeServer, namespace: string) => {
    server.streams.tombstone(`${namespace}.graph-broken`);
  },
};

for (const [what, lose] of Object.entries(losses)) {
  worker.test(`given a graph of which ${what}, then it is left alone, and others go on`, async () => {
    const server = await esdb.server();
    const opened = await halfDone(server);
    lose(server, opened.namespace);
    const ran: string[] = [];
    const handlers = { first: () => 'again', second: ({ graphId }: RunningJob) => void ran.push(graphId) };
    const { complaints } = await esdb.worker(opened, handlers, { detectorSleepTime: 50, sleepTime: 50 });
    assert.is((await waitForGraph(opened, 'fine', { timeoutMs: patient(10_000) })).status, 'finished');
    await transactGraph(opened, jobGraph({ second: [] }, {}, { id: 'later' }));
    await waitForGraph(opened, 'later', { timeoutMs: patient(10_000) });
    assert.equal(ran, ['fine', 'later']);
    const isGone = (error: unknown) => error instanceof LogError && error.code === 'store-history-missing';
    const about = complaints.filter((complaint) => complaint.includes('broken'));
    // A tombstone that is written while it works shows as an event that it cannot read.
    if (what.startsWith('a job was tombstoned')) return;
    assert.is(about.length, 1, complaints.join('\n'));
    assert.match(about[0]!, /a graph is left alone: .*(deleted|truncated)/);
    await assert.rejects(graphInfo(opened, 'broken'), isGone);
  });
}

worker.test(
  'given a job whose stream was deleted, when it is claimed as if it were new, then that is said, it does not run, and others go on',
  async () => {
    const server = await esdb.server();
    const opened = await esdb.store(server);
    await transactGraph(opened, jobGraph({ jobs: { lost: { type: 'flaky' } } }, {}, { id: 'broken' }));
    const later = () => fault('not yet', { retryAfterMs: 60_000 });
    const { worker: early } = await esdb.worker(opened, { flaky: later, tick: () => null });
    await eventually('it has been tried', () => early.statistics.faulted === 1);
    lengthen(server);
    await transactGraph(opened, jobGraph({ tick: [] }));
    await eventually('its position is after that', () => early.statistics.finished === 1);
    await early.stop();
    server.streams.delete(`${opened.namespace}.job-broken/lost`);
    const before = server.received.length;
    const ran: string[] = [];
    const handlers = { flaky: ({ graphId }: RunningJob) => void ran.push(graphId) };
    const again = await esdb.store(server, opened.namespace);
    const { complaints } = await esdb.worker(again, handlers, { detectorSleepTime: 50, sleepTime: 50 });
    await eventually('it says so', () => complaints.length > 0);
    await transactGraph(again, jobGraph({ flaky: [] }, {}, { id: 'fine' }));
    assert.is((await waitForGraph(again, 'fine', { timeoutMs: patient(10_000) })).status, 'finished');
    assert.equal(ran, ['fine']);
    assert.match(complaints.join('\n'), /a job cannot be claimed: stream \S+\.job-broken\/lost .* was deleted/);
    const claims = server.received.slice(before).filter(({ stream }) => stream.endsWith('job-broken/lost'));
    assert.is(claims.length, 1);
  },
);

worker.run();
