import {
  abortGraph,
  abortJob,
  abortMatching,
  graphInfo,
  jobGraph,
  LogError,
  type MatchingOutcome,
  retryMatching,
  type Selection,
  start,
  Store,
  systemEnvironment,
  transactGraph,
  waitForGraph,
} from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { createMemoryLog } from '../../src/log/memory/memory-log.js';
import { TE } from '../../src/prelude/fp.js';
import { assert, describe } from '../support/spec.js';
import { engines, freshStore, missingFor } from '../support/stores.js';

const refused = (code: string, message: RegExp) => (error: unknown) => {
  const { code: got, message: said } = error as { readonly code?: string; readonly message: string };
  assert.match(said, message);
  return got === code;
};
const places = (outcomes: readonly MatchingOutcome[]) =>
  outcomes.map(({ graphId, jobId }) => (jobId === null ? graphId : `${graphId}/${jobId}`)).sort();

async function submit(db: Store, id: string, labels: Record<string, string> = {}): Promise<void> {
  await transactGraph(db, jobGraph({ load: [], parse: ['load'], send: [] }, {}, { id, labels }));
}

/** Runs a graph in which `parse` fails. */
async function failing(db: Store, id: string, labels: Record<string, string> = {}): Promise<void> {
  await submit(db, id, labels);
  const parse = () => {
    throw new Error('boom');
  };
  const worker = await start({ concurrency: 3 }, db, { load: () => 1, parse, send: () => 2 });
  await waitForGraph(db, id);
  await worker.stop();
}

for (const engine of engines) {
  const spec = describe(`operating on what matches, on ${engine}`, { timeoutMs: 60_000, missing: missingFor(engine) });
  let db: Store;
  spec.beforeEach(async () => {
    db = await freshStore(engine);
  });
  spec.afterEach(() => db.close());

  spec.test('graphs by label and status, with a preview that changes nothing', async () => {
    await submit(db, 'one', { team: 'a' });
    await submit(db, 'two', { team: 'a', day: '2' });
    await submit(db, 'three', { team: 'b' });
    await abortGraph(db, 'two');
    const selection: Selection = { labels: { team: 'a' } };
    const preview = await abortMatching(db, selection, { dryRun: true });
    assert.equal(
      preview.map(({ graphId, status, jobs, done }) => [graphId, status, jobs, done]),
      [['one', 'running', 3, false]],
    );
    assert.is((await graphInfo(db, 'one')).status, 'running');
    const told: string[] = [];
    const done = await abortMatching(db, selection, { by: 'ann', onOutcome: ({ graphId }) => told.push(graphId) });
    assert.equal([places(done), done[0]!.done, told], [['one'], true, ['one']]);
    assert.equal((await graphInfo(db, 'one')).abort?.by, 'ann');
    assert.is((await graphInfo(db, 'three')).status, 'running');
    assert.equal(await abortMatching(db, selection), []);
    assert.equal(places(await retryMatching(db, { status: 'aborted' }, { dryRun: true })), ['one', 'two']);
    assert.equal(places(await retryMatching(db, { status: 'aborted', labels: { day: '2' } })), ['two']);
    assert.is((await graphInfo(db, 'two')).status, 'running');
  });

  spec.test('jobs by type and status, in one graph and in all', async () => {
    await failing(db, 'x');
    await failing(db, 'y');
    await submit(db, 'z');
    assert.equal(places(await retryMatching(db, { type: 'parse' }, { dryRun: true })), ['x/parse', 'y/parse']);
    assert.equal(places(await retryMatching(db, { type: 'parse', limit: 1 }, { dryRun: true })).length, 1);
    assert.equal(places(await retryMatching(db, { graphId: 'x', status: 'failed' })), ['x/parse']);
    assert.is((await graphInfo(db, 'x')).jobs['parse']?.status, 'unstarted');
    assert.is((await graphInfo(db, 'y')).jobs['parse']?.status, 'failed');
    // `load` has finished, and `send` too: neither can be aborted.
    assert.equal(places(await abortMatching(db, { graphId: 'x' }, { dryRun: true })), ['x/parse']);
    assert.equal(places(await abortMatching(db, { type: 'load', status: 'ready' })), ['z/load']);
    assert.equal(places(await abortMatching(db, { type: 'parse', status: 'waiting' }, { dryRun: true })), []);
    await abortJob(db, 'z', 'send');
    assert.equal(places(await retryMatching(db, { graphId: 'z', status: 'aborted' }, { dryRun: true })), [
      'z/load',
      'z/send',
    ]);
  });

  spec.test('what selects by nothing, or by what there is not, is refused, and the nearest is named', async () => {
    await failing(db, 'x');
    const nothing = refused('selection-invalid', /nothing is selected by/);
    await assert.rejects(abortMatching(db, {}), nothing);
    await assert.rejects(abortMatching(db, { limit: 3 }), nothing);
    await assert.rejects(
      retryMatching(db, { status: 'faild' }),
      refused('selection-invalid', /of a graph; did you mean failed\?/),
    );
    await assert.rejects(
      retryMatching(db, { graphId: 'x', status: 'wating' }),
      refused('selection-invalid', /of a job; did you mean waiting\?/),
    );
    await assert.rejects(
      retryMatching(db, { type: 'prase' }),
      refused('selection-invalid', /has a job of type "prase"; did you mean parse\?/),
    );
    await assert.rejects(
      retryMatching(db, { graphId: 'x', type: 'laod' }),
      refused('selection-invalid', /graph x has no job of type "laod"; did you mean load\?/),
    );
    await assert.rejects(retryMatching(db, { graphId: 'nobody' }), refused('graph-not-found', /nobody/));
    await assert.rejects(retryMatching(db, { status: 'failed', limit: 0 }), refused('limit-invalid', /limit is 0/));
    assert.is((await graphInfo(db, 'x')).status, 'failed');
  });

  spec.run();
}

const failures = describe('operating on what matches, where something goes wrong');

/** A store on a log in which the histories of some graphs have gaps, from the moment on that they are named. */
function storeWithGaps(gaps: ReadonlySet<string>): Store {
  const log = createMemoryLog();
  const missing = (graphId: string) => new LogError('store-history-missing', `a part of ${graphId} is gone`);
  const readGraph: EventLog['readGraph'] = (graphId, upTo) =>
    gaps.has(graphId) ? TE.left(missing(graphId)) : log.readGraph(graphId, upTo);
  return new Store({ ...log, readGraph }, systemEnvironment);
}

failures.test('given one that cannot be changed, then the others are changed, and it is said why', async () => {
  const gaps = new Set<string>();
  const db = storeWithGaps(gaps);
  for (const id of ['one', 'two', 'three']) await submit(db, id);
  await db.live.catchUp();
  gaps.add('two');
  const outcomes = await abortMatching(db, { status: 'running' });
  assert.equal(
    outcomes.map(({ graphId, done, error }) => [graphId, done, error?.code ?? null]),
    [
      ['one', true, null],
      ['two', false, 'store-history-missing'],
      ['three', true, null],
    ],
  );
  assert.is((await graphInfo(db, 'three')).status, 'aborted');
  await db.close();
});

failures.test('given a log that fails as a whole, then it goes no further', async () => {
  const db = storeWithGaps(new Set());
  await submit(db, 'one');
  await submit(db, 'two');
  const told: string[] = [];
  const onOutcome = ({ graphId }: MatchingOutcome) => {
    told.push(graphId);
    void db.close();
  };
  await assert.rejects(abortMatching(db, { status: 'running' }, { onOutcome }), refused('store-closed', /closed/));
  assert.equal(told, ['one']);
});

failures.run();
