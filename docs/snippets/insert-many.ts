/* eslint-disable no-console */
import { install, jobsReady, simpleGraph, store, transactGraph } from 'overseer';

const db = await store('memory:');
await install(db);

const addresses = ['first@example.org', 'second@example.org'];
const jobs = addresses.map((to) => ({ id: to, type: 'send', args: { to } }));
await transactGraph(db, simpleGraph(...jobs));

for (const { jobId, type } of (await jobsReady(db)).items) console.log(type, jobId);
