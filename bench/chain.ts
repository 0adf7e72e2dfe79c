/**
 * How long a chain of four instant jobs takes from its submission on, with default settings (Overseer: 40.1 s); and what a
 * job of a long chain takes, where nothing can be done at once.
 */
import { jobGraph, start, transactGraph, waitForGraph } from 'overseer';
import { freshStore, isQuick, measured, report, timed } from './measure.js';
import { median, quantile } from './statistics.js';

const rounds = isQuick ? 20 : 50;
const length = isQuick ? 200 : 1000;
const longRounds = isQuick ? 2 : 5;
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
const ids = Array.from({ length }, (_, index) => `j${index}`);
const links = Object.fromEntries(
  ids.map((id, index) => [id, { type: 'a', after: ids.slice(Math.max(0, index - 1), index) }]),
);
const perJob: number[] = [];
for (let round = 0; round < longRounds; round++) {
  const graph = jobGraph({ jobs: links });
  const { ms } = await timed(async () => {
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
  });
  perJob.push(ms / length);
}
await worker.stop();
await db.close();
const note = `default settings, sqlite FULL, ${rounds} rounds`;
report([
  { what: 'chain of 4 instant jobs, median', value: median(times), unit: 'ms', target: { atMost: 50 }, note },
  { what: 'chain of 4 instant jobs, slowest', value: quantile(times, 1), unit: 'ms', target: { atMost: 50 }, note },
  {
    what: `chain of ${length.toLocaleString('en')} instant jobs, a job`,
    ...measured(perJob),
    unit: 'ms',
    target: { atMost: 0.4 },
    note: `default settings, sqlite FULL, ${longRounds} rounds`,
  },
]);
