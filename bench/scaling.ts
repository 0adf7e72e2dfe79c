/** One, two, four and eight worker processes on one SQLite file, beside each other: how many jobs a second, and at what cost. */
import { contest, type Contest, inRounds } from './contest.js';
import { overseer } from './contenders.js';
import { type Figure, isQuick, report } from './measure.js';
import { diamonds } from './shapes.js';

const rounds = isQuick ? 1 : 5;
const counts = isQuick ? [1, 4, 8] : [1, 2, 4, 8];

async function ofCounts(name: string, graphs: number, warmUpJobs: number): Promise<Contest> {
  const found = await contest(diamonds(graphs), counts.map(overseer), rounds, warmUpJobs);
  return { ...found, shape: `diamonds, by several processes that ${name}` };
}

/** @param least what is aimed at, by how many processes */
function figuresOf(found: Contest, when: string, least: Readonly<Record<number, number>>): Figure[] {
  return found.rows.slice(1).map(({ firstTimes }, index) => {
    const processes = counts[index + 1]!;
    const atLeast = least[processes];
    return {
      what: `${processes} worker processes ÷ 1, ${when}`,
      // The table says how many times as much the first does.
      value: 1 / firstTimes.median,
      spread: { least: 1 / firstTimes.most, most: 1 / firstTimes.least },
      unit: '×',
      ...(atLeast !== undefined && { target: { atLeast } }),
      note: `jobs/s ÷ jobs/s, ${found.jobs.toLocaleString('en')} jobs in diamonds, ${inRounds(found)}`,
    };
  });
}

const warm = await ofCounts('are warm', isQuick ? 500 : 15_000, isQuick ? 500 : 20_000);
const fresh = await ofCounts('have just begun', isQuick ? 500 : 5000, 100);
report([...figuresOf(warm, 'warm', { 4: 1, 8: 0.9 }), ...figuresOf(fresh, 'just begun', {})], {
  contests: [warm, fresh],
});
