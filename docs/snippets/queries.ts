/* eslint-disable no-console */
import {
  graphs,
  install,
  jobGraph,
  jobs,
  jobsReady,
  jobsWithStatus,
  start,
  store,
  transactGraph,
  waitForGraph,
  workers,
} from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({}, db, { load: () => 3 });

const done = await transactGraph(db, jobGraph({ load: [] }, {}, { labels: { team: 'search' } }));
await waitForGraph(db, done.graphId);
const waiting = jobGraph({
  jobs: { a: { type: 'index' }, b: { type: 'index' }, all: { type: 'join', after: ['a', 'b'] } },
});
await transactGraph(db, waiting);

// #region queries
const finished = await graphs(db, { status: 'finished', labels: { team: 'search' } });
console.log(finished.items.map(({ status, counts }) => `${status}, ${counts.finished} job`));

console.log((await jobsReady(db)).items.map(({ jobId }) => jobId));

let page = await jobsWithStatus(db, 'unstarted', { limit: 2 });
console.log(page.items.map(({ jobId }) => jobId));
page = await jobsWithStatus(db, 'unstarted', { limit: 2, after: page.next! });
console.log(
  page.items.map(({ jobId }) => jobId),
  page.next,
);

const late = await jobs(db, { status: ['waiting', 'blocked'], type: 'join' });
console.log(late.items.map(({ id, derivedStatus, parents }) => `${id} is ${derivedStatus} for ${parents.join(', ')}`));

const seen = await workers(db);
console.log(seen.items.map(({ finished, running }) => ({ finished, running: running.length })));
// #endregion
await worker.stop();
