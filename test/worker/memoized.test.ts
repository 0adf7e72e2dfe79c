/** Jobs whose results are remembered: a finished job of the same key stands in for running the next one. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import type { MemoizedFrom } from '../../src/domain/memoize.js';
import { memoStream } from '../../src/domain/memoized-results.js';
import {
  explainJob,
  forkGraph,
  type GraphInfo,
  graphs,
  type Handlers,
  install,
  jobInfo,
  queueDepths,
  recordedAttempt,
  RejectedError,
  type RunningJob,
  type Store,
  store,
  timeline,
  verify,
  waitForGraph,
} from '../../src/index.js';
import { makeFaulty } from '../support/faulty-log.js';
import { eventually } from '../support/eventually.js';
import { patient } from '../support/patience.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshPlace, freshStore, missingFor } from '../support/stores.js';
import { gate, nap, WorkerFixture } from './worker-fixture.js';

const hour = 3_600_000;

for (const engine of engines) {
  const spec = describe(`memoised jobs on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  const fixture = new WorkerFixture(spec, engine);
  /** The jobs whose handlers ran, in order. */
  let ran: string[] = [];
  const note = (job: RunningJob) => void ran.push(`${job.graphId}/${job.id}`);
  const handlers: Handlers = {
    fetch: (job) => {
      note(job);
      return { from: job.graphId, n: ran.length };
    },
    use: ({ inputs }) => inputs,
  };

  spec.beforeEach(() => void (ran = []));

  /** Runs a graph of one memoised job and one that uses its result. */
  async function run(id: string, memoize: object, on = fixture.db): Promise<GraphInfo> {
    const jobs = { fetch: { type: 'fetch', memoize }, use: { type: 'use', after: ['fetch'] } };
    await fixture.submit(jobs, id);
    return await waitForGraph(on, id, { timeoutMs: patient(30_000) });
  }

  const noted = async (key: string) => (await rightOf(fixture.db.log.readStream(memoStream(key)))).length;

  /** Until a result has been noted: a moment after its graph has ended. */
  const untilNoted = (key: string, count = 1) =>
    eventually(`${count} results of ${key} are noted`, async () => (await noted(key)) >= count);

  async function soundOf(db: Store): Promise<readonly string[]> {
    return (await verify(db)).problems.map(({ problem }) => problem);
  }

  spec.test('given a finished job of the key, then its result is given, and where it comes from', async () => {
    await fixture.begin(handlers);
    const first = await run('g1', { key: 'prices' });
    assert.is(first.jobs['fetch']!.memoizedFrom, null);
    await untilNoted('prices');
    const { jobs, status } = await run('g2', { key: 'prices' });
    assert.is(status, 'finished');
    assert.equal(ran, ['g1/fetch']);
    assert.equal(jobs['fetch']!.result, { from: 'g1', n: 1 });
    assert.equal(jobs['use']!.result, { fetch: { from: 'g1', n: 1 } });
    assert.is(jobs['fetch']!.attempt, 1);
    const [source] = (await fixture.events('g1')).filter(({ type }) => type === 'JobFinished');
    const { id: eventId, recordedAt: finishedAt } = source!;
    const expected: MemoizedFrom = { graphId: 'g1', jobId: 'fetch', attempt: 1, eventId, finishedAt };
    assert.equal(jobs['fetch']!.memoizedFrom, expected);
    assert.equal(await fixture.types('g2', 'fetch'), ['JobStarted', 'JobFinished']);
    assert.equal((await explainJob(fixture.db, 'g2', 'fetch')).memoizedFrom, expected);
    const lanes = (await timeline(fixture.db, 'g2')).jobs;
    assert.equal(lanes.find(({ jobId }) => jobId === 'fetch')!.memoizedFrom, expected);
    // What was remembered is not noted again: its age counts from when it was made.
    const third = await run('g3', { key: 'prices' });
    assert.is(third.jobs['fetch']!.memoizedFrom!.graphId, 'g1');
    assert.is(await noted('prices'), 1);
    assert.equal(await soundOf(fixture.db), []);
  });

  spec.test('given another key, or the key in another graph’s type, then only the key decides', async () => {
    await fixture.begin({ ...handlers, other: () => 'not run' });
    await run('g1', { key: 'a' });
    await untilNoted('a');
    await run('g2', { key: 'b' });
    assert.equal(ran, ['g1/fetch', 'g2/fetch']);
    await fixture.submit({ x: { type: 'other', memoize: { key: 'a' } } }, 'g3');
    const { jobs } = await waitForGraph(fixture.db, 'g3');
    assert.equal(jobs['x']!.result, { from: 'g1', n: 1 });
  });

  spec.test('given a result older than maxAgeMs by the log’s clock, then the job runs, and is remembered', async () => {
    await fixture.begin(handlers);
    await run('g1', { key: 'k', maxAgeMs: 1 });
    await untilNoted('k');
    await nap(20);
    await run('g2', { key: 'k', maxAgeMs: 1 });
    assert.equal(ran, ['g1/fetch', 'g2/fetch']);
    await untilNoted('k', 2);
    const { jobs } = await run('g3', { key: 'k', maxAgeMs: hour });
    assert.is(jobs['fetch']!.memoizedFrom!.graphId, 'g2');
    assert.is(ran.length, 2);
  });

  spec.test('given a job that must be fresh, then it runs whatever is remembered, and is remembered', async () => {
    await fixture.begin(handlers);
    await run('g1', { key: 'k' });
    await untilNoted('k');
    await run('g2', { key: 'k', fresh: true });
    await untilNoted('k', 2);
    const { jobs } = await run('g3', { key: 'k' });
    assert.equal(ran, ['g1/fetch', 'g2/fetch']);
    assert.is(jobs['fetch']!.memoizedFrom!.graphId, 'g2');
  });

  spec.test('given two jobs of a key that run at once, then both run, and one result is kept', async () => {
    const open = gate();
    let running = 0;
    const both = gate();
    const slow: Handlers = {
      fetch: async (job) => {
        note(job);
        if (++running === 2) both.open();
        await open.promise;
        return job.graphId;
      },
    };
    await fixture.begin(slow);
    await fixture.begin(slow);
    for (const id of ['g1', 'g2']) await fixture.submit({ fetch: { type: 'fetch', memoize: { key: 'k' } } }, id);
    await both.promise;
    open.open();
    const ended = await Promise.all(['g1', 'g2'].map((id) => waitForGraph(fixture.db, id)));
    assert.equal(
      ended.map(({ jobs }) => jobs['fetch']!.result),
      ['g1', 'g2'],
    );
    await untilNoted('k');
    await fixture.submit({ fetch: { type: 'fetch', memoize: { key: 'k' } } }, 'g3');
    const { jobs } = await waitForGraph(fixture.db, 'g3');
    assert.ok(['g1', 'g2'].includes(jobs['fetch']!.memoizedFrom!.graphId));
    assert.is(ran.length, 2);
    assert.equal(await soundOf(fixture.db), []);
  });

  spec.test('given a worker that dies before it notes the result, then the next job runs', async () => {
    const frail = await freshStore(engine);
    const faults = makeFaulty(frail);
    let lost = 0;
    faults.onAppend = ([first]) => (first!.graphId === '' && (lost += 1) > 0 ? 'lost' : null);
    const heartbeat = { sleepTime: 50, tolerance: 2 };
    const dying = await fixture.begin(handlers, { heartbeat, stopTimeout: 10 }, frail);
    const submit = (id: string) => fixtureOn(frail).submit({ fetch: { type: 'fetch', memoize: { key: 'k' } } }, id);
    await submit('g1');
    await waitForGraph(frail, 'g1');
    await eventually('the note was lost', () => lost > 0);
    await dying.stop();
    faults.onAppend = () => null;
    await fixture.begin(handlers, {}, frail);
    await submit('g2');
    const { jobs } = await waitForGraph(frail, 'g2');
    assert.is(jobs['fetch']!.memoizedFrom, null);
    assert.equal(ran, ['g1/fetch', 'g2/fetch']);
    await eventually('a result is noted', async () => {
      return (await rightOf(frail.log.readStream(memoStream('k')))).length === 1;
    });
    await fixture.stopAll();
    await frail.close();
  });

  spec.test('given a note of a result that is not there, then the job runs, and verify says so', async () => {
    const data = { graphId: 'gone', jobId: 'x', attempt: 1, eventId: randomUUID(), revision: 1 };
    await noteByHand('k', { type: 'ResultMemoized', data });
    await fixture.begin(handlers);
    const { jobs } = await run('g1', { key: 'k', maxAgeMs: hour });
    assert.is(jobs['fetch']!.memoizedFrom, null);
    assert.equal(ran, ['g1/fetch']);
    const problems = await soundOf(fixture.db);
    assert.is(problems.length, 1);
    assert.match(problems[0]!, /attempt 1 of job "x" of graph gone has finished before it/);
  });

  async function noteByHand(key: string, event: DomainEvent): Promise<void> {
    const events = [{ id: randomUUID(), event, causationId: null, actor: 'test' }];
    await rightOf(fixture.db.log.append([{ ...memoStream(key), expectedRevision: -1, events }]));
  }

  /** A fixture's submissions, on another store. */
  function fixtureOn(db: Store): Pick<WorkerFixture, 'submit'> {
    return Object.assign(Object.create(fixture) as WorkerFixture, { db });
  }

  spec.test('given a fork, then what was chosen runs with all below it, and the rest may be remembered', async () => {
    await fixture.begin(handlers);
    const memoized = (key: string, after: string[] = []) => ({ type: 'fetch', after, memoize: { key } });
    const jobs = { a: memoized('a'), b: memoized('b', ['a']), c: memoized('c') };
    await fixture.submit(jobs, 'g1');
    await waitForGraph(fixture.db, 'g1');
    for (const key of ['a', 'b', 'c']) await untilNoted(key);
    const fork = await forkGraph(fixture.db, 'g1', { from: ['a'], id: 'f' });
    assert.is(fork.stored, true);
    const ended = await waitForGraph(fixture.db, 'f');
    assert.equal(ran.filter((each) => each.startsWith('f/')).sort(), ['f/a', 'f/b']);
    assert.is(ended.jobs['a']!.memoize!.fresh, true);
    assert.is(ended.jobs['c']!.carriedFrom!.graphId, 'g1');
    await untilNoted('a', 2);
    // A later graph is given what the fork made.
    await fixture.submit({ a: memoized('a') }, 'g2');
    assert.is((await waitForGraph(fixture.db, 'g2')).jobs['a']!.memoizedFrom!.graphId, 'f');
  });

  spec.test('given a fork of what has failed, then it is not fresh: it was never made', async () => {
    await fixture.begin({
      ...handlers,
      fails: () => {
        throw new Error('boom');
      },
    });
    await fixture.submit({ a: { type: 'fails', memoize: { key: 'k' } } }, 'g1');
    await waitForGraph(fixture.db, 'g1');
    await run('g2', { key: 'k' });
    await untilNoted('k');
    await forkGraph(fixture.db, 'g1', { failed: true, id: 'f' });
    const { jobs, status } = await waitForGraph(fixture.db, 'f');
    assert.is(status, 'finished');
    assert.is(jobs['a']!.memoizedFrom!.graphId, 'g2');
  });

  spec.test('given an attempt that was remembered, then there is no run of it to replay', async () => {
    await fixture.begin(handlers);
    await run('g1', { key: 'k' });
    await untilNoted('k');
    await run('g2', { key: 'k' });
    const refused = await recordedAttempt(fixture.db, 'g2', 'fetch').catch((error: unknown) => error);
    assert.instance(refused, RejectedError);
    assert.is((refused as RejectedError).code, 'attempt-not-found');
    assert.match((refused as RejectedError).message, /ran no handler: .* attempt 1 of g1\/fetch; name that one$/);
    assert.equal((await recordedAttempt(fixture.db, 'g1', 'fetch')).outcome.kind, 'finished');
  });

  spec.test('given streams that belong to no graph, then lists of graphs and jobs do not show them', async () => {
    await fixture.begin(handlers);
    await run('g1', { key: 'with/slash and ünï' });
    await untilNoted('with/slash and ünï');
    const { items, unreadable } = await graphs(fixture.db);
    assert.equal(
      items.map(({ id }) => id),
      ['g1'],
    );
    assert.equal(unreadable, []);
    assert.equal(await queueDepths(fixture.db), []);
    const none = await jobInfo(fixture.db, '', 'memo/with/slash and ünï').catch((error: unknown) => error);
    assert.is((none as RejectedError).code, 'graph-not-found');
    const { graphs: verified, problems } = await verify(fixture.db);
    assert.equal({ verified, problems }, { verified: 1, problems: [] });
  });

  // Each store in memory is a namespace of its own.
  if (engine !== 'memory')
    spec.test('given the key in another namespace, then nothing is remembered there', async () => {
      const { address, namespace } = freshPlace(engine);
      const one = await store(address, { namespace });
      const other = await store(address, { namespace: `${namespace}_other` });
      for (const db of [one, other]) {
        await install(db);
        await fixture.begin(handlers, {}, db);
        await fixtureOn(db).submit({ fetch: { type: 'fetch', memoize: { key: 'k' } } }, 'g');
        assert.is((await waitForGraph(db, 'g')).jobs['fetch']!.memoizedFrom, null);
        await eventually('noted', async () => (await rightOf(db.log.readStream(memoStream('k')))).length === 1);
      }
      assert.is(ran.length, 2);
      await fixture.stopAll();
      for (const db of [one, other]) await db.close();
    });

  spec.run();
}
