/** Replays of recorded attempts. */
import {
  abort,
  abortGraph,
  abortJob,
  abortSilent,
  fault,
  forkGraph,
  type Handler,
  type Handlers,
  history,
  jobGraph,
  recordedAttempt,
  replayAttempt,
  type RunningJob,
  start,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

/** What a handler saw of its job. */
const seen = ({ graphId, id, type, attempt, args, inputs, labels, details, status }: RunningJob) => {
  return { graphId, id, type, attempt, args, inputs, labels, details, status };
};

async function work(db: Store, handlers: Handlers, graphId: string) {
  const worker = await start({ concurrency: 2 }, db, handlers);
  await waitForGraph(db, graphId);
  await worker.stop();
}

async function eventsOf(db: Store, graphId: string) {
  const events = [];
  for await (const event of history(db, graphId)) events.push(event);
  return events;
}

/** Runs a graph of one job, replays its last attempt with another handler, and gives the verdict on both. */
async function replayed(ran: Handler, again: Handler) {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ jobs: { a: { type: 'a', retry: { maximumAttempts: 1 } } } }, {}, { id: 'g' }));
  await work(db, { a: ran }, 'g');
  const replay = await replayAttempt(await recordedAttempt(db, 'g', 'a'), again);
  await db.close();
  return replay;
}

for (const engine of engines) {
  const spec = describe(`replays on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test(
    'a handler is given exactly what it was given then, for every attempt, and the log stays as it is',
    async () => {
      const db = await freshStore(engine);
      const ran: unknown[] = [];
      const handlers: Handlers = {
        fetch: () => ({ rows: 3, text: 'x'.repeat(5000) }),
        copy: async (job) => {
          ran.push(seen(job));
          const { at } = (job.details ?? { at: 0 }) as { at: number };
          await job.heartbeat({ at: at + 1 }, 0.5);
          return job.attempt < 3 ? fault(`at ${at}`, { retryAfterMs: 1 }) : { at };
        },
      };
      const jobs = { fetch: { type: 'fetch' }, 'copy/1': { type: 'copy', after: ['fetch'], args: { own: true } } };
      await transactGraph(db, jobGraph({ jobs }, { org: 1 }, { id: 'g', labels: { team: 'x' } }));
      await work(db, handlers, 'g');
      const events = await eventsOf(db, 'g');
      const recorded = await Promise.all([1, 2, 3].map((attempt) => recordedAttempt(db, 'g', 'copy/1', { attempt })));
      assert.equal(recorded[2], await recordedAttempt(db, 'g', 'copy/1'));
      const stored = await eventsOf(db, 'g');
      await db.close();
      const first = ran.splice(0);
      for (const attempt of recorded) {
        const replay = await replayAttempt(JSON.parse(JSON.stringify(attempt)) as typeof attempt, handlers['copy']!);
        assert.equal([replay.verdict, replay.differences], ['same', []]);
        assert.equal(replay.heartbeats, [{ details: { at: attempt.attempt }, progress: 0.5 }]);
      }
      assert.equal([first.length, ran], [3, first]);
      assert.equal(stored, events);
      assert.equal(recorded[0]!.outcome.kind, 'faulted');
      assert.equal(recorded[2]!.outcome, { kind: 'finished', result: { at: 2 } });
    },
  );
  spec.run();
}

const spec = describe('the verdict on a replay', { timeoutMs: 60_000 });

spec.test('another result is told by path', async () => {
  const {
    verdict,
    differences,
    recorded,
    replayed: now,
  } = await replayed(
    () => ({ rows: 3, deep: { same: 1, old: [1] } }),
    () => ({ rows: 4, deep: { same: 1, fresh: null } }),
  );
  assert.is(verdict, 'different');
  assert.equal(differences, [
    { op: 'replace', path: '/result/rows', before: 3, value: 4 },
    { op: 'remove', path: '/result/deep/old', before: [1] },
    { op: 'add', path: '/result/deep/fresh', value: null },
  ]);
  assert.equal([recorded.kind, now.kind], ['finished', 'finished']);
});

const boom = (message: string) => () => {
  throw new TypeError(message);
};

spec.test('of exceptions, faults and aborts the class and the words count', async () => {
  const verdict = async (ran: Handler, again: Handler) => (await replayed(ran, again)).verdict;
  assert.is(await verdict(boom('a'), boom('a')), 'same');
  assert.is(await verdict(boom('a'), boom('b')), 'different');
  assert.is(await verdict(boom('a'), () => fault('a')), 'different');
  assert.is(
    await verdict(
      () => fault('a'),
      () => fault('a'),
    ),
    'same',
  );
  assert.is(
    await verdict(
      () => abort('a'),
      () => abort('a'),
    ),
    'same',
  );
  assert.is(
    await verdict(
      () => abort('a'),
      () => abortSilent('a'),
    ),
    'different',
  );
  assert.is(
    await verdict(
      () => abort('a'),
      () => 1,
    ),
    'different',
  );
  assert.is(
    await verdict(
      () => undefined,
      () => null,
    ),
    'same',
  );
  assert.is(await verdict(() => 1, { preProcess: () => 0, process: () => 0, postProcess: () => 1 }), 'same');
  const greedy = ({ args }: RunningJob) => Object.assign(args, { more: true });
  assert.is(await verdict(greedy, greedy), 'same', 'args are frozen in both');
  const notKept = await replayed(
    () => 1,
    () => new Map(),
  );
  assert.equal([notKept.verdict, notKept.replayed.kind], ['different', 'exception']);
  assert.match(JSON.stringify(notKept.replayed), /InvalidResultError/);
});

spec.test('of an attempt that was ended from elsewhere nobody knows how it would have ended', async () => {
  const db = await freshStore('memory');
  const forever = ({ signal }: RunningJob) => new Promise((done) => signal.addEventListener('abort', done));
  const jobs = { late: { type: 'a', timeoutMs: 5 }, stopped: { type: 'a' }, ours: { type: 'a' } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'g' }));
  const worker = await start({ concurrency: 3 }, db, { a: forever });
  const hasStarted = async (id: string) =>
    (await eventsOf(db, 'g')).some((event) => event.type === 'JobStarted' && event.jobId === id);
  await eventually('they run', async () => (await hasStarted('stopped')) && (await hasStarted('ours')));
  await eventually('the time of one is up', async () =>
    (await eventsOf(db, 'g')).some(({ type }) => type === 'JobFaulted'),
  );
  await abortJob(db, 'g', 'stopped', { by: 'anna', reason: 'not today' });
  await abortGraph(db, 'g', { by: 'ben', reason: 'enough' });
  await worker.stop();
  for (const [id, outcome] of Object.entries({ late: 'faulted', stopped: 'aborted', ours: 'aborted' })) {
    const recorded = await recordedAttempt(db, 'g', id);
    assert.is(recorded.outcome.kind, outcome);
    const { verdict, replayed: now } = await replayAttempt(recorded, () => 7);
    assert.equal([verdict, now], ['incomparable', { kind: 'finished', result: 7 }]);
  }
  const { outcome } = await recordedAttempt(db, 'g', 'stopped');
  assert.equal(outcome, { kind: 'aborted', byHandler: false, by: 'anna', message: 'not today', silent: true });
  await db.close();
});

spec.test('the signal is handed on; bad heartbeats are refused as they are by a worker', async () => {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [] }, {}, { id: 'g' }));
  await work(db, { a: () => 'aborted' }, 'g');
  const recorded = await recordedAttempt(db, 'g', 'a');
  const stop = new AbortController();
  const wait = async ({ signal, heartbeat }: RunningJob) => {
    await heartbeat(undefined, 7).catch((error: { code: string }) => assert.is(error.code, 'heartbeat-invalid'));
    void heartbeat(new Map());
    return await new Promise((done) => {
      signal.addEventListener('abort', () => done('aborted'));
      stop.abort();
    });
  };
  const heard: unknown[] = [];
  const replay = await replayAttempt(recorded, wait, { signal: stop.signal, onHeartbeat: (beat) => heard.push(beat) });
  assert.equal([replay.verdict, replay.heartbeats, heard], ['same', [], []]);
  await db.close();
});

spec.test('what cannot be replayed is refused, saying why', async () => {
  const db = await freshStore('memory');
  await transactGraph(db, jobGraph({ a: [], b: ['a'], c: ['b'] }, {}, { id: 'g' }));
  let isHeld = true;
  const worker = await start({ concurrency: 2 }, db, {
    a: () => 1,
    b: async () => {
      while (isHeld) await new Promise((done) => setTimeout(done, 5));
    },
  });
  await eventually('b runs', async () =>
    (await eventsOf(db, 'g')).some((event) => event.type === 'JobStarted' && event.jobId === 'b'),
  );
  const refusal = async (graphId: string, jobId: string, attempt?: number) =>
    await recordedAttempt(db, graphId, jobId, attempt === undefined ? {} : { attempt }).then(
      () => assert.unreachable('it has to be refused'),
      ({ code, message }: { code: string; message: string }) => [code, message],
    );
  assert.equal(await refusal('h', 'a'), ['graph-not-found', 'there is no graph "h"']);
  assert.equal(await refusal('g', 'x'), ['job-not-found', 'graph g has no job "x"']);
  assert.equal(await refusal('g', 'c'), ['attempt-not-found', 'no attempt of job "c" of graph g has been made']);
  assert.equal(await refusal('g', 'a', 2), ['attempt-not-found', 'job "a" of graph g has no attempt 2; there is 1']);
  const running = 'attempt of job "b" of graph g has not ended, so there is no outcome of it yet';
  assert.equal(await refusal('g', 'b'), ['attempt-not-ended', `the only ${running}`]);
  assert.equal(await refusal('g', 'b', 1), ['attempt-not-ended', running.replace('attempt', 'attempt 1')]);
  isHeld = false;
  await worker.stop();
  await forkGraph(db, 'g', { from: ['b'], id: 'f' });
  assert.equal(await refusal('f', 'a'), [
    'attempt-not-found',
    'job "a" of graph f did not run there: its result was carried over from attempt 1 in graph g; name that one',
  ]);
  await db.close();
});
spec.run();
