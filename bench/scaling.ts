/** One, two, four and eight worker processes on one SQLite file, beside each other: how many jobs a second, and at what cost. */
import { contest } from './contest.js';
import { overseer } from './contenders.js';
import { type Figure, isQuick, report } from './measure.js';
import { diamonds } from './shapes.js';

const rounds = isQuick ? 1 : 5;
const shape = diamonds(isQuick ? 500 : 5000);
const counts = isQuick ? [1, 4, 8] : [1, 2, 4, 8];
const least: Readonly<Record<number, number>> = { 4: 1, 8: 0.9 };

const found = await contest(shape, counts.map(overseer), rounds, isQuick ? 500 : 2000);
const note = `jobs/s ÷ jobs/s, ${found.jobs.toLocaleString('en')} jobs in diamonds, ${rounds === 1 ? 'one round' : `${rounds} rounds`}`;
const figures = found.rows.slice(1).map(({ firstTimes }, index): Figure => {
  const processes = counts[index + 1]!;
  const atLeast = least[processes];
  return {
    what: `${processes} worker processes ÷ 1`,
    // The table says how many times as much the first does.
    value: 1 / firstTimes.median,
    spread: { least: 1 / firstTimes.most, most: 1 / firstTimes.least },
    unit: '×',
    ...(atLeast !== undefined && { target: { atLeast } }),
    note,
  };
});
report(figures, { contests: [{ ...found, shape: 'diamonds, by several processes' }] });
