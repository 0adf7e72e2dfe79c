/** What it costs that somebody waits for every graph, in the process of the worker. */
import { jobGraph, start, transactGraph, waitForGraph } from 'overseer';
import { freshStore, isQuick, measured, report, timed } from './measure.js';
import { ratios } from './statistics.js';

const rounds = isQuick ? 2 : 5;
const graphs = isQuick ? 500 : 5000;

async function jobsPerSecond(isWaitedFor: boolean): Promise<number> {
  const db = await freshStore();
  const built = Array.from({ length: graphs }, () => jobGraph({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }));
  await Promise.all(built.map((graph) => transactGraph(db, graph)));
  const noop = () => null;
  const worker = await start({ concurrency: 200 }, db, { a: noop, b: noop, c: noop, d: noop });
  const { ms } = await timed(async () => {
    const waits = isWaitedFor ? built.map(({ id }) => waitForGraph(db, id)) : [];
    while (worker.statistics.finished < 4 * graphs) await new Promise((resolve) => setTimeout(resolve, 5));
    await Promise.all(waits);
  });
  await worker.stop();
  await db.close();
  return (4000 * graphs) / ms;
}

const without: number[] = [];
const withWaits: number[] = [];
// The first round warms up.
for (let round = -1; round < rounds; round++) {
  const order = round % 2 === 0 ? [true, false] : [false, true];
  for (const isWaitedFor of order) {
    const rate = await jobsPerSecond(isWaitedFor);
    if (round >= 0) (isWaitedFor ? withWaits : without).push(rate);
  }
}
const count = graphs.toLocaleString('en');
const note = `${count} diamonds, concurrency 200, sqlite FULL, ${rounds} rounds`;
report([
  { what: `${count} waits at once`, ...measured(withWaits), unit: 'jobs/s', note },
  { what: 'the same without waits', ...measured(without), unit: 'jobs/s', note },
  {
    what: `${count} waits ÷ none`,
    ...measured(ratios(withWaits, without)),
    unit: '×',
    target: { atLeast: 0.8 },
    note,
  },
]);
