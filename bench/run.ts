/**
 * Runs the benchmarks, each in a process of its own, and prints their figures beside what the design promises.
 *
 *     npm run bench                    all of them
 *     npm run bench -- chain fold      some of them
 *     npm run bench -- --quick         fewer jobs and rounds, without those that need long: two minutes on a quiet machine
 *     npm run bench -- --write         also writes docs/reference/performance.md
 *
 * Machines are noisy: figures are medians, and a promise that is missed is shown, not failed.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import picocolors from 'picocolors';
import { format, resolveConfig } from 'prettier';
import { tableLines } from '../src/cli/output/table.js';
import { machineLines } from './machine.js';
import type { Findings } from './measure.js';
import { inWords, type Measured, performancePage, shown, verdictOn, withRange } from './page.js';

/** Those that have a quick form come first. The others fill logs with a million events, or need a server or recordings. */
const quick = [
  'peers',
  'scaling',
  'waits',
  'submission',
  'chain',
  'contention',
  'latency',
  'throughput',
  'command',
  'ui',
  'growth',
] as const;
const long = ['fold', 'makespan', 'time-travel', 'audit', 'eventstoredb'] as const;
const all: readonly string[] = [...quick, ...long];
const flags = ['--quick', '--write'];

const typed = process.argv.slice(2);
const asked = typed.filter((word) => !flags.includes(word));
const isQuick = typed.includes('--quick');
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}, and ${flags.join(', ')}`);
  process.exit(2);
}

let running: ChildProcess | null = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    running?.kill('SIGTERM');
    process.exit(1);
  });
}

async function findingsOf(benchmark: string): Promise<Measured['findings']> {
  process.stderr.write(`${benchmark} …\n`);
  const found: (Findings & { benchmark: string })[] = [];
  running = fork(join(import.meta.dirname, `${benchmark}.ts`), {
    execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=8192'],
    env: { ...process.env, ...(isQuick && { BENCH_QUICK: '1' }) },
  });
  running.on('message', (message) => found.push({ benchmark, ...(message as Findings) }));
  const [code] = (await once(running, 'close')) as [number];
  if (code !== 0) {
    console.error(`${benchmark} failed with exit code ${code}`);
    process.exitCode = 1;
  }
  return found;
}

async function writePage(measured: Measured): Promise<void> {
  const path = resolve(import.meta.dirname, '../docs/reference/performance.md');
  const text = await format(performancePage(measured), { ...(await resolveConfig(path)), filepath: path });
  writeFileSync(path, text);
  console.log(`wrote ${path}`);
}

const names = asked.length > 0 ? asked : isQuick ? quick : all;
if (isQuick && asked.length === 0) console.error(`quick: without ${long.join(', ')}`);
const machineBefore = machineLines();
const findings: Measured['findings'][number][] = [];
for (const name of names) findings.push(...(await findingsOf(name)));

const contestRows = findings
  .flatMap(({ contests = [] }) => contests)
  .flatMap(({ shape, rows }) =>
    rows.map(({ contender, difference, jobsPerSecond, ofWorkers, ofServer, firstTimes }) => [
      shape,
      difference === undefined ? contender : `${contender} (${difference})`,
      withRange(jobsPerSecond),
      ofWorkers === null ? '' : `${shown(ofWorkers.median)} µs`,
      ofServer === null ? '' : `${shown(ofServer.median)} µs`,
      withRange(firstTimes),
    ]),
  );
const plain = picocolors.createColors(false);
if (contestRows.length > 0) {
  for (const { settings = [] } of findings) for (const setting of settings) console.log(setting);
  const headings = ['shape', 'by', 'jobs/s', 'cpu a job', 'of the server', 'first of shape ÷ it'];
  console.log(tableLines(headings, contestRows, plain).join('\n'));
}
const rows = findings
  .flatMap(({ figures }) => figures)
  .map((figure) => {
    const { promised, verdict } = verdictOn(figure);
    return [figure.what, inWords(figure), promised, verdict, figure.note ?? ''];
  });
console.log(tableLines(['figure', 'measured', 'promised', '', 'how'], rows, plain).join('\n'));
for (const line of machineBefore) console.log(line);

if (typed.includes('--write')) {
  const command = ['npm run bench', ...(typed.length > 0 ? ['--', ...typed] : [])].join(' ');
  await writePage({
    command,
    isQuick,
    date: new Date().toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' }),
    machine: machineBefore,
    findings,
  });
}
