import { OverseerError } from '../prelude/errors.js';
import { delay } from '../prelude/delay.js';
import { afterMs } from '../prelude/timer.js';
import { emptyStatistics, type WorkerStatistics } from '../worker/worker.js';
import { endSentence } from './end-sentence.js';
import type { Report } from './messages.js';
import { endedSoon, restartDelayMs } from './restart-delay.js';
import { type ProcessEnd, WorkerProcess, type WorkerProgram } from './worker-process.js';

export interface SupervisorListener {
  /** A worker is up. */
  started?(workerId: string): void;
  /** A process ended. `restartMs` says when another is started in its place; null if none is. */
  ended(end: ProcessEnd, restartMs: number | null): void;
  logged?(report: Extract<Report, { tells: 'logged' }>): void;
  /** None of the processes has had anything to run for so long. */
  idle?(idleMs: number): void;
}

/** A process ended and no other takes its place. `code` is that of the error it told of. */
export class ProcessFailedError extends OverseerError {
  constructor(
    failure: Pick<NonNullable<ProcessEnd['failure']>, 'code' | 'message'>,
    /** Null if it was ended by a signal, or could not be started. */
    readonly exitCode: number | null,
  ) {
    super(failure.code, failure.message);
  }
}

/** A process that has ended this many times in a row before it could work will not work the next time either. */
const failedStartsMax = 5;

/**
 * Keeps some worker processes running. It starts and stops them, and takes no part in their work: they are equal workers as
 * any others, and know nothing of it.
 *
 * Each of its places is, one after another: *starting*, when a process has been started; *working*, when that has told that
 * its worker has started; *resting*, when it has ended and the next is not started yet. So on until the supervisor is told
 * to stop, or an end is final: one by an error that the next process would meet again. Then all others are stopped too.
 */
export class Supervisor {
  /** Resolves when a worker has started in every place; rejects if that will not be. */
  readonly started: Promise<void>;
  /** Resolves when it was told to stop and all processes have ended well. Rejects if one ended otherwise, or finally. */
  readonly stopped: Promise<void>;
  private readonly running = new Set<WorkerProcess>();
  private readonly stopping = new AbortController();
  private readonly past = emptyStatistics();
  private readonly placesStarted = new Set<number>();
  private settleStarted: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} };
  private failure: ProcessFailedError | null = null;
  private readonly idleSince = new Map<WorkerProcess, number>();

  constructor(
    private readonly count: number,
    private readonly program: WorkerProgram,
    private readonly listener: SupervisorListener,
    private readonly restartMs: (endedSoonBefore: number) => number = (before) => restartDelayMs(before, Math.random()),
  ) {
    this.started = new Promise<void>((resolve, reject) => (this.settleStarted = { resolve, reject }));
    this.stopped = this.untilStopped();
    // Whoever does not ask need not hear.
    this.started.catch(() => {});
    this.stopped.catch(() => {});
  }

  /** Those that work now. */
  get workers(): readonly { readonly pid: number; readonly workerId: string }[] {
    return [...this.running].flatMap(({ pid, workerId }) =>
      pid === undefined || workerId === null ? [] : [{ pid, workerId }],
    );
  }

  /** What all have done, those that have ended too. */
  get statistics(): WorkerStatistics {
    const sum = { ...this.past };
    for (const { statistics } of this.running) addTo(sum, statistics);
    return sum;
  }

  /** Whether any worker has started. */
  get hasWorked(): boolean {
    return this.placesStarted.size > 0;
  }

  stop(): Promise<void> {
    if (!this.stopping.signal.aborted) {
      this.stopping.abort();
      for (const each of this.running) each.stop();
    }
    return this.stopped;
  }

  /** Ends all processes at once. Their jobs are taken over when that is noticed. */
  kill(): void {
    this.stopping.abort();
    for (const each of this.running) each.kill();
  }

  private async untilStopped(): Promise<void> {
    const places = Array.from({ length: this.count }, (_, place) => this.keep(place));
    await Promise.all(places);
    this.settleStarted.reject(this.failure ?? new OverseerError('worker-failed', 'the worker processes were stopped'));
    if (this.failure !== null) throw this.failure;
  }

  private async keep(place: number): Promise<void> {
    let soon = 0;
    let failedStarts = 0;
    while (!this.stopping.signal.aborted) {
      const end = await this.endOf(this.begin(place));
      failedStarts = end.hasWorked ? 0 : failedStarts + 1;
      if (this.stopping.signal.aborted) {
        // Of those that could not begin, one has told why.
        if (!end.hasWorked) return;
        this.listener.ended(end, null);
        if (end.exitCode !== 0) this.failure ??= failureOf(end);
      } else if (this.isFinal(end, failedStarts)) {
        this.failure = failureOf(end);
        this.settleStarted.reject(this.failure);
        void this.stop().catch(() => {});
      } else {
        const restartMs = this.restartMs(soon);
        soon = endedSoon(soon, end.livedMs);
        this.listener.ended(end, restartMs);
        await delay({ setTimer: afterMs }, restartMs, this.stopping.signal);
      }
    }
  }

  private begin(place: number): WorkerProcess {
    const begun = new WorkerProcess(this.program, (report) => this.hear(place, begun, report));
    this.running.add(begun);
    return begun;
  }

  private async endOf(running: WorkerProcess): Promise<ProcessEnd> {
    const end = await running.ended;
    this.running.delete(running);
    this.idleSince.delete(running);
    addTo(this.past, running.statistics);
    return end;
  }

  private isFinal({ failure, hasWorked, exitCode }: ProcessEnd, failedStarts: number): boolean {
    if (failure !== null) return failure.isFinal || !this.hasWorked;
    if (hasWorked) return false;
    return failedStarts >= failedStartsMax || (exitCode !== null && !this.hasWorked);
  }

  private hear(place: number, from: WorkerProcess, report: Report): void {
    switch (report.tells) {
      case 'started':
        this.placesStarted.add(place);
        this.listener.started?.(report.workerId);
        if (this.placesStarted.size === this.count) this.settleStarted.resolve();
        return;
      case 'progress':
        this.idleSince.delete(from);
        return;
      case 'idle':
        this.idleSince.set(from, performance.now() - report.idleMs);
        return this.tellIdle();
      case 'logged':
        return this.listener.logged?.(report);
      case 'failed':
        return;
    }
  }

  /** Each process tells that it is idle, again and again; it is said once for all. */
  private tellIdle(): void {
    if (this.idleSince.size < this.running.size) return;
    const lastSince = Math.max(...this.idleSince.values());
    this.idleSince.clear();
    this.listener.idle?.(Math.round(performance.now() - lastSince));
  }
}

function failureOf(end: ProcessEnd): ProcessFailedError {
  const { exitCode, hasWorked, failure } = end;
  if (failure !== null) return new ProcessFailedError(failure, exitCode);
  const message = `${endSentence(end, null)}${hasWorked ? '' : ', before its worker had started'}`;
  return new ProcessFailedError({ code: 'worker-failed', message }, exitCode);
}

function addTo(sum: WorkerStatistics, more: WorkerStatistics | null): void {
  if (more === null) return;
  for (const name of Object.keys(sum) as (keyof WorkerStatistics)[]) sum[name] += more[name];
}
