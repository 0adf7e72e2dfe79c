/* eslint-disable no-console, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-base-to-string, @typescript-eslint/restrict-template-expressions */
import { type Handlers, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const handlers: Handlers = {
  fetch: () => [120, 80, 310], // what a handler returns is its job's result
  count: ({ inputs }) => inputs.fetch.length, // inputs: the results of the job's parents
  max: ({ inputs }) => Math.max(...inputs.fetch),
  report: ({ args, inputs }) => `${args.shop}: ${inputs.count} orders, the largest ${inputs.max}`,
};

const db = await store('sqlite:./overseer.db');
await install(db); // prepares the file; once is enough, twice is fine

const graph = jobGraph({ fetch: [], count: ['fetch'], max: ['fetch'], report: ['count', 'max'] }, { shop: 'Oslo' });
const { graphId } = await transactGraph(db, graph); // stores all of it or nothing

const worker = await start({ concurrency: 2 }, db, handlers);
const { status, jobs } = await waitForGraph(db, graphId);
console.log(status, '-', jobs.report?.result);
await worker.stop();
await db.close();
