/* eslint-disable no-console */
import { harness, install, jobGraph, start, store, transactGraph, waitForGraph, type Wrapper } from 'overseer';

const logged: Wrapper = (process) => async (job) => {
  console.log(`${job.id} begins, attempt ${job.attempt}`);
  try {
    return await process(job);
  } finally {
    console.log(`${job.id} is over`);
  }
};

const handlers = {
  fetch: harness(() => 3, logged),
  report: harness({ process: ({ inputs }) => `${inputs.fetch} rows` }, logged),
};

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ fetch: [], report: ['fetch'] }));
const done = await waitForGraph(db, graphId);
console.log(done.jobs.report?.result);
await worker.stop();
