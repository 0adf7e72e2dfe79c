/** Programs side by side: in every round each runs the same shape once, in turning order, on data made for it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Answer, now, type Order } from './peers/program.js';
import { processorTime } from './processor-time.js';
import type { Server } from './servers.js';
import { jobCount, type Shape, singles } from './shapes.js';
import { ratios, type Spread, spreadOf } from './statistics.js';

export interface Contender {
  readonly name: string;
  /** Its program, beside this file, what it is told as JSON, and how many processes of it work. */
  readonly program: string;
  readonly processes: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Makes an empty place for its data, and says what the program must know of it. */
  place(): Promise<{ readonly settings: object; readonly remove: () => Promise<void> }>;
  /** Whose processor time counts too. */
  readonly server?: Server;
  /** What it runs in place of the shape, and in what that differs; null if it can say nothing like it. */
  instead?(shape: Shape): { readonly shape: Shape; readonly difference: string } | null;
}

export interface Run {
  readonly jobsPerSecond: number;
  /** Microseconds of processor time a job; null where the system does not say. */
  readonly ofWorkers: number | null;
  readonly ofServer: number | null;
}

/** Against what hangs, not against what is slow. */
const patienceMs = 300_000;

class Participant {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** Rejects when its process ends unasked, or says that something went wrong. */
  readonly broken: Promise<never>;
  #listener: (answer: Answer) => void = () => {};

  constructor(contender: Contender, settings: object) {
    this.#name = contender.name;
    this.#child = fork(join(import.meta.dirname, contender.program), [JSON.stringify(settings)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, ...contender.environment },
    });
    this.broken = new Promise((_, reject) => {
      this.#child.once('exit', () => reject(new Error(`${this.#name}: its process ended`)));
      this.#child.on('message', (answer: Answer) => {
        if (answer.is === 'error') reject(new Error(`${this.#name}: ${answer.message}`));
        else this.#listener(answer);
      });
    });
    this.broken.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Gives an order and waits until it is carried out. What is told of jobs meanwhile goes to `onProgress`, also later. */
  async order(order: Order, onProgress: (ended: number, at: number) => void = () => {}): Promise<void> {
    const done = new Promise<void>((resolve) => {
      this.#listener = (answer) => {
        if (answer.is === 'progress') onProgress(answer.ended, answer.at);
        else resolve();
      };
      this.#child.send(order);
    });
    await Promise.race([done, this.broken]);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.send({ do: 'close' } satisfies Order);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(timer);
  }
}

/** Has all the workers start, and resolves when all have and so many jobs have ended: with the time of the last of them. */
async function work(workers: readonly Participant[], jobs: number): Promise<number> {
  const ended = workers.map(() => 0);
  let last = 0;
  let allEnded!: () => void;
  const end = new Promise<void>((resolve) => (allEnded = resolve));
  // One of them may run all the jobs while another still starts.
  const starts = workers.map((worker, index) =>
    worker.order({ do: 'start', jobs }, (count, at) => {
      ended[index] = count;
      last = Math.max(last, at);
      if (ended.reduce((sum, each) => sum + each, 0) >= jobs) allEnded();
    }),
  );
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`only ${ended.join(' + ')} of ${jobs} jobs ended in time`)), patienceMs);
  });
  try {
    await Promise.race([Promise.all([end, ...starts]), hangs, ...workers.map(({ broken }) => broken)]);
    return last;
  } finally {
    clearTimeout(timer);
  }
}

function ordered(workers: readonly Participant[], order: Order): Promise<void[]> {
  return Promise.all(workers.map((worker) => worker.order(order)));
}

/** Runs a shape once. The processes are warm, the jobs are stored and nothing works on them yet when the time begins. */
export async function runOnce(contender: Contender, shape: Shape, warmUpJobs: number): Promise<Run> {
  const place = await contender.place();
  const submitter = new Participant(contender, place.settings);
  const workers: Participant[] = [];
  try {
    await submitter.order({ do: 'prepare' });
    for (let index = 0; index < contender.processes; index++) workers.push(new Participant(contender, place.settings));
    // Each process must have run some, or the first thing that is measured is how it gets going.
    const warmUp = warmUpJobs * contender.processes;
    await submitter.order({ do: 'submit', shape: singles(warmUp) });
    await work(workers, warmUp);
    await ordered(workers, { do: 'stop' });
    await submitter.order({ do: 'submit', shape });
    await submitter.close();

    const jobs = jobCount(shape);
    const pids = workers.map(({ pid }) => pid);
    const servers = contender.server === undefined ? [] : [contender.server.pid];
    const used = () => [processorTime(pids), processorTime(servers)] as const;
    const before = used();
    const from = now();
    const until = await work(workers, jobs);
    const after = used();
    const each = (index: 0 | 1) => (after[index] === null ? null : (after[index] - before[index]!) / jobs);
    return { jobsPerSecond: (1000 * jobs) / (until - from), ofWorkers: each(0), ofServer: each(1) };
  } finally {
    await Promise.all([submitter, ...workers].map((each) => each.close()));
    await place.remove();
  }
}

/** What a contender did in all rounds. */
export interface Row {
  readonly contender: string;
  /** What it cannot say of the shape, if there is anything. */
  readonly difference?: string;
  readonly jobsPerSecond: Spread;
  /** The same, round by round. */
  readonly rates: readonly number[];
  readonly ofWorkers: Spread | null;
  readonly ofServer: Spread | null;
  /** How many times as many jobs a second the first contender ran, round by round. */
  readonly firstTimes: Spread;
}

export interface Contest {
  readonly shape: string;
  readonly jobs: number;
  /** How many others each process has run before. */
  readonly warmUpJobs: number;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly leftOut: readonly { readonly contender: string; readonly why: string }[];
}

interface Entry {
  readonly contender: Contender;
  readonly shape: Shape;
  readonly difference?: string;
  readonly runs: Run[];
}

export function inRounds({ rounds }: Pick<Contest, 'rounds'>): string {
  return rounds === 1 ? 'one round' : `${rounds} rounds`;
}

/** The first contender is the one that the others are compared with; it must be able to run the shape. */
export async function contest(
  shape: Shape,
  contenders: readonly Contender[],
  rounds: number,
  warmUpJobs: number,
): Promise<Contest> {
  const leftOut: { contender: string; why: string }[] = [];
  let entries: Entry[] = [];
  for (const contender of contenders) {
    const instead = contender.instead === undefined ? { shape, difference: '' } : contender.instead(shape);
    if (instead === null) leftOut.push({ contender: contender.name, why: 'no such graphs' });
    else entries.push({ contender, ...instead, runs: [] });
  }
  for (let round = 0; round < rounds; round++) {
    const turn = round % entries.length;
    for (const entry of [...entries.slice(turn), ...entries.slice(0, turn)]) {
      process.stderr.write(`  ${shape.name}, round ${round + 1} of ${rounds}: ${entry.contender.name}\n`);
      try {
        entry.runs.push(await runOnce(entry.contender, entry.shape, warmUpJobs));
      } catch (error) {
        if (entry === entries[0]) throw error;
        const why = `failed: ${String(error).split('\n', 1)[0]}`;
        process.stderr.write(`  ${entry.contender.name} ${String(error)}\n`);
        leftOut.push({ contender: entry.contender.name, why });
        entries = entries.filter((each) => each !== entry);
      }
    }
  }
  const [first] = entries;
  return {
    shape: shape.name,
    jobs: jobCount(shape),
    warmUpJobs,
    rounds,
    leftOut,
    rows: entries.map((entry) => row(entry, first!)),
  };
}

function row({ contender, difference, runs }: Entry, first: Entry): Row {
  const spread = (of: (run: Run) => number | null): Spread | null => {
    const values = runs.map(of).filter((value) => value !== null);
    return values.length === 0 ? null : spreadOf(values);
  };
  return {
    contender: contender.name,
    ...(difference !== undefined && difference !== '' && { difference }),
    jobsPerSecond: spreadOf(rates({ runs })),
    rates: rates({ runs }),
    ofWorkers: spread((run) => run.ofWorkers),
    ofServer: contender.server === undefined ? null : spread((run) => run.ofServer),
    firstTimes: spreadOf(ratios(rates(first), rates({ runs }))),
  };
}

const rates = ({ runs }: Pick<Entry, 'runs'>) => runs.map((run) => run.jobsPerSecond);
