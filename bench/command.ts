/** What a short command costs as a whole: the process, from its start to its end. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { install, jobGraph, store, transactGraph } from 'overseer';
import { type Figure, freshAddress, isQuick, measured, report, timed } from './measure.js';
import { isProcessorTimeKnown, processorTime } from './processor-time.js';

const runs = isQuick ? 5 : 20;
const batches = isQuick ? 2 : 5;
const address = freshAddress();
const db = await store(address);
await install(db);
for (let graph = 0; graph < 20; graph++) await transactGraph(db, jobGraph({ a: [], b: ['a'] }));
await db.close();

const command = join(import.meta.dirname, '../dist/cli/main.js');
const arguments_ = [command, 'graphs', '--store', address];
const walls: number[] = [];
const used: number[] = [];
execFileSync(process.execPath, arguments_);
for (let batch = 0; batch < batches; batch++) {
  // What has ended counts in its parent, which is this process: it computes next to nothing meanwhile.
  const before = processorTime([process.pid]);
  for (let run = 0; run < runs; run++)
    walls.push((await timed(() => execFileSync(process.execPath, arguments_))).ms / 1000);
  const after = processorTime([process.pid]);
  if (before !== null && after !== null) used.push((after - before) / runs / 1e6);
}
const note = `20 graphs, sqlite, ${runs * batches} runs`;
const cost: Figure = {
  what: '`overseer graphs`, processor time',
  ...measured(used),
  unit: 's',
  target: { atMost: 0.09 },
  note: `the whole process, with node itself; ${note}`,
};
report([
  ...(isProcessorTimeKnown ? [cost] : []),
  { what: '`overseer graphs`, from start to end', ...measured(walls), unit: 's', note },
]);
