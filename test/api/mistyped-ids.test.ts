/** Ids of jobs and graphs that do not exist: the error names the one that was meant, if one is near. */
import * as overseer from '../../src/index.js';
import { refusal } from '../support/refusal.js';
import { assert, describe } from '../support/spec.js';
import { type Engine, engines, freshStore, missingFor } from '../support/stores.js';

const spec = describe('ids that do not exist', { timeoutMs: 60_000 });

const { jobGraph } = overseer;

const jobs = { 'page-1': { type: 'fetch' }, report: { type: 'join', after: ['page-1'] } };
const projection = overseer.defineProjection({ name: 'p', initial: 0, evolve: (state: number) => state });

async function world(engine: Engine = 'memory'): Promise<overseer.Store> {
  const db = await freshStore(engine);
  await overseer.install(db);
  await overseer.transactGraph(db, jobGraph({ jobs }, {}, { id: 'nightly' }));
  return db;
}

const byId: Readonly<Record<string, (db: overseer.Store, graphId: string, jobId: string) => unknown>> = {
  jobInfo: (db, graphId, jobId) => overseer.jobInfo(db, graphId, jobId),
  history: (db, graphId, jobId) => overseer.history(db, graphId, { jobId }),
  abortJob: (db, graphId, jobId) => overseer.abortJob(db, graphId, jobId),
  retryJob: (db, graphId, jobId) => overseer.retryJob(db, graphId, jobId),
  finishJob: (db, graphId, jobId) => overseer.finishJob(db, graphId, jobId, 1),
  failJob: (db, graphId, jobId) => overseer.failJob(db, graphId, jobId, 'no'),
  explainJob: (db, graphId, jobId) => overseer.explainJob(db, graphId, jobId),
  recordedAttempt: (db, graphId, jobId) => overseer.recordedAttempt(db, graphId, jobId),
  forkGraph: (db, graphId, jobId) => overseer.forkGraph(db, graphId, { from: [jobId] }),
};
const byGraph: typeof byId = {
  ...byId,
  graphInfo: (db, graphId) => overseer.graphInfo(db, graphId),
  waitForGraph: (db, graphId) => overseer.waitForGraph(db, graphId),
  abortGraph: (db, graphId) => overseer.abortGraph(db, graphId),
  retryGraph: (db, graphId) => overseer.retryGraph(db, graphId),
  explainGraph: (db, graphId) => overseer.explainGraph(db, graphId),
  timeline: (db, graphId) => overseer.timeline(db, graphId),
  graphHistory: (db, graphId) => overseer.graphHistory(db, graphId),
  resolveMoment: (db, graphId) => overseer.resolveMoment(db, graphId, '#1'),
  diff: (db, graphId) => overseer.diff(db, { graphId: 'nightly' }, { graphId }),
  bisect: (db, graphId) => overseer.bisect(db, graphId, { where: 'number > 1' }),
  whatIf: (db, graphId) => overseer.whatIf(db, graphId, { retry: {} }),
  compareProjections: (db, graphId) => overseer.compareProjections(db, projection, projection, { graphId }),
  exportLog: (db, graphId) => overseer.exportLog(db, { graphId }),
  estimateTimeLeft: (db, graphId) => overseer.estimateTimeLeft(db, graphId),
  pause: (db, graphId) => overseer.pause(db, { graphId }),
  resume: (db, graphId) => overseer.resume(db, { graphId }),
};
for (const engine of engines) {
  const title = `a mistyped job or graph is told which one is near [${engine}]`;
  const missing = missingFor(engine);
  if (missing !== null) {
    spec.skip(title, missing);
    continue;
  }
  spec.test(title, async () => {
    const db = await world(engine);
    for (const [name, call] of Object.entries(byId)) {
      assert.equal(
        await refusal(() => call(db, 'nightly', 'reprot')),
        ['job-not-found', 'graph nightly has no job "reprot"; did you mean report?'],
        name,
      );
    }
    for (const [name, call] of Object.entries(byGraph)) {
      assert.equal(
        await refusal(() => call(db, 'nightyl', 'report')),
        ['graph-not-found', 'there is no graph "nightyl"; did you mean nightly?'],
        name,
      );
    }
    await db.close();
  });
}

spec.test('no id that was made is proposed, and none that is far', async () => {
  const db = await world();
  const { id } = jobGraph({ a: [] });
  await overseer.transactGraph(db, jobGraph({ a: [] }, {}, { id }));
  const near = id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
  for (const graphId of [near, 'xyz']) {
    const said = await refusal(() => overseer.graphInfo(db, graphId));
    assert.equal(said, ['graph-not-found', `there is no graph "${graphId}"`]);
  }
  const early = await refusal(() => overseer.graphInfo(db, 'nightly', { asOf: '0' as overseer.Position }));
  assert.equal(early, ['graph-not-found', 'there is no graph "nightly"'], 'the graph itself is not proposed');
});
spec.run();
