/** A real EventStoreDB behind a network that fails: nothing is lost, and nothing happens twice. */
import { setTimeout as wait } from 'node:timers/promises';
import type { RecordedEvent, StreamId } from '../../../src/domain/events.js';
import { history, jobGraph, type RunningJob, type Store, transactGraph, waitForGraph } from '../../../src/index.js';
import { verify } from '../../../src/history/verify/verify.js';
import { eventually } from '../../support/eventually.js';
import { noServer, serverAddress } from '../../support/eventstoredb.js';
import { patient } from '../../support/patience.js';
import { rightOf } from '../../support/right.js';
import { assert, describe } from '../../support/spec.js';
import { Proxy } from './proxy.js';
import { append, appendBeats, beat, carriedBy, jobA, mustBeIn, numbers, EsdbFixture } from './esdb-fixture.js';

const esdb = new EsdbFixture();

async function throughProxy(): Promise<Proxy> {
  const proxy = await Proxy.to(serverAddress);
  esdb.atEnd(() => proxy.close());
  return proxy;
}

const appends = describe('appends to EventStoreDB over a bad network', { missing: noServer, timeoutMs: 20_000 });
appends.afterEach(() => esdb.clear());

for (const [what, afterBytes] of [
  ['at once', 1],
  ['early', 8_000],
  ['in the middle', 30_000],
  ['near the end', 60_000],
] as const) {
  appends.test(
    `given 200 appends under way, when the connection is cut ${what}, then each stands in its place once`,
    async () => {
      const proxy = await throughProxy();
      const log = esdb.log(proxy);
      await appendBeats(log, jobA, 1, 1);
      const streams = numbers(1, 100).map((n): StreamId => ({ graphId: 'g', jobId: `job-${n}` }));
      const requests = streams.flatMap((stream) =>
        [0, 1].map((n) => append(stream, n - 1, beat(`${n} ${stream.jobId}`))),
      );
      const before = proxy.bytesSent;
      proxy.onSent = () => {
        if (proxy.bytesSent - before < afterBytes) return;
        proxy.onSent = () => {};
        proxy.cut();
      };
      const results = await rightOf(log.append(requests));
      assert.equal(
        results.map((result) => result.appended && result.revision),
        streams.flatMap(() => [0, 1]),
      );
      const direct = esdb.log({ address: serverAddress }, log.namespace);
      for (const stream of streams) {
        assert.equal(carriedBy(await rightOf(direct.readStream(stream))), [`0 ${stream.jobId}`, `1 ${stream.jobId}`]);
      }
      assert.is((await rightOf(direct.readAll({ limit: 1000 }))).length, 201);
      assert.ok(proxy.bytesSent - before >= afterBytes, 'it was cut');
    },
  );
}

appends.test(
  'given a connection that freezes for some seconds and is cut then, then appends and events go on',
  async () => {
    const proxy = await throughProxy();
    const log = esdb.log(proxy);
    await appendBeats(log, jobA, 1, 10);
    const follower = esdb.follow(log, { safetyNetMs: 500 });
    await eventually('it follows', () => follower.events.length === 10);
    proxy.freeze();
    let isAnswered = false;
    const frozen = rightOf(log.append(numbers(11, 60).map((n) => append(jobA, n - 2, beat(n)))));
    void frozen.then(() => (isAnswered = true));
    await wait(3000);
    assert.not.ok(isAnswered, 'nothing comes through');
    proxy.cut();
    mustBeIn(await frozen);
    await appendBeats(log, jobA, 61, 70);
    await eventually('all have come', () => follower.events.length >= 70);
    assert.equal(carriedBy(follower.events), numbers(1, 70));
    assert.equal(carriedBy(await rightOf(log.readStream(jobA))), numbers(1, 70));
  },
);

appends.test('given a subscription whose connection is cut again and again, then every event comes once', async () => {
  const proxy = await throughProxy();
  const log = esdb.log(proxy);
  const direct = esdb.log({ address: serverAddress }, log.namespace);
  await appendBeats(direct, jobA, 1, 1);
  const follower = esdb.follow(log, { safetyNetMs: 500 });
  await eventually('it follows', () => follower.events.length === 1);
  for (const n of numbers(0, 9)) {
    await appendBeats(direct, jobA, 20 * n + 2, 20 * n + 11);
    proxy.cut();
    await appendBeats(direct, jobA, 20 * n + 12, 20 * n + 21);
  }
  await eventually('all have come', () => follower.events.length >= 201);
  assert.equal(carriedBy(follower.events), numbers(1, 201));
});

appends.run();

const work = describe('a worker on EventStoreDB over a bad network', { missing: noServer, timeoutMs: 30_000 });
work.afterEach(() => esdb.clear());

/** A binary tree of jobs, and how often each of them was finished. */
const tree = (count: number) =>
  jobGraph(
    {
      jobs: Object.fromEntries(
        numbers(1, count).map((n) => [`job-${n}`, { type: 'work', after: n === 1 ? [] : [`job-${n >> 1}`] }]),
      ),
    },
    {},
    { id: 'g' },
  );

async function mustBeDoneOnce(direct: Store, count: number): Promise<void> {
  const done = await waitForGraph(direct, 'g', { timeoutMs: patient(20_000) });
  assert.is(done.status, 'finished');
  const events: RecordedEvent[] = [];
  for await (const event of history(direct, 'g')) events.push(event);
  const finished = events.filter(({ type }) => type === 'JobFinished').map(({ jobId }) => jobId);
  assert.equal([finished.length, new Set(finished).size], [count, count]);
  const { problems, jobs } = await verify(direct);
  assert.equal([problems, jobs], [[], count]);
}

work.test(
  'given a connection that is cut many times while it works, then each job is finished exactly once',
  async () => {
    const count = 400;
    const proxy = await throughProxy();
    const opened = await esdb.store(proxy);
    const direct = await esdb.store({ address: serverAddress }, opened.namespace);
    await transactGraph(direct, tree(count));
    let cuts = 0;
    let isOver = false;
    const handler = async (job: RunningJob) => {
      await wait(20);
      return job.id;
    };
    const { worker } = await esdb.worker(opened, { work: handler }, { concurrency: 16, detectorSleepTime: 200 });
    const cutting = (async () => {
      for (; cuts < 8 && !isOver; cuts++) {
        await wait(300);
        proxy.cut();
      }
    })();
    await mustBeDoneOnce(direct, count).finally(() => (isOver = true));
    await cutting;
    assert.ok(cuts >= 3, `${cuts} cuts`);
    assert.is(worker.statistics.finished, count);
    assert.is(worker.statistics.leasesLost, 0);
  },
);

work.test(
  'given a server that is out of reach for three seconds, then a worker waits and goes on by itself',
  async () => {
    const count = 60;
    const proxy = await throughProxy();
    const opened = await esdb.store(proxy);
    const direct = await esdb.store({ address: serverAddress }, opened.namespace);
    await transactGraph(direct, tree(count));
    const handler = async () => await wait(20).then(() => null);
    const { worker, complaints } = await esdb.worker(
      opened,
      { work: handler },
      { concurrency: 4, detectorSleepTime: 200 },
    );
    await eventually('it works', () => worker.statistics.finished >= 10);
    proxy.close();
    await wait(3000);
    assert.ok(worker.statistics.finished < count, 'it waits');
    await proxy.open();
    await mustBeDoneOnce(direct, count);
    assert.is(worker.statistics.leasesLost, 0, complaints.join('\n'));
  },
);

work.run();
