/* eslint-disable no-console */
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const handlers: Handlers = {
  send: {
    preProcess: ({ args }) => {
      if (typeof args.to !== 'string') throw new Error('nobody to send it to');
    },
    process: ({ args }) => ({ to: args.to, receipt: 'r-17' }),
    postProcess: (_job, sent: { receipt: string }) => sent.receipt,
  },
};

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
for (const args of [{ to: 'first@example.org' }, {}]) {
  const { graphId } = await transactGraph(db, jobGraph({ send: [] }, args));
  const { jobs } = await waitForGraph(db, graphId);
  console.log(jobs.send?.status, jobs.send?.result ?? jobs.send?.failure?.message);
}
await worker.stop();
