/* eslint-disable no-console */
import { archiveGraphs, graphInfo, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('sqlite:./nightly.db');
await install(db);
const worker = await start({}, db, { fetch: () => [120, 80, 310] });
for (const id of ['monday', 'tuesday']) {
  await transactGraph(db, jobGraph({ fetch: [] }, {}, { id }));
  await waitForGraph(db, id);
}
await worker.stop();

// #region archive
const old = await archiveGraphs(db, { olderThan: '90d' });
console.log(old.graphs, old.graphsNotOver);

const { graphs, moved, isComplete } = await archiveGraphs(db, { olderThan: 0 });
console.log(graphs, moved.events, moved.files, isComplete);

const { status, jobs } = await graphInfo(db, 'monday');
console.log(status, jobs['fetch']?.result);
// #endregion

await db.close();
