/** What operators ask for happens though others write at the same time, and those who lost their jobs by it are fenced. */
import { randomUUID } from 'node:crypto';
import type { DomainEvent } from '../../src/domain/events.js';
import type { Append, EventLog } from '../../src/log/event-log.js';
import {
  abortGraph,
  abortJob,
  graphInfo,
  jobGraph,
  jobInfo,
  pause,
  pauses,
  retryGraph,
  retryJob,
  type Store,
  transactGraph,
} from '../../src/index.js';
import { failed, finished, graphAborted, heartbeat, started } from '../support/given.js';
import { appended, beside, overtakeOnce } from '../support/overtaking.js';
import { rightOf } from '../support/right.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

function request(graphId: string, jobId: string | null, expectedRevision: number, event: DomainEvent): Append {
  return { graphId, jobId, expectedRevision, events: [{ id: randomUUID(), event, causationId: null, actor: 'w1' }] };
}

for (const engine of engines) {
  const spec = describe(`operating beside other writers on ${engine}`, { missing: missingFor(engine) });
  let db: Store;

  spec.beforeEach(async () => {
    db = await freshStore(engine);
    await transactGraph(db, jobGraph({ a: [], b: [] }, {}, { id: 'g' }));
  });
  spec.afterEach(() => db.close());

  const write = (jobId: string | null, revision: number, event: DomainEvent) =>
    appended(db.log, request('g', jobId, revision, event));
  const typesOf = async (jobId: string | null) =>
    (await rightOf(db.log.readStream({ graphId: 'g', jobId }))).map(({ type }) => type);
  const isToJob = (type: string) => (append: Append) =>
    append.jobId === 'a' && append.events.some(({ event }) => event.type === type);

  /** Whether the log would take an ending from the worker that started a job, at the revision that it holds. */
  async function takesEnding(revision: number): Promise<boolean> {
    const [result] = await rightOf(db.log.append([request('g', 'a', revision, finished())]));
    return result!.appended;
  }

  spec.test('given a job that runs, when its graph is aborted, then its worker can record nothing more', async () => {
    await write('a', -1, started());
    await abortGraph(db, 'g');
    assert.is(await takesEnding(0), false);
    assert.equal(await typesOf('a'), ['JobStarted', 'JobAborted']);
  });

  spec.test(
    'given an abort of a graph that was cut off before it fenced a worker, when the graph is retried, then it is fenced first',
    async () => {
      await write('a', -1, started());
      await write(null, 0, graphAborted);
      await retryGraph(db, 'g');
      assert.is(await takesEnding(0), false, 'the old owner holds revision 0');
      assert.equal(await typesOf('a'), ['JobStarted', 'JobAborted', 'JobReset']);
      const { status, jobs } = await graphInfo(db, 'g');
      assert.equal([status, jobs['a']!.status, jobs['a']!.attempt], ['running', 'unstarted', 1]);
    },
  );

  const heartbeatFirst = (log: EventLog) => appended(log, request('g', 'a', 0, heartbeat()));

  spec.test('given a heartbeat that comes first, when a job is aborted, then it is aborted all the same', async () => {
    await write('a', -1, started());
    const overtaken = overtakeOnce(db, isToJob('JobAborted'), heartbeatFirst);
    await abortJob(db, 'g', 'a', { by: 'op' });
    assert.is(overtaken.hasHappened, true);
    assert.equal(await typesOf('a'), ['JobStarted', 'Heartbeat', 'JobAborted']);
    assert.is((await jobInfo(db, 'g', 'a')).abort?.by, 'op');
  });

  spec.test('given an ending that comes first, when a job is aborted, then the operator hears of it', async () => {
    await write('a', -1, started());
    overtakeOnce(db, isToJob('JobAborted'), (log) => appended(log, request('g', 'a', 0, finished())));
    await assert.rejects(abortJob(db, 'g', 'a'), /is finished and stays so/);
  });

  spec.test('given a heartbeat that comes first, when a graph is aborted, then each worker is fenced', async () => {
    await write('a', -1, started());
    overtakeOnce(db, isToJob('JobAborted'), heartbeatFirst);
    await abortGraph(db, 'g');
    assert.equal(await typesOf('a'), ['JobStarted', 'Heartbeat', 'JobAborted']);
    assert.is(await takesEnding(1), false);
  });

  spec.test('given another writer that comes first, when a job is retried, then it is reset once', async () => {
    await write('a', -1, started());
    await write('a', 0, failed());
    const again: readonly DomainEvent[] = [{ type: 'JobReset', data: { by: 'x', reason: '' } }, started(2), failed(2)];
    overtakeOnce(db, isToJob('JobReset'), async (log) => {
      for (const [n, event] of again.entries()) await appended(log, request('g', 'a', 1 + n, event));
    });
    await retryJob(db, 'g', 'a');
    assert.equal((await typesOf('a')).slice(2), ['JobReset', 'JobStarted', 'JobFaulted', 'JobReset']);
    assert.is((await jobInfo(db, 'g', 'a')).status, 'unstarted');
  });

  spec.test('given a pause that comes first, when a graph is aborted, then it is aborted all the same', async () => {
    const overtaken = overtakeOnce(
      db,
      ({ events }) => events.some(({ event }) => event.type === 'GraphAborted'),
      (log) => appended(log, request('g', null, 0, { type: 'GraphPaused', data: { by: 'x', reason: 'first' } })),
    );
    await abortGraph(db, 'g', { reason: 'second' });
    assert.is(overtaken.hasHappened, true);
    const { status, abort } = await graphInfo(db, 'g');
    assert.equal([status, abort?.reason], ['aborted', 'second']);
  });

  spec.test('given the pause of another type that comes first, when a type is paused, then both are', async () => {
    const paused = (type: string) => pause(other, { type });
    const other = beside(db);
    overtakeOnce(
      db,
      ({ events }) => events.some(({ event }) => event.type === 'WorkPaused'),
      () => paused('first'),
    );
    assert.is(await pause(db, { type: 'second' }), true);
    assert.equal((await pauses(db)).map(({ type }) => type).sort(), ['first', 'second']);
  });

  spec.run();
}
