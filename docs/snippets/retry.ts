/* eslint-disable no-console */
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

class QuotaExceeded extends Error {}

const handlers: Handlers = {
  flaky: ({ attempt }) => {
    if (attempt < 3) throw new Error('connection reset');
    return `done on attempt ${attempt}`;
  },
  greedy: () => {
    throw new QuotaExceeded('100 of 100 used');
  },
};

// #region policy
const patient = { maximumAttempts: 5, initialIntervalMs: 10, nonRetryable: ['QuotaExceeded'] };
const options = { types: { flaky: { retry: patient }, greedy: { retry: patient } } };
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start(options, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ flaky: [], greedy: [] }));
const { jobs } = await waitForGraph(db, graphId);
console.log(jobs.flaky?.status, jobs.flaky?.attempt, jobs.flaky?.result);
console.log(jobs.greedy?.status, jobs.greedy?.attempt, jobs.greedy?.failure?.message);
await worker.stop();
