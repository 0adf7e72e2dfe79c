import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkerOptions } from '../../src/index.js';
import { readJournal } from './journal.js';
import type { WorkerOrder, WorkerSays } from './worker.js';

const restartAfterMs = 100;

export interface CrewPlan {
  readonly address: string;
  readonly namespace: string;
  /** Where journals and logs go. No fault reaches it. */
  readonly folder: string;
  /** Whom the workers run as, where that is not whoever runs this. */
  readonly userId?: number;
  /** Options of the n-th process, and what its environment has besides. */
  readonly optionsOf: (number: number) => WorkerOptions;
  readonly environmentOf?: (files: string) => Readonly<Record<string, string>>;
}

/** A worker's process. */
export class WorkerProcess {
  readonly exited: Promise<void>;
  hasExited = false;
  hasStarted = false;
  isFrozen = false;
  /** Why it ended by itself, if it said so. */
  failed: Extract<WorkerSays, { readonly says: 'failed' }> | null = null;
  private readonly sent = new Set<NodeJS.Signals>();
  private readonly child: ChildProcess;
  private code: number | null = null;
  private endedBy: NodeJS.Signals | null = null;

  constructor(
    readonly files: string,
    order: WorkerOrder,
    { userId, environmentOf }: CrewPlan,
  ) {
    this.child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(order)], {
      execArgv: ['--import', 'tsx'],
      env: { ...process.env, ...environmentOf?.(files), ...(userId === undefined ? {} : { TMPDIR: dirname(files) }) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...(userId === undefined ? {} : { uid: userId, gid: userId }),
    });
    this.child.on('message', (message) => this.heard(message as WorkerSays));
    this.exited = new Promise((resolve) => {
      this.child.once('close', (code, signal) => {
        this.code = code;
        this.endedBy = signal;
        this.hasExited = true;
        resolve();
      });
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  get wasKilled(): boolean {
    return this.sent.has('SIGKILL');
  }

  signal(name: NodeJS.Signals): void {
    this.sent.add(name);
    this.child.kill(name);
  }

  freeze(): void {
    this.isFrozen = true;
    this.signal('SIGSTOP');
  }

  goOn(): void {
    this.isFrozen = false;
    this.signal('SIGCONT');
  }

  /** How it ended, if it ended as no worker should. */
  complaint(codesAllowed: readonly string[]): string | null {
    if (!this.hasExited) return null;
    if (this.failed !== null) {
      if (codesAllowed.includes(this.failed.code)) return null;
      return `a worker ended with ${this.failed.code}: ${this.failed.message}`;
    }
    if (this.endedBy !== null && this.sent.has(this.endedBy)) return null;
    if (this.code === 0 && this.sent.has('SIGTERM')) return null;
    return `a worker's process ended by itself, with ${this.endedBy ?? `code ${this.code}`}`;
  }

  private heard(message: WorkerSays): void {
    if (message.says === 'started') this.hasStarted = true;
    else this.failed = message;
  }
}

/** Worker processes, kept at their number as a supervisor would: whichever ends is started again, while they are kept. */
export class Crew {
  /** Every process there ever was. */
  readonly processes: WorkerProcess[] = [];
  private isKept = true;

  constructor(
    private readonly plan: CrewPlan,
    size: number,
  ) {
    for (let number = 0; number < size; number++) this.begin();
  }

  get alive(): readonly WorkerProcess[] {
    return this.processes.filter(({ hasExited }) => !hasExited);
  }

  /** Those that have started and are not frozen. */
  get working(): readonly WorkerProcess[] {
    return this.alive.filter(({ hasStarted, isFrozen }) => hasStarted && !isFrozen);
  }

  /** From now on, whoever ends stays away. */
  keepNoMore(): void {
    this.isKept = false;
  }

  begin(): WorkerProcess {
    const number = this.processes.length;
    const { address, namespace, folder, optionsOf } = this.plan;
    const files = join(folder, `worker-${number}`);
    const worker = new WorkerProcess(files, { address, namespace, files, options: optionsOf(number) }, this.plan);
    this.processes.push(worker);
    void worker.exited.then(() => {
      setTimeout(() => this.isKept && this.begin(), restartAfterMs);
    });
    return worker;
  }

  /** Asks all of them to stop; resolves when none is left. Those that do not end are killed, and named. */
  async stop(patienceMs: number): Promise<readonly string[]> {
    this.keepNoMore();
    for (const worker of this.alive) {
      if (worker.isFrozen) worker.goOn();
      worker.signal('SIGTERM');
    }
    const lingering: string[] = [];
    const impatient = setTimeout(() => {
      lingering.push(...this.alive.map(({ pid }) => `worker ${pid} had not stopped after ${patienceMs} ms`));
      this.kill();
    }, patienceMs);
    await Promise.all(this.alive.map(({ exited }) => exited));
    clearTimeout(impatient);
    return lingering;
  }

  kill(): void {
    this.keepNoMore();
    for (const worker of this.alive) worker.signal('SIGKILL');
  }
}

/** The journals in a folder. */
export function journalsIn(folder: string) {
  return journalNames(folder).map((name) => ({ name, lines: readJournal(join(folder, name)) }));
}

/** How long the journal of each worker is, in bytes, by its name. */
export function workersBytesIn(folder: string): ReadonlyMap<string, number> {
  const names = journalNames(folder).filter((name) => name.startsWith('worker-'));
  return new Map(names.map((name) => [name, statSync(join(folder, name)).size]));
}

function journalNames(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.journal'));
}

/** The codes of errors that workers' logs tell of, and how often. */
export function codesToldIn(folder: string): ReadonlyMap<string, number> {
  const codes = new Map<string, number>();
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.log'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      const code = /"code":"([^"]+)"/.exec(line)?.[1];
      if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
    }
  }
  return codes;
}
