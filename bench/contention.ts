/** Claims that a faster worker made useless: four workers, 300 instant jobs. (Overseer: 330 to 826, over 110 %.) */
import { install, jobGraph, store, transactGraph, waitForGraph } from 'overseer';
import { freshAddress, median, report, timed } from './measure.js';
import { startProcesses, stopProcesses } from './processes.js';

const rounds = 7;
const lostShares: number[] = [];
const times: number[] = [];
for (let round = 0; round < rounds; round++) {
  const address = freshAddress();
  const db = await store(address);
  await install(db);
  const processes = await startProcesses(address, 4, 1);
  const jobs = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`j${index}`, { type: 'noop' }]));
  const graph = jobGraph({ jobs });
  const { ms } = await timed(async () => {
    await transactGraph(db, graph);
    await waitForGraph(db, graph.id);
  });
  times.push(ms);
  const statistics = await stopProcesses(processes);
  const claims = statistics.reduce((sum, each) => sum + each.claims, 0);
  const lost = statistics.reduce((sum, each) => sum + each.claimsLost, 0);
  lostShares.push((100 * lost) / claims);
  await db.close();
}
const note = `4 processes, concurrency 1, sqlite FULL, median of ${rounds}`;
report([
  {
    what: 'lost claims, 4 workers, 300 instant jobs',
    value: median(lostShares),
    unit: '%',
    target: { atMost: 5 },
    note,
  },
  { what: '300 instant jobs, 4 workers', value: median(times), unit: 'ms', note },
]);
