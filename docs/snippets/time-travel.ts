/* eslint-disable no-console */
import {
  bisect,
  diff,
  graphHistory,
  install,
  jobGraph,
  resolveMoment,
  start,
  store,
  transactGraph,
  waitForGraph,
} from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({ concurrency: 1 }, db, { load: () => 3, report: (job) => `${job.inputs['load']} rows` });
const { graphId } = await transactGraph(db, jobGraph({ load: [], report: ['load'] }));
await waitForGraph(db, graphId);
await worker.stop();

// #region look
const past = await graphHistory(db, graphId);
for (let number = 1; number <= past.events.length; number++) {
  const { status, jobs } = past.at(number);
  console.log(`#${number}: ${status}, load ${jobs['load']?.derivedStatus}, report ${jobs['report']?.derivedStatus}`);
}

const { event, method } = await bisect(db, graphId, { where: 'jobs.report.attempt >= 1' });
console.log(`${event?.type} of ${event?.jobId}, found by a ${method} search`);

const asOf = await resolveMoment(db, graphId, '#2');
const { changed } = await diff(db, { graphId, asOf }, { graphId });
for (const { jobId, status, result } of changed) console.log(jobId, status, result);
// #endregion
await db.close();
