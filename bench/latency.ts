/** From the submission of a job to its start in another process of the machine. */
import { install, jobGraph, store, transactGraph, waitForGraph } from 'overseer';
import { freshAddress, isQuick, report } from './measure.js';
import { startProcesses, stopProcesses } from './processes.js';
import { quantile } from './statistics.js';

const rounds = isQuick ? 100 : 300;
const address = freshAddress();
const db = await store(address);
await install(db);
const processes = await startProcesses(address, 1, 1);
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  const graph = jobGraph({ stamp: [] });
  const submitted = performance.timeOrigin + performance.now();
  await transactGraph(db, graph);
  const done = await waitForGraph(db, graph.id);
  times.push((done.jobs['stamp']!.result as number) - submitted);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await stopProcesses(processes);
await db.close();
const note = `submitting to handler running, two processes, sqlite FULL, ${rounds} rounds`;
report([
  { what: 'submit → start, p50', value: quantile(times, 0.5), unit: 'ms', target: { atMost: 3 }, note },
  { what: 'submit → start, p99', value: quantile(times, 0.99), unit: 'ms', target: { atMost: 20 }, note },
]);
