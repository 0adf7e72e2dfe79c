/* eslint-disable no-console */
import { createHash } from 'node:crypto';
import { graphs, install, jobGraph, start, store, transactGraph, waitForGraph } from 'overseer';

// Any stores work here. In production they are clusters: 'esdb://a1,a2,a3', 'esdb://b1,b2,b3', …
const addresses = { north: 'sqlite:./north.db', south: 'sqlite:./south.db', west: 'sqlite:./west.db' };
const clusters = await Promise.all(
  Object.entries(addresses).map(async ([name, address]) => ({ name, db: await store(address) })),
);

/** Every cluster draws a number for a graph, always the same one; the highest has it. */
function clusterOf(graphId: string) {
  const drawn = (name: string) => createHash('sha256').update(`${name} ${graphId}`).digest('hex');
  return clusters.reduce((best, each) => (drawn(each.name) > drawn(best.name) ? each : best)).db;
}

for (const { db } of clusters) await install(db);
const workers = await Promise.all(clusters.map(({ db }) => start({ concurrency: 4 }, db, { load: () => null })));

const ids = Array.from({ length: 30 }, (_, day) => `nightly, day ${day + 1}`);
for (const id of ids) await transactGraph(clusterOf(id), jobGraph({ load: [] }, {}, { id }));
for (const id of ids) await waitForGraph(clusterOf(id), id);

for (const { name, db } of clusters) console.log(name, (await graphs(db)).items.length);
await Promise.all(workers.map((worker) => worker.stop()));
await Promise.all(clusters.map(({ db }) => db.close()));
