/* eslint-disable no-console */
import { type Handler, type Handlers, harness, install, jobGraph, start, store } from 'overseer';
import { transactGraph, waitForGraph, type Wrapper } from 'overseer';

const plain: Handlers = {
  fetch: () => 3,
  report: {
    process: ({ inputs }) => Object.keys(inputs).length,
    postProcess: (_job, parents: number) => `${parents} parent`,
  },
};

// #region all
const stamped: Wrapper<'postProcess'> = (postProcess) => async (job, result) => ({
  value: await postProcess(job, result),
  attempt: job.attempt,
});

const stamp = (handler: Handler) => harness(handler, 'postProcess', stamped);
const handlers = Object.fromEntries(Object.entries(plain).map(([type, handler]) => [type, stamp(handler)]));
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ fetch: [], report: ['fetch'] }));
const done = await waitForGraph(db, graphId);
console.log(done.jobs.fetch?.result, done.jobs.report?.result);
await worker.stop();
