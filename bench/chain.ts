/** How long a chain of four instant jobs takes from its submission on, with default settings. (Overseer: 40.1 s.) */
import { jobGraph, start, transactGraph, waitForGraph } from 'overseer';
import { freshStore, median, quantile, report, timed } from './measure.js';

const rounds = 50;
const db = await freshStore();
const worker = await start({}, db, { a: () => 1, b: () => 1, c: () => 1, d: () => 1 });
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  // Idle workers wait; a chain must not profit from the traffic of the one before.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const graph = jobGraph({ a: [], b: ['a'], c: ['b'], d: ['c'] });
  const { ms } = await timed(async () => {
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
  });
  times.push(ms);
}
await worker.stop();
await db.close();
const note = `default settings, sqlite FULL, ${rounds} rounds`;
report([
  { what: 'chain of 4 instant jobs, median', value: median(times), unit: 'ms', target: { atMost: 50 }, note },
  { what: 'chain of 4 instant jobs, slowest', value: quantile(times, 1), unit: 'ms', target: { atMost: 50 }, note },
]);
