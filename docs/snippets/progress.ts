/* eslint-disable no-console */
import { fault, type Handlers, install, jobGraph, jobInfo, start, store, transactGraph, waitForGraph } from 'overseer';

// #region handler
const handlers: Handlers = {
  copy: async (job) => {
    const from = (job.details as { copied: number } | null)?.copied ?? 0;
    console.log(`attempt ${job.attempt} begins at ${from}`);
    for (let copied = from + 1; copied <= 10; copied++) {
      await job.heartbeat({ copied }, copied / 10);
      if (copied === 4 && job.attempt === 1) fault('the network is down', { retryAfterMs: 10 });
    }
    return 'all copied';
  },
};
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ copy: [] }));
await waitForGraph(db, graphId);
const { result, progress, attempt } = await jobInfo(db, graphId, 'copy');
console.log(result, progress, attempt);
await worker.stop();
