import { install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

const handlers = {
  fetch: () => [120, 80, 310],
  count: ({ inputs }) => inputs.fetch.length,
  report: ({ args, inputs }) => `${args.shop}: ${inputs.count} orders`,
};

const db = await store('sqlite:./overseer.db');
await install(db);
const graph = jobGraph({ fetch: [], count: ['fetch'], report: ['count'] }, { shop: 'Oslo' }, { id: 'orders' });
await transactGraph(db, graph);

const worker = await start({}, db, handlers);
const { status, jobs } = await waitForGraph(db, 'orders');
console.log(status, '-', jobs.report.result);
await worker.stop();
await db.close();
