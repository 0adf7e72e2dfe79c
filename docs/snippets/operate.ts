/* eslint-disable no-console */
import { abortGraph, graphInfo, install, jobGraph, retryGraph, start, store } from 'overseer';
import { transactGraph, waitForGraph } from 'overseer';

const db = await store('memory:');
await install(db);
let isBroken = true;
const worker = await start({}, db, {
  load: () => 3,
  save: () => {
    if (isBroken) throw new Error('the disk is full');
    return 'saved';
  },
});

const { graphId } = await transactGraph(db, jobGraph({ load: [], save: ['load'] }));
console.log((await waitForGraph(db, graphId)).status);

isBroken = false; // somebody made room
console.log(await retryGraph(db, graphId, { by: 'the night shift', reason: 'the disk was full' }));
console.log((await waitForGraph(db, graphId)).status);

const other = await transactGraph(db, jobGraph({ elsewhere: [] }));
await abortGraph(db, other.graphId, { by: 'the night shift', reason: 'not needed any more' });
const { status, abort } = await graphInfo(db, other.graphId);
console.log(status, abort?.by, abort?.reason);
await worker.stop();
