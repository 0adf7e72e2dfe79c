/* eslint-disable no-console */
import { abort, fault, type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

// #region handlers
const handlers: Handlers = {
  returns: () => 'fine',
  throws: () => {
    throw new TypeError('no such column');
  },
  faults: ({ attempt }) => {
    if (attempt === 1) fault('the service is busy', { retryAfterMs: 10 });
    return `fine on attempt ${attempt}`;
  },
  aborts: () => abort('the customer has left'),
  child: () => 'never run',
};
// #endregion

const db = await store('memory:');
await install(db);
const worker = await start({}, db, handlers);
// #region graph
const graph = jobGraph({
  jobs: {
    returns: { type: 'returns' },
    throws: { type: 'throws' },
    faults: { type: 'faults' },
    aborts: { type: 'aborts' },
    'after throws': { type: 'child', after: ['throws'] },
    'after aborts': { type: 'child', after: ['aborts'] },
  },
});
// #endregion
const { graphId } = await transactGraph(db, graph);
const done = await waitForGraph(db, graphId);
console.log(`the graph: ${done.status}`);
for (const job of Object.values(done.jobs)) {
  const why = job.result ?? job.failure?.message ?? job.abort?.message ?? '';
  console.log(`${job.id}: ${job.status} (${job.derivedStatus}) ${why as string}`.trimEnd());
}
await worker.stop();
