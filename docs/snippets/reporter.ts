/* eslint-disable no-console */
import { abort, abortSilent, type ErrorReporter, install, jobGraph, start, store, transactGraph } from 'overseer';
import { waitForGraph } from 'overseer';

const reporter: ErrorReporter = {
  report: (error, job) => console.log(`${job.type}: ${(error as Error).message}`),
  close: () => Promise.resolve(),
};

const db = await store('memory:');
await install(db);
const worker = await start({ reporter }, db, {
  loud: () => abort('reported'),
  silent: () => abortSilent('not reported'),
});
const { graphId } = await transactGraph(db, jobGraph({ loud: [], silent: [] }));
await waitForGraph(db, graphId);
await worker.stop();
