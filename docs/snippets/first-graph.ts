/* eslint-disable no-console */
import { type Handlers, install, jobGraph, type RunningJob, start, store, transactGraph, waitForGraph } from 'overseer';

/** What the handlers are given: args of the graph, and the results of the job's parents. */
type ShopJob = RunningJob<{ shop: string }, { fetch: number[]; count: number; max: number }>;

const handlers: Handlers = {
  fetch: () => [120, 80, 310], // what a handler returns is its job's result
  count: ({ inputs }: ShopJob) => inputs.fetch.length,
  max: ({ inputs }: ShopJob) => Math.max(...inputs.fetch),
  report: ({ args, inputs }: ShopJob) => `${args.shop}: ${inputs.count} orders, the largest ${inputs.max}`,
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
