/**
 * Long lives: `npm run endure -- [--jobs N] [--restarts N] [--processes N] [--years N]`. Each is led in a process of its
 * own, which measures what it holds: heap, handles and file descriptors must be flat. Prints a table; exits with 1 if
 * something grows.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import picocolors from 'picocolors';
import { tableLines } from '../../src/cli/output/table.js';
import { findingsOf, hasGrown } from './measure.js';
import { type Life, manyJobs, manyStarts, manyYears } from './lives.js';
import { manyProcesses } from './processes.js';

const defaults = { jobs: 1_000_000, restarts: 5000, processes: 40, years: 200 };
type Amount = keyof typeof defaults;

interface Led {
  readonly amount: Amount;
  readonly lead: (amount: number) => Promise<Life>;
}

const lives: Readonly<Record<string, Led>> = {
  'jobs on sqlite': { amount: 'jobs', lead: (jobs) => manyJobs('sqlite', jobs) },
  'jobs in memory': { amount: 'jobs', lead: (jobs) => manyJobs('memory', jobs) },
  'starts on sqlite': { amount: 'restarts', lead: (starts) => manyStarts('sqlite', starts) },
  'starts in memory': { amount: 'restarts', lead: (starts) => manyStarts('memory', starts) },
  'processes on sqlite': { amount: 'processes', lead: manyProcesses },
  'virtual years': { amount: 'years', lead: manyYears },
};

const [asked, amount] = process.argv.slice(2);
if (process.send !== undefined) process.send(await lives[asked!]!.lead(Number(amount)));
else await leadAll();

function amountsAsked(): Record<Amount, number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { jobs: text, restarts: text, processes: text, years: text } });
  const amounts = { ...defaults };
  for (const [name, given] of Object.entries(values)) {
    if (!/^[1-9]\d*$/.test(given)) throw new Error(`--${name} is ${given}; give a whole number from 1`);
    amounts[name as Amount] = Number(given);
  }
  return amounts;
}

async function leadOne(name: string, count: number): Promise<Life> {
  const child = fork(import.meta.filename, [name, String(count)], { execArgv: ['--import', 'tsx'] });
  let life: Life | undefined;
  child.on('message', (message) => (life = message as Life));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0 || life === undefined) throw new Error(`${name} ended with ${code}`);
  return life;
}

async function leadAll(): Promise<void> {
  const amounts = amountsAsked();
  const rows: string[][] = [];
  for (const [name, { amount: of }] of Object.entries(lives)) {
    process.stderr.write(`${name}: ${amounts[of].toLocaleString('en')} ${of} …\n`);
    const startedAt = performance.now();
    try {
      const life = await leadOne(name, amounts[of]);
      rows.push(...rowsOf(name, life, Math.round((performance.now() - startedAt) / 1000)));
    } catch (error) {
      process.exitCode = 1;
      rows.push([name, '', '', '', '', 'FAILED', (error as Error).message]);
    }
  }
  const headings = ['life', 'held', 'first quarter', 'last quarter', 'at most', '', 'through'];
  console.log(tableLines(headings, rows, picocolors.createColors(false)).join('\n'));
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}`);
}

function rowsOf(name: string, { samples, told }: Life, seconds: number): string[][] {
  const through = Object.entries(told).map(([what, value]) => `${Math.round(value).toLocaleString('en')} ${what}`);
  return findingsOf(samples).map((finding, index) => {
    if (hasGrown(finding)) process.exitCode = 1;
    const { what, before, after, most } = finding;
    const shown = [before, after, most].map((value) => `${Number(value.toFixed(1))}${what === 'heap' ? ' MB' : ''}`);
    const isFirst = index === 0;
    const note = isFirst ? `${through.join(', ')}; ${seconds} s` : '';
    return [isFirst ? name : '', what, ...shown, hasGrown(finding) ? 'GROWS' : 'flat', note];
  });
}
