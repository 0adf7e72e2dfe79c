/** Plays worlds one after another, and makes a failure as plain as it can be. */
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exportLog, Store, systemEnvironment } from '../../src/index.js';
import type { EventLog } from '../../src/log/event-log.js';
import { allFaults, faultsOfFiles } from './fault-kinds.js';
import { type Plan, planFor } from './plan.js';
import { play, type Played } from './play.js';
import type { Assignment, Report } from './run.js';
import { shrink } from './shrink.js';
import { letDisksFail } from '../log/sqlite/failing-disk.js';
import { count, noTotals } from './totals.js';

/** After how many worlds a process hands over what it has counted. */
const worldsAtOnce = 50;

export async function playSeeds(assignment: Assignment, tell: (report: Report) => void): Promise<void> {
  const { first, step, end, untilMs, out: _, isQuick, ...options } = assignment;
  const { engine } = options;
  if (engine === 'sqlite') letDisksFail();
  // Making stack traces takes a third of the time, and nobody reads those of many worlds.
  if (end - first > 1) Error.stackTraceLimit = 0;
  let totals = noTotals();
  for (let seed = first; seed < end && Date.now() < untilMs; seed += step) {
    tell({ kind: 'begins', seed });
    const played = await play(planFor(seed, options), { engine });
    count(totals, played);
    if (totals.worlds >= worldsAtOnce) {
      tell({ kind: 'totals', totals });
      totals = noTotals();
    }
    if (played.problems.length > 0) {
      tell({ kind: 'failed', seed, lines: await explained(played, assignment) });
      if (isQuick) break;
    }
  }
  tell({ kind: 'totals', totals });
}

/** Plays a plan from a file, and says what was wrong with it. */
export async function playFile(plan: Plan, out: string): Promise<readonly string[]> {
  const played = await play(plan);
  if (played.problems.length === 0) return ['Nothing went wrong.'];
  return [...problemLines(played), await historyOf(plan, out)];
}

/** What went wrong, and what is left when all is taken away without which it still goes wrong. */
async function explained(played: Played, assignment: Assignment): Promise<readonly string[]> {
  const { seed } = played.plan;
  const { out, isQuick } = assignment;
  const again = `npm run simulate -- --seed ${seed}${flagsOf(assignment)}`;
  // A disk does not fail twice in the same way.
  if (isQuick || played.engine !== 'memory') return [`seed ${seed}: ${again}`, ...problemLines(played)];
  const plan = await shrink(
    played.plan,
    async (shorter) => (await play(shorter)).problems.length > 0,
    async (shorter) => (await play(shorter)).strikes.map(({ key }) => key),
  );
  const short = await play(plan);
  mkdirSync(out, { recursive: true });
  const file = join(out, `${seed}.plan.json`);
  writeFileSync(file, JSON.stringify(plan, null, 2));
  return [
    `seed ${seed}: ${again}`,
    ...problemLines(played),
    `Shrunk to ${plan.graphs.length} graphs, ${plan.workers} workers and ${short.strikes.length} faults: npm run simulate -- --plan ${file}`,
    ...problemLines(short),
    ...short.strikes.map(({ key }) => `  ${key}`),
    await historyOf(plan, out),
  ];
}

/** Without them, another plan would follow from the seed. */
function flagsOf({ engine, faults, steps }: Assignment): string {
  const named = faults?.length === 0 ? 'none' : faults?.join();
  const all = engine === 'sqlite' ? [...allFaults, ...faultsOfFiles] : allFaults;
  return [
    engine === 'sqlite' ? ' --sqlite' : '',
    named === undefined ? '' : ` --faults ${named === all.join() ? 'all' : named}`,
    steps === undefined ? '' : ` --steps ${steps}`,
  ].join('');
}

function problemLines({ problems }: Played): readonly string[] {
  return problems.slice(0, 3).map((problem) => `  ${problem.slice(0, 2000)}`);
}

/** Leaves the history of a plan as an export, which every command of the command line can open. */
async function historyOf(plan: Plan, out: string): Promise<string> {
  mkdirSync(out, { recursive: true });
  const file = join(out, `${plan.seed}.history.jsonl`);
  const write = async (log: EventLog) => {
    await pipeline(exportLog(new Store(log, systemEnvironment)), createWriteStream(file));
  };
  await play(plan, { onEnd: write });
  return `Its history, for \`overseer show\` and the others: --store ${file}`;
}
