/** The page of performance, from what was measured. */
import { table } from '../scripts/reference/markdown.js';
import { type Contest, inRounds, type Row } from './contest.js';
import type { Figure, Findings } from './measure.js';
import type { Spread } from './statistics.js';

export interface Measured {
  /** As it was typed, after `npm run bench`. */
  readonly command: string;
  readonly isQuick: boolean;
  readonly date: string;
  /** Release of Node.js, processor, where the files were, and how busy the machine was. */
  readonly machine: readonly string[];
  readonly findings: readonly (Findings & { readonly benchmark: string })[];
}

export function shown(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
}

/** A median with the range that it stands for, where there is one. */
export function withRange({ median, least, most }: Spread): string {
  return least === most ? shown(median) : `${shown(median)} (${shown(least)}–${shown(most)})`;
}

const numbered = (count: number) => count.toLocaleString('en');

export function inWords({ value, unit, spread }: Figure): string {
  return `${withRange({ median: value, ...(spread ?? { least: value, most: value }) })} ${unit}`;
}

/** What was promised of a figure, and whether it holds; two empty words if nothing was. */
export function verdictOn({ value, target }: Figure): { readonly promised: string; readonly verdict: string } {
  if (target === undefined) return { promised: '', verdict: '' };
  const [sign, bound, holds] =
    'atMost' in target
      ? (['≤', target.atMost, value <= target.atMost] as const)
      : (['≥', target.atLeast, value >= target.atLeast] as const);
  return { promised: `${sign} ${shown(bound)}`, verdict: holds ? 'holds' : 'MISSED' };
}

function cost({ ofWorkers, ofServer }: Row): string {
  if (ofWorkers === null) return 'not measured';
  if (ofServer === null) return withRange(ofWorkers);
  const sum = shown(ofWorkers.median + ofServer.median);
  return `${sum}: ${shown(ofWorkers.median)} and ${shown(ofServer.median)} of the server`;
}

function contestPart(contest: Contest): string {
  const { shape, jobs, warmUpJobs, rows, leftOut } = contest;
  const [first] = rows;
  const cells = rows.map((row) => [
    row.difference === undefined ? row.contender : `${row.contender} (${row.difference})`,
    withRange(row.jobsPerSecond),
    cost(row),
    row === first ? '' : withRange(row.firstTimes),
  ]);
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  const absentFor = (reason: string) => leftOut.filter(({ why }) => why === reason).map(({ contender }) => contender);
  const absent = reasons.map((reason) => `Without ${absentFor(reason).join('; ')}: ${reason}.`).join(' ');
  return [
    `### ${shape[0]!.toUpperCase()}${shape.slice(1)}`,
    `${numbered(jobs)} jobs after ${numbered(warmUpJobs)} others a process, ${inRounds(contest)}. ${absent}`.trim(),
    table(['', 'jobs/s', 'µs of processor time a job', `${first?.contender ?? ''} ÷ it`], cells),
  ].join('\n\n');
}

function figuresPart(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { promised, verdict } = verdictOn(figure);
    return [figure.what, inWords(figure), promised, verdict, figure.note ?? ''];
  });
  return table(['', 'measured', 'aimed at', '', 'how'], rows);
}

const howPeersRun = `Every contender is a process of its own (some are two), and so is whoever submits. Before the clock starts, the processes are
warm, since each has run other jobs: until then it spends half its time on compiling. And all jobs are stored. The clock ends
when the last job is stored as done. In every round each contender runs once, in turning order, with new data. A figure is
the median of the rounds, with the least and the most in parentheses; a ratio is the median of the ratios of each round, so
that a noisy minute harms both sides.

Processor time is user and system time of the workers and of the server with all its processes, from \`/proc\`, in steps of
10 ms. It says more than jobs a second where a server works on a core of its own, or where other programs disturb.

What is compared is not the same in all. **Overseer keeps the whole history** of every job, flushed to disk; graphile-worker
deletes a job that has ended; BullMQ here keeps the job, without its history, in the memory of a Redis that writes nothing to
disk; pg-boss keeps the job as a row until it is cleaned away. BullMQ's flows are trees, in which a job can be waited for by
one other only. graphile-worker has no graphs: beside diamonds it runs as many single jobs.`;

const bounds = `One process is bounded by its own processor time: the tables say how many microseconds a job takes, and a core has a
million a second. A job is two events, each decided, encoded, stored, followed and folded. The SQLite file takes the
smallest part of that: better-sqlite3 alone, with the same tables and large batches, took 5.5 µs a job on a machine like
this. Appends that arrive together share a flush, so the disk bounds only what cannot be done at once: in a chain, each job
waits for the flush of the one before. Several processes on one file share one writer, and each of them follows the events
of the others. A handler that does something soon takes more than all of this: 10,000 jobs a second are 0.1 ms a job.

The first picture of the web UI is bounded by reading: the server writes a line for each event, and the page parses, checks and
folds it. Of a step of the scrubber, more than half is the browser's own work, without a graphics card as here: laying out the
rows of the list, painting, and copying what is on the canvases.`;

/** Markdown, not formatted yet. */
export function performancePage({ command, isQuick, date, machine, findings }: Measured): string {
  const isOfPeers = ({ benchmark }: { benchmark: string }) => benchmark === 'peers';
  const contests = findings.filter(isOfPeers).flatMap((each) => each.contests ?? []);
  const alone = findings.filter((each) => !isOfPeers(each)).flatMap((each) => each.contests ?? []);
  const settings = findings.flatMap((each) => each.settings ?? []);
  const figures = findings.flatMap((each) => each.figures);
  const list = (items: readonly string[]) => items.map((item) => `- ${item}`).join('\n');
  const parts = [
    `<!-- Written by \`${command}\`. Run it again instead of changing this page. -->`,
    '# Performance',
    `Measured on ${date} by \`${command}\`. Figures of another machine differ; what holds is what stands side by side.`,
    ...(isQuick ? ['**These are figures of a quick run**: few jobs, and one round of most. They say little.'] : []),
    list(machine),
    ...(contests.length > 0
      ? ['## Beside others', 'Jobs that do nothing.', list(settings), howPeersRun, ...contests.map(contestPart)]
      : []),
    '## What is aimed at',
    'Nothing is left out because it was missed. Figures without an aim are there for comparison.',
    figuresPart(figures),
    ...alone.map(contestPart),
    '## What bounds it',
    bounds,
  ];
  return `${parts.join('\n\n')}\n`;
}
