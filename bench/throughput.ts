/** No-op jobs a second, one worker process, in graphs of 50: submitted beforehand, then run. */
import { jobGraph, start, transactGraph } from 'overseer';
import { freshStore, isQuick, measured, report, timed } from './measure.js';

const rounds = 3;
const graphs = isQuick ? 100 : 400;
const each = 50;
const submitting: number[] = [];
const running: number[] = [];
for (let round = 0; round < rounds; round++) {
  const db = await freshStore();
  const jobs = Object.fromEntries(Array.from({ length: each }, (_, index) => [`j${index}`, { type: 'noop' }]));
  const built = Array.from({ length: graphs }, () => jobGraph({ jobs }));
  const submitted = await timed(() => Promise.all(built.map((graph) => transactGraph(db, graph))));
  submitting.push((1000 * graphs * each) / submitted.ms);
  const worker = await start({ concurrency: 200 }, db, { noop: () => null });
  const ran = await timed(async () => {
    while (worker.statistics.finished < graphs * each) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  running.push((1000 * graphs * each) / ran.ms);
  await worker.stop();
  await db.close();
}
const note = `${graphs} graphs of ${each} jobs, concurrency 200, sqlite FULL, median of ${rounds}`;
report([
  { what: 'no-op jobs run, one worker process', ...measured(running), unit: 'jobs/s', note },
  { what: 'jobs submitted', ...measured(submitting), unit: 'jobs/s', note },
]);
