/** Jobs that do nothing, in graphs of several shapes, beside the peers; and by several processes of Overseer. */
import { type Contender, contest, type Contest, inRounds, type Row } from './contest.js';
import { overseer, overseerSettings, startPeers } from './contenders.js';
import { type Figure, isQuick, measured, report } from './measure.js';
import { chain, diamonds, fanIn, fanOut, layers, type Shape, singles } from './shapes.js';
import { ratios } from './statistics.js';

const few = isQuick ? 0.1 : 1;
const warmUpJobs = isQuick ? 500 : 20_000;
const rounds = isQuick ? 1 : 5;
const one = overseer(1);
const two = overseer(2);

const rowOf = (found: Contest, { name }: Contender): Row | undefined =>
  found.rows.find((row) => row.contender === name);

/** How many times as many jobs a second one runs as the other, as a figure that is held against what was promised. */
function ratio(found: Contest, of: Contender, beside: Contender | null, atLeast: number): Figure[] {
  const [upper, lower] = [rowOf(found, of), beside && rowOf(found, beside)];
  if (!upper || !lower) return [];
  const note = `jobs/s ÷ jobs/s, ${found.jobs.toLocaleString('en')} jobs, ${inRounds(found)}`;
  const what = `${found.shape}: ${upper.contender} ÷ ${lower.contender}`;
  return [{ what, ...measured(ratios(upper.rates, lower.rates)), unit: '×', target: { atLeast }, note }];
}

/** What a job costs by one process of ours. */
function costOf(found: Contest): Figure[] {
  const { ofWorkers } = rowOf(found, one)!;
  if (ofWorkers === null) return [];
  const { median: value, ...spread } = ofWorkers;
  const what = `${found.shape}: processor time a job, ${one.name}`;
  return [{ what, value, unit: 'µs', target: { atMost: 60 }, spread, note: inRounds(found) }];
}

const peers = await startPeers();
for (const sentence of peers.missing) console.error(`  ${sentence}`);
const contests: Contest[] = [];
const figures: Figure[] = [];
try {
  const run = async (shape: Shape, inAll: number) => {
    const contenders = [one, two, ...peers.all];
    contests.push(await contest(shape, contenders, inAll, warmUpJobs));
    return contests.at(-1)!;
  };
  const found = await run(diamonds(15_000 * few), isQuick ? 2 : rounds);
  figures.push(
    ...ratio(found, one, peers.bullmq, 1.25),
    ...ratio(found, one, peers.graphile, 0.55),
    ...ratio(found, two, peers.graphile, 0.9),
    ...costOf(found),
  );
  await run(singles(60_000 * few), rounds);
  const lessRounds = isQuick ? 1 : 3;
  await run(fanOut(10_000 * few), lessRounds);
  await run(fanIn(10_000 * few), lessRounds);
  await run(layers(20, 500 * few), lessRounds);
  await run(chain(1000 * few), lessRounds);
} finally {
  await peers.stop();
}
report(figures, { contests, settings: [overseerSettings(), ...peers.settings, ...peers.missing] });
