/**
 * Extracts orders from whatever files are there, in pieces, and adds them up. Which files there are is known only when the
 * first job looks, and how many pieces a file has only when it is opened; so the graph grows twice.
 *
 *     overseer run examples/orders-etl/pipeline.ts --args '{"input":"orders","out":"totals"}'
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fault, type FullGraph, type Handlers, type RunningJob } from 'overseer';

/** Given to every job of the graph. */
interface Args {
  /** The folder of CSV files with the columns `product`, `quantity` and `price`. */
  readonly input: string;
  /** The folder that the totals are written to. */
  readonly out: string;
  /** How many lines a piece has. */
  readonly lines?: number;
}

interface Piece extends Args {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** By product, in cents. */
type Totals = Readonly<Record<string, number>>;

export const graph: FullGraph = {
  jobs: {
    list: { type: 'list' },
    merge: { type: 'merge', after: ['list/*'] },
    report: { type: 'report', after: ['merge'] },
    'clean-up': { type: 'clean-up', after: ['list/*', 'report'], when: 'all-ended' },
  },
};

export const handlers: Handlers = {
  /** Spawns a job for each file. Two runs must not write to one folder at a time, so it is marked as taken. */
  list: (job: RunningJob<Args>) => {
    const { input, out } = job.args;
    mkdirSync(out, { recursive: true });
    if (existsSync(takenBy(out)) && readFileSync(takenBy(out), 'utf8') !== job.graphId) fault(`${out} is taken`);
    writeFileSync(takenBy(out), job.graphId);
    const files = readdirSync(input).filter((name) => name.endsWith('.csv'));
    job.spawn(Object.fromEntries(files.map((file) => [file, { type: 'split', args: { file } }])));
    return { files: files.length };
  },

  /** Spawns a job for each piece of a file, so that a large one is read by many workers. */
  split: (job: RunningJob<Args & { readonly file: string }>) => {
    const { input, file, lines = 1000 } = job.args;
    const count = readLines(join(input, file)).length;
    const pieces = Array.from({ length: Math.ceil(count / lines) }, (_, index) => {
      const args = { from: index * lines, to: Math.min(count, (index + 1) * lines) };
      return [`piece-${index + 1}`, { type: 'count', args }] as const;
    });
    job.spawn(Object.fromEntries(pieces));
    return { lines: count };
  },

  count: ({ args: { input, file, from, to } }: RunningJob<Piece>) => {
    const totals: Record<string, number> = {};
    readLines(join(input, file))
      .slice(from, to)
      .forEach((line, index) => {
        const { product, cents } = readOrder(line, `${file}, line ${from + index + 2}`);
        totals[product] = (totals[product] ?? 0) + cents;
      });
    return { totals };
  },

  /** Adds up all pieces, by the results of all that was spawned. */
  merge: ({ inputs }: RunningJob<Args, Readonly<Record<string, { readonly totals?: Totals }>>>) => {
    const all: Record<string, number> = {};
    for (const { totals = {} } of Object.values(inputs)) {
      for (const [product, cents] of Object.entries(totals)) all[product] = (all[product] ?? 0) + cents;
    }
    return all;
  },

  report: ({ args, inputs }: RunningJob<Args, { readonly merge: Totals }>) => {
    const rows = Object.entries(inputs.merge).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(join(args.out, 'totals.csv'), rows.map(([product, cents]) => `${product},${cents / 100}\n`).join(''));
    return { products: rows.length };
  },

  /** Runs after the last of them, whatever became of it. */
  'clean-up': (job: RunningJob<Args>) => {
    rmSync(takenBy(job.args.out), { force: true });
    return Object.entries(job.parents)
      .filter(([, { status }]) => status !== 'finished')
      .map(([id]) => id);
  },
};

/** Says which graph writes to a folder. */
function takenBy(out: string): string {
  return join(out, 'taken-by');
}

/** The lines of a file behind its header. */
function readLines(path: string): readonly string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
}

function readOrder(line: string, where: string) {
  const [product = '', quantity, price] = line.split(',');
  const cents = Math.round(Number(quantity) * Number(price) * 100);
  if (product === '' || !Number.isFinite(cents)) throw new Error(`${where} is no order: ${line}`);
  return { product, cents };
}
