/* eslint-disable no-console */
import { finishJob, install, jobGraph, RejectedError, start, store, transactGraph, waitForGraph } from 'overseer';
import { graph, handlers } from './invoice.js';

const db = await store('memory:');
await install(db);
await transactGraph(db, jobGraph(graph, {}, { id: 'invoice-9' }));
const worker = await start({}, db, handlers);

// For example in a route of your own site, with the name of whoever is signed in.
await finishJob(db, 'invoice-9', 'approval', { sum: 800 }, { by: 'kari', reason: 'as ordered' });
try {
  await finishJob(db, 'invoice-9', 'approval', { sum: 900 }, { by: 'ola' });
} catch (error) {
  if (!(error instanceof RejectedError)) throw error;
  console.log(error.code);
}

const done = await waitForGraph(db, 'invoice-9');
console.log(done.jobs['approval']!.answer?.by, done.jobs['pay']!.result);
await worker.stop();
await db.close();
