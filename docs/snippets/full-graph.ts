/* eslint-disable no-console */
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

// #region graph
const graph = jobGraph(
  {
    jobs: {
      'page 1': { type: 'fetch', args: { page: 1 } },
      'page 2': { type: 'fetch', args: { page: 2 }, retry: { maximumAttempts: 5 } },
      index: { type: 'index', after: ['page 1', 'page 2'], timeoutMs: 60_000 },
    },
  },
  { site: 'example.org' },
  { labels: { team: 'search' }, priority: 10 },
);
// #endregion

// #region handlers
const handlers: Handlers = {
  fetch: ({ args }) => ({ site: args.site, page: args.page }),
  index: ({ inputs }) => Object.entries(inputs),
};
// #endregion

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, graph);
const worker = await start({}, db, handlers);
const done = await waitForGraph(db, graphId);
console.log(done.jobs.index?.result);
await worker.stop();
