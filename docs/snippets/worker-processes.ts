/* eslint-disable no-console */
import { install, jobGraph, startProcesses, store, transactGraph, waitForGraph } from 'overseer';

const address = 'sqlite:./overseer.db';
const workers = await startProcesses({ processes: 2 }, address, new URL('./primes.ts', import.meta.url));

const ranges = [0, 100_000, 200_000, 300_000];
const counts = ranges.map((from) => [`from ${from}`, { type: 'count', args: { from, to: from + 100_000 } }] as const);
const sum = { type: 'sum', after: counts.map(([id]) => id) };

const db = await store(address);
await install(db);
const { graphId } = await transactGraph(db, jobGraph({ jobs: { ...Object.fromEntries(counts), sum } }));
const { status, jobs } = await waitForGraph(db, graphId);
console.log(status, '-', jobs.sum?.result, 'primes');
await db.close();

await workers.stop();
console.log(workers.statistics.finished, 'jobs');
