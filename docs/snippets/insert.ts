/* eslint-disable no-console */
import { type GraphConflictError, install, jobGraph, jobsReady, store, transactGraph } from 'overseer';

const db = await store('sqlite:./overseer.db');
await install(db);

const nightly = (source: string) => jobGraph({ load: [], report: ['load'] }, { source }, { id: 'nightly 2026-01-31' });

const first = await transactGraph(db, nightly('orders'));
console.log(first.graphId, first.stored);

const again = await transactGraph(db, nightly('orders'));
console.log(again.graphId, again.stored);

await transactGraph(db, nightly('returns')).catch((error: GraphConflictError) => console.log(error.message));

console.log((await jobsReady(db)).items);
await db.close();
