/* eslint-disable no-console */
import { once } from 'node:events';
import { abortJob, type Handlers, install, jobGraph, jobInfo, start, store, transactGraph } from 'overseer';

const db = await store('memory:');
await install(db);

// #region handler
const handlers: Handlers = {
  watch: async ({ graphId, id, signal }) => {
    void abortJob(db, graphId, id, { by: 'the night shift', reason: 'enough' }); // as an operator would, from anywhere
    await once(signal, 'abort');
    console.log((signal.reason as { code: string }).code);
    return 'too late to be kept';
  },
};
// #endregion

const worker = await start({}, db, handlers);
const { graphId } = await transactGraph(db, jobGraph({ watch: [] }));
while ((await jobInfo(db, graphId, 'watch')).status !== 'aborted') await new Promise(setImmediate);
await worker.stop();
const { status, abort, result } = await jobInfo(db, graphId, 'watch');
console.log(status, abort?.message, result);
