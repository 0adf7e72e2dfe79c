/** Forks of graphs in every kind of store, and what workers make of them. */
import {
  fault,
  type Fork,
  forkGraph,
  type ForkRequest,
  graphInfo,
  graphs,
  type Handlers,
  history,
  jobGraph,
  jobInfo,
  start,
  type Store,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import { verify } from '../../src/history/verify/verify.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const shape = { fetch: [], parse: ['fetch'], count: ['parse'], aside: [] };

/** Handlers that note what runs; `parse` fails while something is broken. */
class Program {
  readonly ran: string[] = [];
  isBroken = true;
  large = 'x';

  readonly handlers: Handlers = {
    fetch: (job) => this.note(job.id, { rows: 3, text: this.large }),
    parse: (job) => {
      this.note(job.id, null);
      if (this.isBroken) throw new TypeError('no such column');
      const { rows, text } = job.inputs['fetch'] as { rows: number; text: string };
      return { doubled: rows * 2, length: text.length };
    },
    count: (job) => this.note(job.id, job.inputs['parse'] as unknown),
    aside: (job) => this.note(job.id, job.attempt === 1 ? fault('once more', { retryAfterMs: 1 }) : 'aside'),
  };

  private note<A>(id: string, result: A): A {
    this.ran.push(id);
    return result;
  }
}

async function settle(db: Store, program: Program, graphId: string) {
  const worker = await start({ concurrency: 4 }, db, program.handlers);
  const done = await waitForGraph(db, graphId);
  await worker.stop();
  return done;
}

const ids = (jobs: Fork['runs'] | Fork['carried']) => jobs.map(({ id }) => id);

for (const engine of engines) {
  const spec = describe(`forks on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });

  spec.test('a failed graph goes on in a fork: what finished is not run again, the rest is', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    await transactGraph(db, jobGraph(shape, { org: 1 }, { id: 'nightly', labels: { team: 'x' }, priority: 2 }));
    assert.is((await settle(db, program, 'nightly')).status, 'failed');
    const before = await graphInfo(db, 'nightly');

    const preview = await forkGraph(db, 'nightly', { failed: true, id: 'again', dryRun: true });
    assert.equal(
      [ids(preview.runs), ids(preview.carried), preview.stored],
      [['parse', 'count'], ['fetch', 'aside'], false],
    );
    assert.equal(
      (await graphs(db)).items.map(({ id }) => id),
      ['nightly'],
    );

    const fork = await forkGraph(db, 'nightly', { failed: true, id: 'again' });
    assert.equal({ ...fork, stored: false }, preview);
    assert.is(fork.stored, true);
    assert.is((await forkGraph(db, 'nightly', { failed: true, id: 'again' })).stored, false);

    program.isBroken = false;
    program.ran.length = 0;
    const done = await settle(db, program, 'again');
    assert.equal([done.status, program.ran], ['finished', ['parse', 'count']]);
    assert.equal(done.jobs['count']!.result, { doubled: 6, length: 1 });
    assert.equal([done.labels, done.priority, done.jobs['parse']!.args], [{ team: 'x' }, 2, { org: 1 }]);
    assert.equal(done.forkedFrom, fork.forkedFrom);

    const aside = await jobInfo(db, 'again', 'aside');
    const finish = await lastEvent(db, 'nightly', 'aside');
    assert.equal([aside.status, aside.attempt, aside.result, aside.startedAt], ['finished', 0, 'aside', null]);
    assert.equal(aside.carriedFrom, {
      graphId: 'nightly',
      attempt: 2,
      eventId: finish.id,
      finishedAt: finish.recordedAt,
    });
    assert.equal(await graphInfo(db, 'nightly'), before, 'the old graph stays as it was');
    assert.equal((await verify(db)).problems, []);

    const [submitted] = await eventsOf(db, 'again');
    assert.is(submitted!.schemaVersion, 2);
    assert.is((await eventsOf(db, 'nightly'))[0]!.schemaVersion, 1);
    await db.close();
  });

  spec.test('results that are large go through in parts, and reach the jobs that need them', async () => {
    const db = await freshStore(engine);
    const program = new Program();
    program.large = 'x'.repeat(200_000);
    const fetches = Object.fromEntries(['one', 'two', 'three'].map((id) => [id, { type: 'fetch' }]));
    const jobs = {
      ...fetches,
      fetch: { type: 'fetch', after: ['one', 'two', 'three'] },
      parse: { type: 'parse', after: ['fetch'] },
    };
    await transactGraph(db, jobGraph({ jobs }, {}, { id: 'large' }));
    await settle(db, program, 'large');
    program.isBroken = false;
    program.ran.length = 0;
    const fork = await forkGraph(db, 'large', { failed: true });
    assert.equal(ids(fork.carried), ['one', 'two', 'three', 'fetch']);
    const parts = await eventsOf(db, fork.graphId);
    assert.is(parts.length, 4);
    const done = await settle(db, program, fork.graphId);
    assert.equal([done.status, program.ran], ['finished', ['parse']]);
    assert.equal(done.jobs['parse']!.result, { doubled: 6, length: 200_000 });
    const again = await forkGraph(db, fork.graphId, { from: ['parse'] });
    assert.equal(
      again.carried.map(({ id, graphId }) => [id, graphId]),
      [
        ['one', 'large'],
        ['two', 'large'],
        ['three', 'large'],
        ['fetch', 'large'],
      ],
    );
    await db.close();
  });
  spec.run();
}

const spec = describe('asking for forks');

spec.test('a running graph is forked as it stands, or as it stood', async () => {
  const db = await freshStore('memory');
  const program = new Program();
  program.isBroken = false;
  await transactGraph(db, jobGraph(shape, {}, { id: 'g' }));
  const beginning = await forkGraph(db, 'g', { from: ['parse'] });
  assert.equal(
    [ids(beginning.carried), beginning.runs.map(({ reason }) => reason)],
    [[], ['not-finished', 'chosen', 'below-chosen', 'not-finished']],
  );
  assert.is((await eventsOf(db, beginning.graphId))[0]!.schemaVersion, 1, 'nothing is carried over');
  await settle(db, program, 'g');
  const { position: asOf } = await lastEvent(db, 'g', 'fetch');
  assert.ok(!ids((await forkGraph(db, 'g', { from: ['count'], asOf, dryRun: true })).carried).includes('parse'));
  assert.equal(ids((await forkGraph(db, 'g', { from: ['count'], dryRun: true })).carried), ['fetch', 'parse', 'aside']);
  await db.close();
});

spec.test('what cannot be is refused, and nothing is written', async () => {
  const db = await freshStore('memory');
  const program = new Program();
  program.isBroken = false;
  await transactGraph(db, jobGraph(shape, {}, { id: 'g' }));
  await settle(db, program, 'g');
  await forkGraph(db, 'g', { from: ['count'], id: 'taken' });
  const size = (await eventsOf(db, 'g')).length + (await eventsOf(db, 'taken')).length;
  const refused: readonly (readonly [string, ForkRequest, RegExp])[] = [
    [
      'g',
      {},
      /^say which jobs of graph g must run again: name them \(from\), take those that failed \(failed\), or give other args \(args\)$/,
    ],
    ['g', { failed: true }, /^nothing in graph g has failed or was aborted \(it is finished\)/],
    ['g', { from: ['nope'] }, /^graph g has no job "nope"$/],
    ['h', { failed: true }, /^there is no graph "h"$/],
    ['g', { from: ['parse'], id: 'taken' }, /^another graph is stored under the id "taken"; nothing was changed$/],
    ['g', { from: ['parse'], id: 'g' }, /^another graph is stored under the id "g"/],
    ['g', { from: ['parse'], id: 'a/b' }, /^graph id "a\/b" has a slash/],
    ['g', { from: ['parse'], labels: { x: 'y'.repeat(20_000) } }, /^labels take \d+ bytes/],
  ];
  for (const [graphId, request, message] of refused) {
    const error = await forkGraph(db, graphId, request).then(
      () => null,
      (thrown: unknown) => thrown as Error,
    );
    assert.match(error?.message ?? '', message);
  }
  assert.is((await graphs(db)).items.length, 2);
  assert.is((await eventsOf(db, 'g')).length + (await eventsOf(db, 'taken')).length, size);
  await db.close();
});

spec.test('a job that is too large with its result cannot be carried over, and the refusal says so', async () => {
  const db = await freshStore('memory');
  const ids = Array.from({ length: 800 }, (_, n) => `${String(n)}${'i'.repeat(450)}`);
  const parents = Object.fromEntries(ids.map((id) => [id, { type: 'small' }]));
  const jobs = { ...parents, wide: { type: 'wide', after: ids }, last: { type: 'small', after: ['wide'] } };
  await transactGraph(db, jobGraph({ jobs }, {}, { id: 'wide' }));
  const handlers = { small: () => null, wide: () => 'x'.repeat(500_000) };
  const worker = await start({ concurrency: 50 }, db, handlers);
  await waitForGraph(db, 'wide');
  await worker.stop();
  const error = await forkGraph(db, 'wide', { from: ['last'] }).catch((thrown: unknown) => thrown as Error);
  assert.match(
    (error as Error).message,
    /^job "wide" takes \d+ bytes as JSON with its args, its parents and the result it carries over; the limit is 786432$/,
  );
  assert.is((await forkGraph(db, 'wide', { from: ['wide'] })).stored, true);
  await db.close();
});
spec.run();

async function eventsOf(db: Store, graphId: string) {
  const events = [];
  for await (const event of history(db, graphId)) events.push(event);
  return events;
}

async function lastEvent(db: Store, graphId: string, jobId: string) {
  return (await eventsOf(db, graphId)).filter((event) => event.jobId === jobId).at(-1)!;
}
