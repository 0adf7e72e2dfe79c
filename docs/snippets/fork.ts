/* eslint-disable no-console */
import { forkGraph, graphInfo, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);

let column = 'amount';
const worker = await start({}, db, {
  fetch: () => [{ price: 3 }, { price: 4 }],
  sum: ({ inputs }) => {
    const rows = inputs['fetch'] as Record<string, number>[];
    if (rows.some((row) => row[column] === undefined)) throw new TypeError(`no row has a column ${column}`);
    return rows.reduce((sum, row) => sum + row[column]!, 0);
  },
  report: ({ inputs }) => `the sum is ${inputs['sum']}`,
});
const graph = jobGraph({ fetch: [], sum: ['fetch'], report: ['sum'] }, {}, { id: 'nightly' });
await transactGraph(db, graph);
await waitForGraph(db, 'nightly');
column = 'price';

// #region fork
const preview = await forkGraph(db, 'nightly', { failed: true, dryRun: true });
console.log(preview.runs.map((job) => `${job.id}: ${job.reason}`));

const fork = await forkGraph(db, 'nightly', { failed: true, id: 'nightly-2' });
const { status, jobs } = await waitForGraph(db, fork.graphId);
console.log(status, jobs['report']?.result);
console.log(jobs['fetch']?.attempt, jobs['fetch']?.carriedFrom?.graphId);
console.log((await graphInfo(db, 'nightly')).status);
// #endregion
await worker.stop();
await db.close();
