/** What `verify` says of the streams of limits. */
import { abortGraph, jobGraph, removeLimit, setLimit, type Store, transactGraph, verify } from '../../src/index.js';
import type { DomainEvent, StreamId } from '../../src/domain/events.js';
import { limitStream } from '../../src/domain/limit-places.js';
import { orThrow } from '../../src/store/or-throw.js';
import { finished, heartbeat, revoked, started } from '../support/given.js';
import { assert, describe } from '../support/spec.js';
import { freshStore } from '../support/stores.js';

const spec = describe('verifying limits', { timeoutMs: 30_000 });

const jobs = { a: { type: 't', limits: ['k'] }, b: { type: 't', limits: ['k'] } };

async function world(): Promise<Store> {
  const db = await freshStore('memory');
  await setLimit(db, 'k*', { concurrency: 1 });
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
  return db;
}

/** Events of a program that is not ours, at the end of a stream. */
async function forge(db: Store, stream: StreamId, ...events: readonly DomainEvent[]): Promise<void> {
  await forgeBy('w1', db, stream, ...events);
}

async function forgeBy(actor: string, db: Store, stream: StreamId, ...events: readonly DomainEvent[]): Promise<void> {
  const known = await orThrow(db.log.readStream(stream));
  const written = events.map((event) => {
    return { id: db.environment.newId(), event, causationId: known.at(-1)?.id ?? null, actor };
  });
  await orThrow(db.log.append([{ ...stream, expectedRevision: known.length - 1, events: written }]));
}

const k = limitStream('k');
const of = (jobId: string): StreamId => ({ graphId: 'g', jobId });
const problems = async (db: Store) => (await verify(db)).problems.map(({ problem }) => problem);
const owner = (jobId: string, after = -1) => ({ graphId: 'g', jobId, attempt: 1, after });
const taken = (jobId: string, concurrency = 1): DomainEvent => {
  return { type: 'PlaceTaken', data: { ...owner(jobId), units: 1, concurrency } };
};
const back = (jobId: string): DomainEvent => ({ type: 'PlaceGivenBack', data: owner(jobId) });

spec.test(
  'given places that are given back after their attempts, or for claims that never come, then all is well',
  async () => {
    const db = await world();
    await forge(db, k, taken('a'), taken('b'));
    await forge(db, of('a'), started(), finished());
    await forge(db, k, back('a'), taken('b'));
    await forge(db, of('b'), revoked());
    await forge(db, k, back('b'), back('b'));
    assert.equal(await problems(db), []);
    await db.close();
  },
);

spec.test('given a graph that was aborted, then the place of its attempt may be given back', async () => {
  const db = await world();
  await forge(db, k, taken('a'));
  await forge(db, of('a'), started());
  await abortGraph(db, 'g');
  await forge(db, k, back('a'));
  assert.equal(await problems(db), []);
  await db.close();
});

spec.test('given a place that its worker gives back unused, then all is well, if no start follows on it', async () => {
  const db = await world();
  await forge(db, k, taken('a'), back('a'));
  assert.equal(await problems(db), []);
  await forge(db, of('a'), started());
  assert.equal(await problems(db), ['it gives a place back, and attempt 1 of job "a" of graph g may still begin']);
  await db.close();
});

spec.test('given a place that is given back while its attempt runs, or may begin, then that is told', async () => {
  const db = await world();
  await forge(db, k, taken('a'));
  await forgeBy('w2', db, k, back('a'));
  await forge(db, k, taken('a'));
  await forge(db, of('a'), started(), heartbeat());
  await forge(db, k, back('a'));
  await forge(db, of('a'), finished());
  assert.equal(await problems(db), [
    'it gives a place back, and attempt 1 of job "a" of graph g may still begin',
    'it gives a place back, and attempt 1 of job "a" of graph g runs',
  ]);
  await db.close();
});

spec.test('given a place by limits that nobody had set, or a start on a void one, then that is told', async () => {
  const db = await world();
  await forge(db, k, taken('a', 2));
  await forge(db, k, taken('b'));
  await forge(db, of('b'), started());
  assert.equal(await problems(db), [
    'it was judged by limits that nobody had set for the key',
    'its place is void, since 1 of 1 places were taken, and it takes 1; and the job was started all the same',
  ]);
  await db.close();
});

spec.test('given a void place, and a start once there was no limit any more, then all is well', async () => {
  const db = await world();
  await forge(db, k, taken('a'), taken('b'));
  await removeLimit(db, 'k*');
  await forge(db, of('b'), started());
  assert.equal(await problems(db), []);
  await db.close();
});

spec.test(
  'given a place that was given back unused, and a start once there was no limit, then all is well',
  async () => {
    const db = await world();
    await forge(db, k, taken('a'), back('a'));
    await removeLimit(db, 'k*');
    await forge(db, of('a'), started());
    assert.equal(await problems(db), []);
    await db.close();
  },
);

spec.test('given an event that does not belong there, then that is told', async () => {
  const db = await world();
  await forge(db, k, { type: 'ScheduleNamed', data: { name: 'x' } });
  assert.equal(await problems(db), ['ScheduleNamed does not belong in the stream of a limit']);
  await db.close();
});

spec.run();
