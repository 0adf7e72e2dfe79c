/** Claims that a faster worker made useless: four and eight workers, 300 instant jobs. (Overseer: 330 to 826, over 110 %.) */
import { install, jobGraph, store, transactGraph, waitForGraph } from 'overseer';
import { type Figure, freshAddress, isQuick, measured, report, timed } from './measure.js';
import { startProcesses, stopProcesses } from './processes.js';

const rounds = isQuick ? 1 : 7;
const jobs = 300;

/** The share of claims that were lost, in percent, and how long it all took. */
async function runOf(processes: number): Promise<{ readonly lost: number; readonly ms: number }> {
  const address = freshAddress();
  const db = await store(address);
  await install(db);
  const workers = await startProcesses(address, processes, 1);
  const ids = Array.from({ length: jobs }, (_, index) => `j${index}`);
  const graph = jobGraph({ jobs: Object.fromEntries(ids.map((id) => [id, { type: 'noop' }])) });
  const { ms } = await timed(async () => {
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
  });
  const statistics = await stopProcesses(workers);
  await db.close();
  const claims = statistics.reduce((sum, each) => sum + each.claims, 0);
  const lost = statistics.reduce((sum, each) => sum + each.claimsLost, 0);
  return { lost: (100 * lost) / claims, ms };
}

const figures: Figure[] = [];
for (const [processes, atMost] of [
  [4, 3],
  [8, 5],
] as const) {
  const runs: { lost: number; ms: number }[] = [];
  for (let round = 0; round < rounds; round++) runs.push(await runOf(processes));
  const what = `${processes} workers, ${jobs} instant jobs`;
  const note = `a process each, concurrency 1, sqlite FULL, ${rounds === 1 ? 'one round' : `${rounds} rounds`}`;
  const lost = measured(runs.map((run) => run.lost));
  figures.push({ what: `lost claims, ${what}`, ...lost, unit: '%', target: { atMost }, note });
  figures.push({ what, ...measured(runs.map(({ ms }) => ms)), unit: 'ms', note });
}
report(figures);
