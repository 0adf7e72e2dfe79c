/**
 * Runs the benchmarks, each in a process of its own, and prints their figures beside what the design promises.
 *
 *     npm run bench                all of them
 *     npm run bench -- chain fold  some of them
 *
 * Machines are noisy: figures are medians, and a promise that is missed is shown, not failed.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';
import picocolors from 'picocolors';
import { tableLines } from '../src/cli/output/table.js';
import type { Figure } from './measure.js';

const all = [
  'chain',
  'contention',
  'latency',
  'throughput',
  'fold',
  'makespan',
  'time-travel',
  'audit',
  'eventstoredb',
];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(', ')}; there are ${all.join(', ')}`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const name of asked.length > 0 ? asked : all) {
  process.stderr.write(`${name} …\n`);
  const child = fork(join(import.meta.dirname, `${name}.ts`), {
    execArgv: ['--import', 'tsx', '--expose-gc', '--max-old-space-size=8192'],
  });
  child.on('message', (message) => figures.push(...(message as Figure[])));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) {
    console.error(`${name} failed with exit code ${code}`);
    process.exitCode = 1;
  }
}

const shown = (value: number) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3));
const rows = figures.map(({ what, value, unit, target, note = '' }) => {
  const isMost = target !== undefined && 'atMost' in target;
  const bound = target === undefined ? null : isMost ? target.atMost : (target as { atLeast: number }).atLeast;
  const promised = bound === null ? '' : `${isMost ? '≤' : '≥'} ${shown(bound)}`;
  const verdict = bound === null ? '' : (isMost ? value <= bound : value >= bound) ? 'holds' : 'MISSED';
  return [what, `${shown(value)} ${unit}`, promised, verdict, note];
});
const headings = ['figure', 'measured', 'promised', '', 'how'];
console.log(tableLines(headings, rows, picocolors.createColors(false)).join('\n'));
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
