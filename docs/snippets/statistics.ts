/* eslint-disable no-console */
import { install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
const worker = await start({}, db, { load: () => 3 });
const { graphId } = await transactGraph(db, jobGraph({ load: [] }));
await waitForGraph(db, graphId);
await worker.stop();
console.log(worker.statistics);
