/* eslint-disable no-console */
import { install, simpleGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);

let running = 0;
let most = 0;
const handlers = {
  encode: async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 20));
    running -= 1;
  },
};

// #region options
const options = { concurrency: 8, types: { encode: { concurrency: 2 } } };
const worker = await start(options, db, handlers);
// #endregion

const jobs = Array.from({ length: 6 }, (_, index) => ({ id: `clip ${index}`, type: 'encode' }));
const { graphId } = await transactGraph(db, simpleGraph(...jobs));
await waitForGraph(db, graphId);
console.log(`at most ${most} at a time`);
await worker.stop();
