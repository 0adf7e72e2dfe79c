/* eslint-disable no-console */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const handlers: Handlers = {
  slow: async ({ signal }) => {
    signal.addEventListener('abort', () => console.log((signal.reason as Error).message));
    await sleep(60_000, null, { signal });
  },
};

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const graph = jobGraph({ jobs: { slow: { type: 'slow', timeoutMs: 50 } } });
const { graphId } = await transactGraph(db, graph);
const { jobs } = await waitForGraph(db, graphId);
console.log(jobs.slow?.status, jobs.slow?.failure?.reason);
await worker.stop();
