/* eslint-disable no-console */
import {
  estimateTimeLeft,
  type Handlers,
  install,
  jobGraph,
  start,
  store,
  transactGraph,
  waitForGraph,
} from 'overseer';

const handlers: Handlers = { fetch: () => 1, count: () => 2 };
const shape = { fetch: [], count: ['fetch'] };

const db = await store('memory:');
await install(db);
await transactGraph(db, jobGraph(shape, {}, { id: 'monday', labels: { team: 'billing' } }));
const worker = await start({}, db, handlers);
await waitForGraph(db, 'monday');
await worker.stop();

// #region estimate
await transactGraph(db, jobGraph(shape, {}, { id: 'tuesday', labels: { team: 'billing' } }));
const { leftMs, basedOn, labels, unknownJobs } = await estimateTimeLeft(db, 'tuesday', { slots: 4 });
console.log(leftMs !== null, basedOn, labels, unknownJobs);
// #endregion
await db.close();
