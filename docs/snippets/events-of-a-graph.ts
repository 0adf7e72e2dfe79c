/* eslint-disable no-console */
import { history, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, jobGraph({ fetch: [], report: ['fetch'] }));
const worker = await start({}, db, { fetch: () => 3, report: ({ inputs }) => `${inputs.fetch} rows` });
await waitForGraph(db, graphId);

for await (const { position, jobId, revision, type } of history(db, graphId)) {
  console.log(`position ${position}: ${jobId ?? 'the graph'}, revision ${revision}, ${type}`);
}
await worker.stop();
