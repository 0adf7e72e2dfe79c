/* eslint-disable no-console */
import { install, pipeline, start, store, transactGraph, waitForGraph } from 'overseer';

const nightly = pipeline<{ shop: string }>()({ fetch: [], count: ['fetch'], report: ['count'] })
  .handle('fetch', () => [{ amount: 3, at: new Date('2026-01-31T18:00:00Z') }])
  .handle('count', ({ inputs }) => ({ orders: inputs.fetch.length, first: inputs.fetch[0]?.at ?? null }))
  .handle('report', ({ args, inputs }) => `${args.shop}: ${inputs.count.orders} since ${inputs.count.first}`);

const db = await store('memory:');
await install(db);
const { graphId } = await transactGraph(db, nightly.graph({ shop: 'Oslo' }));
const worker = await start({}, db, nightly.handlers);

const { jobs } = await waitForGraph(db, graphId, nightly);
if (jobs.report.status === 'finished') console.log(jobs.report.result.toUpperCase());
await worker.stop();
