/* eslint-disable no-console */
import { history, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, jobGraph({ load: [], index: ['load'], report: ['index'] }));
const worker = await start({}, db, { load: () => 1, index: () => 2, report: () => 3 });

// #region follow
for await (const { jobId, type } of history(db, graphId, { follow: true })) {
  if (type === 'JobFinished') console.log(`${jobId} is finished`);
  if (type === 'JobFinished' && jobId === 'report') break;
}

const { status } = await waitForGraph(db, graphId, { timeoutMs: 30_000 });
console.log(status);
// #endregion
await worker.stop();
