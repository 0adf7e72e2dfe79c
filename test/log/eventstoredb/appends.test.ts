// takes: 17s
/** Appends: each goes in exactly once, whatever happens to the answer. */
import type { NewEvent, StreamId } from '../../../src/domain/events.js';
import { LogError } from '../../../src/log/event-log.js';
import { eventually } from '../../support/eventually.js';
import { left, leftOf, rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { type AppendFault, failures, type FakeServer } from './fake-server.js';
import {
  append,
  appendBeats,
  beat,
  carriedBy,
  jobA,
  jobB,
  mustBeIn,
  numbers,
  EsdbFixture,
  timed,
} from './esdb-fixture.js';

const esdb = new EsdbFixture();

/** A log that is in use already: the mark at its beginning is written. */
async function inUse() {
  const server = await esdb.server();
  const log = esdb.log(server);
  mustBeIn(await rightOf(log.append([append(jobB, -1, beat('first'))])));
  return { server, log };
}

const toJobA = ({ received }: FakeServer) => received.filter(({ stream }) => stream.endsWith('.job-g/a'));

const parallel = describe('many appends at once on EventStoreDB', { timeoutMs: 20_000 });
parallel.afterEach(() => esdb.clear());

parallel.test(
  'given a fresh handle, when it begins with 500 appends in parallel, then all go in, over a few calls',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const streams = numbers(1, 500).map((n) => ({ graphId: 'g', jobId: `job ${n}` }));
    const results = await Promise.all(
      streams.map((stream) => rightOf(log.append([append(stream, -1, beat(stream.jobId))]))),
    );
    results.forEach(mustBeIn);
    assert.ok(server.begunCalls.batchAppend <= 8, `${server.begunCalls.batchAppend} calls`);
    const all = carriedBy(await rightOf(log.readAll({ limit: 1000 })));
    assert.equal(all.sort(), streams.map(({ jobId }) => jobId).sort());
  },
);

parallel.test('given appends one after another, then all go over one call', async () => {
  const server = await esdb.server();
  const log = esdb.log(server);
  await appendBeats(log, jobA, 1, 30);
  assert.is(server.begunCalls.batchAppend, 1);
});

parallel.test(
  'given 200 appends under way, when their call fails in the middle, then each goes in exactly once, and nothing is complained of',
  async () => {
    const { server, log } = await inUse();
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    esdb.atEnd(() => process.off('warning', listen));
    server.onAppend = ({ stream }) => {
      if (!stream.endsWith('/100')) return null;
      server.onAppend = () => null;
      return { isWritten: true, answer: failures.unavailable() };
    };
    const requests = numbers(1, 200).flatMap((n) => {
      const stream: StreamId = { graphId: 'g', jobId: String(n) };
      return [append(stream, -1, beat(`${n} first`)), append(stream, 0, beat(`${n} second`))];
    });
    const results = await rightOf(log.append(requests));
    assert.equal(
      results.map((result) => result.appended && result.revision),
      numbers(1, 200).flatMap(() => [0, 1]),
    );
    for (const n of numbers(1, 200)) {
      const events = await rightOf(log.readStream({ graphId: 'g', jobId: String(n) }));
      assert.equal(carriedBy(events), [`${n} first`, `${n} second`]);
    }
    assert.equal(warnings.map(String), []);
  },
);

parallel.run();

const unknown = describe('an append on EventStoreDB whose outcome is unknown', { timeoutMs: 20_000 });
unknown.afterEach(() => esdb.clear());

const faults: Readonly<Record<string, AppendFault['answer']>> = {
  'the call ends': 'end of the call',
  'the call fails, the node being shut down': failures.unavailable(),
  'the call is cancelled by the server': failures.cancelled(),
  'the answer is that the server is not ready': 'not ready',
  'the answer is that it took too long': 'timed out',
};

for (const [what, answer] of Object.entries(faults)) {
  for (const isWritten of [true, false]) {
    unknown.test(
      `given that ${what}, and the events were ${isWritten ? '' : 'not '}written, then they are sent again under the same ids and stand there once`,
      async () => {
        const { server, log } = await inUse();
        server.failAppends({ isWritten, answer }, 2);
        const events = [beat(1), beat(2)];
        const { tookMs, value } = await timed(() => rightOf(log.append([append(jobA, -1, ...events)])));
        assert.equal(value, [{ appended: true, revision: 1 }]);
        assert.ok(tookMs < 2000, `it took ${tookMs} ms`);
        assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2]);
        const tries = toJobA(server);
        assert.is(tries.length, 3);
        for (const { ids, expected } of tries) assert.equal([ids, expected], [events.map(({ id }) => id), -1]);
        await appendBeats(log, jobA, 3, 4);
        assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2, 3, 4]);
        assert.is(server.openCalls.batchAppend, 1);
      },
    );
  }
}

unknown.test(
  'given a server that answers nothing, then the events are sent again after a while, and an answer that comes late harms nothing',
  async () => {
    const tries = [true, false].map(async (isWritten) => {
      const { server, log } = await inUse();
      server.failAppends({ isWritten, answer: 'none' });
      assert.equal(await rightOf(log.append([append(jobA, -1, beat('x'))])), [{ appended: true, revision: 0 }]);
      assert.is(new Set(toJobA(server).map(({ ids }) => ids.join())).size, 1);
      server.answerLate();
      await appendBeats(log, jobA, 1, 2);
      assert.equal(carriedBy(await rightOf(log.readStream(jobA))), ['x', 1, 2]);
    });
    await Promise.all(tries);
  },
);

for (const isWritten of [true, false]) {
  unknown.test(
    `given an append that ${isWritten ? 'was written' : 'was lost'} without an answer, when others have appended since, then it is ${isWritten ? 'told the revision it had' : 'refused, and told the true one'}`,
    async () => {
      const { server, log } = await inUse();
      const other = esdb.log(server, log.namespace);
      const ours = beat('ours');
      let tries = 0;
      server.onAppend = ({ ids }) => {
        if (!ids.includes(ours.id)) return null;
        tries += 1;
        return { isWritten, answer: 'timed out' };
      };
      const appending = rightOf(log.append([append(jobA, -1, ours)]));
      await eventually('it is under way', () => tries > 0);
      await appendBeats(other, jobA, 1, 3);
      server.onAppend = () => null;
      assert.equal(await appending, [
        isWritten ? { appended: true, revision: 0 } : { appended: false, actualRevision: 2 },
      ]);
      assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [...(isWritten ? ['ours'] : []), 1, 2, 3]);
    },
  );
}

unknown.test(
  'given a server that is never ready, then after ten seconds the sender hears that it may try again, and that nothing is certain',
  async () => {
    const { server, log } = await inUse();
    server.onAppend = () => ({ isWritten: false, answer: 'not ready' });
    const error = await leftOf(log.append([append(jobA, -1, beat(1))]));
    assert.equal([error.code, error.isTransient, error.outcomeUnknown], ['store-unavailable', true, true]);
    assert.match(error.message, /Server Is Not Ready/);
  },
);

unknown.test(
  'given a first append of a namespace whose mark cannot be written just now, then the mark is tried again too',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    server.failAppends({ isWritten: true, answer: failures.unavailable() }, 1);
    const first = await log.append([append(jobA, -1, beat(1))])();
    if (first._tag === 'Left') assert.ok(first.left.isTransient, first.left.message);
    mustBeIn(await rightOf(log.append([append(jobB, -1, beat(2))])));
    const marks = await rightOf(esdb.log(server, log.namespace).readAll({ limit: 9 }));
    assert.ok(carriedBy(marks).includes(2));
    assert.is(server.streams.all.filter(({ type }) => type === 'NamespaceBegun').length, 1);
  },
);

unknown.test(
  'given an append that is not answered, when the log is closed, then both end in good time, and nothing is claimed',
  async () => {
    const { server, log } = await inUse();
    server.onAppend = () => ({ isWritten: true, answer: 'none' });
    const appending = log.append([append(jobA, -1, beat(1))])();
    await eventually('it is under way', () => toJobA(server).length === 1);
    const { tookMs } = await timed(() => log.close());
    const error = left(await appending);
    assert.ok(error instanceof LogError);
    assert.is(error.code, 'store-closed');
    assert.ok(error.outcomeUnknown, 'it was written all the same');
    assert.ok(tookMs < 6000, `closing took ${tookMs} ms`);
  },
);

unknown.run();

const request = describe('what an append on EventStoreDB sends');
request.afterEach(() => esdb.clear());

for (const [what, clockAheadMs] of [
  ['ahead of', 3_600_000],
  ['behind', -3_600_000],
] as const) {
  request.test(
    `given a server whose clock is an hour ${what} ours, then appends go in: no deadline is sent`,
    async () => {
      const server = await esdb.server();
      server.streams.clockAheadMs = clockAheadMs;
      const log = esdb.log(server);
      await appendBeats(log, jobA, 1, 3);
      assert.equal(carriedBy(await rightOf(log.readStream(jobA))), [1, 2, 3]);
      assert.ok(server.received.every(({ hasDeadline }) => !hasDeadline));
    },
  );
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;

for (const [what, details] of [
  ['a BigInt', 1n],
  ['a cycle', cycle],
] as const) {
  request.test(
    `given data with ${what}, which no JSON can hold, then the append fails at once and for good, and the log goes on`,
    async () => {
      const { server, log } = await inUse();
      const before = server.received.length;
      const error = await leftOf(log.append([append(jobA, -1, beat(details))])).catch((thrown: unknown) => thrown);
      assert.ok(error instanceof Error);
      if (error instanceof LogError) assert.equal([error.isTransient, error.outcomeUnknown], [false, false]);
      assert.is(server.received.length, before);
      await appendBeats(log, jobA, 1, 2);
    },
  );
}

const ids = [
  'a b',
  '100%',
  '%2F',
  'what?',
  'a#b',
  'ünï/cödé',
  '\u{1F980}',
  "it's",
  '$all',
  'x&y=z',
  'back\\slash',
  '..',
];

request.test(
  'given ids with signs that mean something elsewhere, then events are found under them, each its own',
  async () => {
    const server = await esdb.server();
    const log = esdb.log(server);
    const graphIds = ids.filter((id) => !id.includes('/'));
    const streams: StreamId[] = graphIds.flatMap((graphId) => ids.map((jobId) => ({ graphId, jobId })));
    const follower = esdb.follow(log);
    mustBeIn(
      await rightOf(log.append(streams.map((stream) => append(stream, -1, beat(`${stream.graphId} ${stream.jobId}`))))),
    );
    const whole = (events: readonly { graphId: string; jobId: string | null }[]) =>
      events.map(({ graphId, jobId }) => JSON.stringify([graphId, jobId])).sort();
    for (const stream of streams) {
      assert.equal(carriedBy(await rightOf(log.readStream(stream))), [`${stream.graphId} ${stream.jobId}`]);
    }
    assert.equal(whole(await rightOf(log.readAll({ limit: 1000 }))), whole(streams));
    for (const graphId of graphIds) {
      const ofGraph = await rightOf(log.readAll({ filter: { graphId }, limit: 1000 }));
      assert.equal(whole(ofGraph), whole(streams.filter((stream) => stream.graphId === graphId)));
    }
    await eventually('all are followed', () => follower.events.length === streams.length);
    assert.equal(whole(follower.events), whole(streams));
  },
);

request.test(
  'given a node that is not the leader any more, then appends, reads and subscriptions go on at the one it names',
  async () => {
    const { server, log } = await inUse();
    const leader = await esdb.server({ streams: server.streams });
    const follower = esdb.follow(log);
    await eventually('it follows', () => follower.kinds.includes('caughtUp'));
    server.refusal = failures.notLeader('127.0.0.1', leader.port);
    server.onAppend = () => ({ isWritten: false, answer: server.refusal! });
    server.subscribers.drop(server.refusal);
    for (const n of numbers(1, 20)) mustBeIn(await rightOf(log.append([append(jobA, n - 2, beat(n))])));
    assert.equal(carriedBy(await rightOf(log.readStream(jobA))), numbers(1, 20));
    await eventually('all are followed', () => follower.events.length === 21);
    assert.equal(carriedBy(follower.events), ['first', ...numbers(1, 20)]);
    assert.is(leader.received.length, 20);
  },
);

request.test(
  'given two nodes each of which takes the other for the leader, then that is said, and not gone on with for ever',
  async () => {
    const [one, two] = [await esdb.server(), await esdb.server()];
    const log = esdb.log(one);
    one.refusal = failures.notLeader('127.0.0.1', two.port);
    two.refusal = failures.notLeader('127.0.0.1', one.port);
    const error = await leftOf(log.readStream(jobA));
    assert.equal([error.code, error.isTransient], ['store-unavailable', true]);
    assert.match(error.message, /has no leader at the moment/);
    assert.ok(one.begunCalls.read + two.begunCalls.read < 20);
    one.refusal = null;
    assert.equal(await rightOf(log.readStream(jobA)), []);
  },
);

request.test(
  'given a node that does not lead, when only reading, then that is done at the leader at once',
  async () => {
    const { server, log } = await inUse();
    const leader = await esdb.server({ streams: server.streams });
    server.refusal = failures.notLeader('127.0.0.1', leader.port);
    assert.equal(carriedBy(await rightOf(log.readStream(jobB))), ['first']);
    assert.equal(carriedBy(await rightOf(log.readAll({ limit: 9 }))), ['first']);
    assert.is(await rightOf(log.loadSnapshot('x')), null);
  },
);

request.test('given a server that denies the append, then it says so, once and for good', async () => {
  const { server, log } = await inUse();
  server.onAppend = () => ({ isWritten: false, answer: 'access denied' });
  const error = await leftOf(log.append([append(jobA, -1, beat(1))]));
  assert.equal([error.code, error.isTransient], ['store-access-denied', false]);
  assert.is(toJobA(server).length, 1);
});

request.test(
  'given a server that takes less than others, then an append that is too large for it says what to do',
  async () => {
    const server = await esdb.server({ maxAppendBytes: 100_000 });
    const log = esdb.log(server);
    await appendBeats(log, jobA, 1, 1);
    const error = await leftOf(log.append([append(jobA, 0, beat('x'.repeat(200_000)))]));
    assert.equal([error.code, error.isTransient], ['append-too-large', false]);
    assert.match(error.message, /--max-append-size/);
    const events: readonly NewEvent[] = numbers(2, 3).map((n) => beat(n));
    mustBeIn(await rightOf(log.append([append(jobA, 0, ...events)])));
  },
);

request.run();
