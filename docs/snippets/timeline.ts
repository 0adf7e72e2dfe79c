/* eslint-disable no-console */
import { install, jobGraph, start, store, timeline, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({}, db, { load: () => 3, report: () => 'ready' });
const { graphId } = await transactGraph(db, jobGraph({ load: [], report: ['load'] }));
await waitForGraph(db, graphId);

// #region timeline
const { jobs, criticalPath, totals } = await timeline(db, graphId);
for (const { jobId, spans } of jobs) {
  const running = spans.filter(({ kind }) => kind === 'running');
  console.log(
    jobId,
    running.map(({ attempt, ending }) => `attempt ${attempt} ${ending}`),
  );
}
console.log(criticalPath, Object.keys(totals));
// #endregion
await worker.stop();
