import { type ChildProcess, fork, type StdioOptions } from 'node:child_process';
import { afterMs } from '../prelude/timer.js';
import type { WorkerStatistics } from '../worker/worker.js';
import { contentOf, letterWith, type Order, type Report } from './messages.js';
import { passOnLines } from './whole-lines.js';

/** The program that each process runs. */
export interface WorkerProgram {
  readonly file: string;
  /** What follows it on the command line. */
  readonly words: readonly string[];
  /** What a process is told first. Not on the command line, which every program on the machine can read. */
  readonly task?: Readonly<Record<string, unknown>>;
  /** Where its output goes, in whole lines; unless given, where this process's own goes. */
  readonly outlets?: { readonly stdout: (lines: Uint8Array) => void; readonly stderr: (lines: Uint8Array) => void };
}

/** How a process ended. */
export interface ProcessEnd {
  /** Undefined if it could not be started. */
  readonly pid: number | undefined;
  /** In words: `exit code 1`, `SIGKILL`. */
  readonly how: string;
  /** Null if it was ended by a signal, or could not be started. */
  readonly exitCode: number | null;
  /** What it told of the reason. */
  readonly failure: Extract<Report, { tells: 'failed' }> | null;
  readonly hasWorked: boolean;
  readonly livedMs: number;
}

/** How long to listen to a process that has ended: a program that it started may hold on to its output for ever. */
const afterEndMs = 1000;

/**
 * One worker process, from its start to its end. It leads a process group of its own, so that Ctrl+C in a terminal, which
 * signals the whole group, reaches its supervisor alone. A worker is stopped by a message, and stops by itself when the
 * channel is closed, which it also is when the supervisor dies. No signal stops it from here: if a program above signals the
 * process as well, that must be its first signal, not its second.
 */
export class WorkerProcess {
  readonly ended: Promise<ProcessEnd>;
  /** Null until its worker has started. */
  workerId: string | null = null;
  statistics: WorkerStatistics | null = null;
  private failure: ProcessEnd['failure'] = null;
  private readonly child: ChildProcess;
  private readonly startedAt = performance.now();

  constructor(
    { file, words, task, outlets }: WorkerProgram,
    private readonly onReport: (report: Report) => void,
  ) {
    const stdio: StdioOptions = outlets === undefined ? ['ignore', 1, 2, 'ipc'] : ['ignore', 'pipe', 'pipe', 'ipc'];
    this.child = fork(file, words, { detached: true, stdio, ...uninspected() });
    this.child.on('message', (message) => this.hear(contentOf<Report>(message)));
    if (task !== undefined) this.tell({ asks: 'begin', task });
    const { stdout, stderr } = this.child;
    // What it told last may arrive after its end.
    const passedOn = [new Promise<void>((resolve) => this.child.once('disconnect', resolve))];
    if (stdout !== null && outlets !== undefined) passedOn.push(passOnLines(stdout, outlets.stdout));
    if (stderr !== null && outlets !== undefined) passedOn.push(passOnLines(stderr, outlets.stderr));
    this.ended = this.untilEnded(Promise.all(passedOn));
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  stop(): void {
    this.tell({ asks: 'stop' });
    // Without a worker there is nothing to end, so it need not load its handlers first. If it has got one just now, that
    // stops as it does by the message.
    if (this.workerId === null) this.child.kill('SIGTERM');
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private tell(order: Order): void {
    // One that is gone need not be told.
    if (this.child.connected) this.child.send(letterWith(order), () => {});
  }

  private hear(report: Report | null): void {
    if (report === null) return;
    if (report.tells === 'started') this.workerId = report.workerId;
    if (report.tells === 'progress') this.statistics = report.statistics;
    if (report.tells === 'failed') this.failure = report;
    this.onReport(report);
  }

  private async untilEnded(passedOn: Promise<unknown>): Promise<ProcessEnd> {
    const { how, exitCode } = await new Promise<Pick<ProcessEnd, 'how' | 'exitCode'>>((resolve) => {
      this.child.on('error', ({ message }) => {
        if (this.pid === undefined) resolve({ how: message, exitCode: null });
      });
      this.child.once('exit', (code, signal) => {
        resolve({ how: signal ?? `exit code ${code}`, exitCode: signal === null ? code : null });
      });
    });
    const livedMs = performance.now() - this.startedAt;
    if (this.pid !== undefined) {
      await new Promise<void>((resolve) => {
        const cancel = afterMs(afterEndMs, resolve);
        void passedOn.then(() => {
          cancel();
          resolve();
        });
      });
    }
    return { pid: this.pid, how, exitCode, livedMs, failure: this.failure, hasWorked: this.workerId !== null };
  }
}

/** Two processes cannot be inspected at one port. Unless that is asked for, Node.js knows best what to pass on. */
function uninspected(): { readonly execArgv?: string[] } {
  const others = process.execArgv.filter((word) => !/^--inspect/.test(word));
  return others.length === process.execArgv.length ? {} : { execArgv: others };
}
