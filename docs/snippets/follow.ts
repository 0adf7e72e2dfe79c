/* eslint-disable no-console */
import { install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, jobGraph({ load: [], index: ['load'], report: ['index'] }));
const worker = await start({}, db, { load: () => 1, index: () => 2, report: () => 3 });

let shown = -1;
const { status } = await waitForGraph(db, graphId, {
  timeoutMs: 30_000,
  onChange: ({ counts }) => {
    if (counts.finished > shown) console.log(`${(shown = counts.finished)} of 3 finished`);
  },
});
console.log(status);
await worker.stop();
