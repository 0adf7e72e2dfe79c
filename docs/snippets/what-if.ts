/* eslint-disable no-console */
import { fault, install, jobGraph, start, store, transactGraph, waitForGraph, whatIf } from 'overseer';

const db = await store('memory:');
await install(db);
const retry = { maximumAttempts: 3, initialIntervalMs: 1 };
const jobs = { fetch: { type: 'fetch', retry }, report: { type: 'report', after: ['fetch'] } };
await transactGraph(db, jobGraph({ jobs }, {}, { id: 'nightly' }));
const worker = await start({}, db, {
  fetch: ({ attempt }) => (attempt < 3 ? fault('the server is busy') : 'rows'),
  report: () => 'done',
});
await waitForGraph(db, 'nightly');
await worker.stop();

// #region what-if
const { recorded, supposed, jobs: different } = await whatIf(db, 'nightly', { retry: { maximumAttempts: 2 } });
console.log(recorded.status, recorded.attempts, '→', supposed.status, supposed.attempts);
for (const job of different) {
  console.log(`${job.id}: ${job.recorded} → ${job.supposed}`, job.notMade, job.because);
}
// #endregion
await db.close();
