/* eslint-disable no-console */
import { graphInfo, history, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({}, db, { load: () => 3, report: () => 'ready' });
const { graphId } = await transactGraph(db, jobGraph({ load: [], report: ['load'] }));
await waitForGraph(db, graphId);

// #region as-of
for await (const { position, type, jobId } of history(db, graphId)) {
  const { jobs } = await graphInfo(db, graphId, { asOf: position });
  console.log(`${type} ${jobId ?? ''}: load ${jobs.load?.derivedStatus}, report ${jobs.report?.derivedStatus}`);
}
// #endregion
await worker.stop();
