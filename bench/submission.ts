/** Submitting one graph in which each job waits for three: whether what a job costs stays the same as graphs grow. */
import { graphInfo, jobGraph, transactGraph } from 'overseer';
import { type Figure, freshStore, isQuick, measured, report, timed } from './measure.js';
import { layers } from './shapes.js';
import { spreadOf } from './statistics.js';

const rounds = isQuick ? 1 : 5;
const sizes = isQuick ? [1000, 20_000] : [1000, 10_000, 100_000];
const least = sizes[0]!;
const most = sizes.at(-1)!;

interface Times {
  readonly submitting: number;
  readonly reading: number;
}

async function timesOf(size: number): Promise<Times> {
  const db = await freshStore();
  const { jobs } = layers(100, size / 100);
  const graph = jobGraph({
    jobs: Object.fromEntries(jobs.map(({ id, parents }) => [id, { type: 'noop', after: parents }])),
  });
  const submitting = await timed(() => transactGraph(db, graph));
  const reading = await timed(() => graphInfo(db, graph.id));
  await db.close();
  return { submitting: submitting.ms, reading: reading.ms };
}

await timesOf(least);
const times = new Map<number, Times[]>(sizes.map((size) => [size, []]));
for (let round = 0; round < rounds; round++) for (const size of sizes) times.get(size)!.push(await timesOf(size));

const inWords = (size: number) => size.toLocaleString('en');
const note = `one graph, 3 parents each, sqlite FULL, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`;
const seconds = sizes.map((size): Figure => {
  const what = `submitting ${inWords(size)} jobs`;
  const taken = measured(times.get(size)!.map(({ submitting }) => submitting / 1000));
  return { what, ...taken, unit: 's', ...(size === 100_000 && { target: { atMost: 1.2 } }), note };
});
const perJob = (size: number) => spreadOf(times.get(size)!.map(({ submitting }) => submitting / size)).median;
report([
  ...seconds,
  {
    what: `submitting, a job of ${inWords(most)} ÷ a job of ${inWords(least)}`,
    value: perJob(most) / perJob(least),
    unit: '×',
    target: { atMost: 1.1 },
    note: 'of the medians; 1 is linear',
  },
  {
    what: `graphInfo of ${inWords(most)} jobs`,
    ...measured(times.get(most)!.map(({ reading }) => reading / 1000)),
    unit: 's',
    note,
  },
]);
