/**
 * `npm run simulate`: plays worlds in several processes, and says what was played. Ends with 1 if one of them went wrong
 * or hung; then it prints the seed, plays it again ever shorter, and leaves the short plan and its history as files.
 *
 *     npm run simulate -- --worlds 1000 --seed 1
 *     npm run simulate -- --minutes 30 --faults paused,crash
 *     npm run simulate -- --worlds 1000 --quick       ends at the first failure, and leaves it as long as it is
 *     npm run simulate -- --plan simulation-failures/7.plan.json
 */
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { didYouMean } from '../../src/prelude/nearest.js';
import { type FaultKind, allFaults, faultKinds, faultsOfFiles } from './fault-kinds.js';
import { noTotals, add, totalLines, type Totals } from './totals.js';
import type { Plan } from './plan.js';
import { playFile, playSeeds } from './player.js';

/** What a process tells of the world it has begun or ended. */
export type Report =
  | { readonly kind: 'begins'; readonly seed: number }
  | { readonly kind: 'failed'; readonly seed: number; readonly lines: readonly string[] }
  | { readonly kind: 'totals'; readonly totals: Totals };

/** A world that takes longer than this, in real time, hangs. Most take a twentieth of a second. */
const hangsAfterSeconds = 300;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    worlds: { type: 'string' },
    minutes: { type: 'string' },
    steps: { type: 'string' },
    faults: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    out: { type: 'string', default: 'simulation-failures' },
    plan: { type: 'string' },
    sqlite: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    coverage: { type: 'boolean', default: false },
  },
});

/** After how many failures there is no point in going on. */
const failuresMax = values.quick ? 1 : 5;

/** What a process is to play. */
export interface Assignment {
  readonly first: number;
  readonly step: number;
  /** The seed before which to stop. */
  readonly end: number;
  readonly untilMs: number;
  readonly faults?: readonly FaultKind[];
  readonly steps?: number;
  readonly out: string;
  readonly engine: 'memory' | 'sqlite';
  /** Whether to end at the first failure, without making it shorter. */
  readonly isQuick: boolean;
}

if (process.send !== undefined) {
  process.once(
    'message',
    (assignment: Assignment) =>
      void playSeeds(assignment, (report) => process.send!(report)).then(() => process.exit(0)),
  );
} else if (values.plan !== undefined) {
  const lines = await playFile(JSON.parse(readFileSync(values.plan, 'utf8')) as Plan, values.out);
  console.log(lines.join('\n'));
  process.exit(lines.length > 1 ? 1 : 0);
} else {
  process.exit(await direct());
}

async function direct(): Promise<number> {
  const seed = whole('seed') ?? Math.floor(Math.random() * 2 ** 31);
  const minutes = whole('minutes');
  const worlds = whole('worlds') ?? (minutes === null ? (values.seed === undefined ? 1000 : 1) : Infinity);
  const steps = whole('steps');
  const faults = faultsIn(values.faults);
  const jobs = Math.min(whole('jobs') ?? 2, worlds);
  const untilMs = minutes === null ? Infinity : Date.now() + minutes * 60_000;
  const totals = noTotals();
  const failed: number[] = [];
  const common = {
    step: jobs,
    end: seed + worlds,
    untilMs,
    out: values.out,
    isQuick: values.quick,
    engine: values.sqlite ? ('sqlite' as const) : ('memory' as const),
  };
  const options = { ...(faults === null ? {} : { faults }), ...(steps === null ? {} : { steps }) };
  process.once('SIGINT', () => {
    tellTotals(totals, failed);
    process.exit(130);
  });
  const lead = (index: number) => follow({ ...common, ...options, first: seed + index }, totals, failed);
  await Promise.all(Array.from({ length: jobs }, (_, index) => lead(index)));
  tellTotals(totals, failed);
  return failed.length === 0 && totals.worlds > 0 ? 0 : 1;
}

function tellTotals(totals: Totals, failed: readonly number[]): void {
  console.log(totalLines(totals).join('\n'));
  if (values.coverage) console.table(totals.transitions);
  console.log(
    failed.length === 0
      ? '\nNothing went wrong.'
      : `\nWent wrong: ${failed.length}, with the seeds ${failed.join(', ')}`,
  );
}

/** Has a process play its worlds; another one goes on when a world hangs. */
async function follow(assignment: Assignment, totals: Totals, failed: number[]): Promise<void> {
  for (let first = assignment.first; first < assignment.end && failed.length < failuresMax;) {
    const child = fork(new URL(import.meta.url), [], { execArgv: process.execArgv, serialization: 'advanced' });
    const hung = await outcomeOf(child, { ...assignment, first }, totals, failed);
    if (hung === null) return;
    failed.push(hung);
    console.log(`seed ${hung} hangs: a world in it took longer than ${hangsAfterSeconds} s, or ended its process`);
    first = hung + assignment.step;
  }
}

/** The seed at which the process hung or ended; null if it has played all it was to play. */
function outcomeOf(
  child: ChildProcess,
  assignment: Assignment,
  totals: Totals,
  failed: number[],
): Promise<number | null> {
  return new Promise((resolve) => {
    let playing = assignment.first;
    let silentSeconds = 0;
    // Seconds in which this process runs: both may have been suspended together.
    const watch = setInterval(() => {
      silentSeconds += 1;
      if (silentSeconds >= hangsAfterSeconds) child.kill('SIGKILL');
    }, 1000);
    child.on('message', (report: Report) => {
      silentSeconds = 0;
      if (report.kind === 'begins') playing = report.seed;
      else if (report.kind === 'totals') add(totals, report.totals);
      else {
        failed.push(report.seed);
        console.log(report.lines.join('\n'));
        if (failed.length >= failuresMax) child.kill();
      }
    });
    child.once('exit', (code) => {
      clearInterval(watch);
      resolve(code === 0 || failed.length >= failuresMax ? null : playing);
    });
    child.send(assignment);
  });
}

function whole(name: 'seed' | 'worlds' | 'minutes' | 'steps' | 'jobs'): number | null {
  const given = values[name];
  if (given === undefined) return null;
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is ${given}; give a whole number`);
  return number;
}

function faultsIn(given: string | undefined): readonly FaultKind[] | null {
  if (given === undefined) return null;
  if (given === 'all') return values.sqlite ? [...allFaults, ...faultsOfFiles] : allFaults;
  if (given === 'none') return [];
  return given.split(',').map((name) => {
    if (!(name in faultKinds))
      throw new Error(
        `there is no fault ${JSON.stringify(name)}${didYouMean(name, Object.keys(faultKinds))}; there are all, none, and ${Object.keys(faultKinds).join(', ')}`,
      );
    return name as FaultKind;
  });
}
