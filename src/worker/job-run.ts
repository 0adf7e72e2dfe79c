import { inputsFrom, parentsAtStart, type ParentThen } from '../domain/attempt-input.js';
import type { RetryPolicy } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import type { JobCommand } from '../domain/job-decisions.js';
import { cutMessage } from '../domain/limits.js';
import type { Spawned } from '../domain/events.js';
import type { Handler, RunningJob } from '../handlers/handler.js';
import { spawnerOf } from '../domain/spawn.js';
import type { Expiry } from '../domain/timing.js';
import { Spawning } from '../handlers/spawning.js';
import type { EventLog } from '../log/event-log.js';
import { wordsFor } from '../prelude/errors.js';
import type { Json } from '../prelude/json.js';
import type { Environment } from '../store/environment.js';
import { type AlongWith, type ClaimedJob, LeaseLostError } from './claimed-job.js';
import { commandFor, execute, hasInputs, JobTimeoutError, type Outcome, readInputs, runningJob } from './execute.js';
import type { Heartbeats } from './heartbeats.js';
import type { Logger } from './logger.js';
import { remember, remembered } from './memory.js';
import type { ErrorReporter } from './reporter.js';
import type { RetryingLog } from './retrying-log.js';

/** What the runs of all jobs of a type share. */
export interface RunDependencies {
  readonly handler: Handler;
  readonly policyOfType: RetryPolicy | undefined;
  readonly environment: Environment;
  readonly log: EventLog;
  readonly retrying: RetryingLog;
  readonly heartbeats: Heartbeats;
  readonly logger: Logger;
  readonly reporter: ErrorReporter;
  /** Whether the worker is stopping. The signal that stops it may have reached the handler's child processes too. */
  readonly isStopping: () => boolean;
  /** What goes into the log together with the end of a job that finishes. */
  readonly alongWith: (job: JobNode) => AlongWith;
  /** Called once, when another job may run in the slot of this one. */
  readonly onSlotFree: (type: string) => void;
  /** Called once, when the attempt has ended. */
  readonly onOver: (claimed: ClaimedJob, ending: RunEnding) => void;
}

/** How a run ended, by the names of the worker's statistics. */
export type RunEnding = 'finished' | 'skipped' | 'deferred' | 'failed' | 'faulted' | 'aborted' | 'leasesLost';

/** How long a handler that was told to stop keeps its slot, before another job runs beside it. */
const graceMs = 5000;

/**
 * One attempt of a job in this worker, from its claim to its ending. It is in one of these modes, and never goes back:
 *
 * - preparing: what the handler needs and is not in memory is read. A result that is remembered is the ending at once, and
 *   no part of the handler runs.
 * - running: the handler runs.
 * - recording: the handler has ended, or took too long, and the ending is on its way into the log.
 * - over: the ending is recorded, or the attempt no longer belongs to this worker and its outcome is discarded.
 *
 * An interruption (the lease is lost, the graph aborted, the job handed back) leads from the first two to the last. The
 * handler may run on after its attempt is over, or while its timeout is recorded. So the slot goes its own way: it is free
 * when the handler has ended, or a while after it was told to end and did not.
 */
export class JobRun {
  private mode: 'preparing' | 'running' | 'recording' | 'over' = 'preparing';
  private isSlotFree = false;
  private cancelTimeout = () => {};
  private cancelGrace = () => {};
  private readonly parents: readonly ParentThen[];
  /** What the handler spawns, once it does. */
  private spawning: Spawning | null = null;

  constructor(
    private readonly job: JobNode,
    private readonly claimed: ClaimedJob,
    private readonly dependencies: RunDependencies,
  ) {
    this.parents = parentsAtStart(job);
  }

  begin(): void {
    const { job, claimed, dependencies } = this;
    dependencies.logger.debug(this.about, 'job started');
    dependencies.heartbeats.add(claimed);
    claimed.whenInterrupted(() => this.interrupted());
    if (job.isTimed) claimed.whenExpired((expiry) => this.expired(expiry));
    if (this.mode === 'over') return;
    if (job.definition.memoize === undefined && hasInputs(this.parents)) this.runHandler(inputsFrom(this.parents));
    else this.prepare().catch((error: unknown) => this.failBy(error));
  }

  private get about() {
    const { graphId, id, type, attempt } = this.claimed;
    return { graphId, jobId: id, type, attempt };
  }

  // ---- preparing

  private async prepare(): Promise<void> {
    const { job, claimed, dependencies } = this;
    const { memoize } = job.definition;
    const known = memoize === undefined ? null : await remembered(claimed, memoize, dependencies);
    if (known !== null && this.mode === 'preparing') {
      this.mode = 'recording';
      await claimed.write({ kind: 'finish', attempt: claimed.attempt, result: known.result, memoized: known.from });
      this.freeSlot();
      dependencies.logger.debug({ ...this.about, memoized: known.from }, 'job finished with a remembered result');
      return this.end('finished');
    }
    const inputs = await readInputs(this.parents, dependencies.log, dependencies.retrying);
    if (this.mode === 'preparing') this.runHandler(inputs);
  }

  // ---- running

  private runHandler(inputs: Record<string, Json>): void {
    this.mode = 'running';
    const { job, claimed, dependencies } = this;
    const { timeoutMs } = job.definition;
    if (timeoutMs !== undefined) {
      this.cancelTimeout = dependencies.environment.setTimer(timeoutMs, () => this.timedOut(timeoutMs));
    }
    execute(dependencies.handler, runningJob(job, claimed, inputs, this.parents, this.spawn), (outcome) => {
      this.freeSlot();
      if (this.mode === 'running') this.record(outcome);
    });
  }

  private readonly spawn: RunningJob['spawn'] = (jobs) => {
    this.spawning ??= new Spawning(spawnerOf(this.job), () => this.mode === 'running');
    return this.spawning.spawn(jobs);
  };

  private timedOut(timeoutMs: number): void {
    if (this.mode !== 'running') return;
    const error = new JobTimeoutError(`the attempt took longer than ${timeoutMs} ms`);
    this.mode = 'recording';
    this.claimed.interrupt(error);
    this.awaitSlot();
    this.record({ kind: 'timed-out', error });
  }

  /** The job has run out of time over all its attempts. */
  private expired(expiry: Expiry): void {
    if (this.mode !== 'running' && this.mode !== 'preparing') return;
    const error = new JobTimeoutError(`the job had not ended within ${expiry.limitMs} ms (${expiry.limit}Ms)`);
    if (this.mode === 'running') this.awaitSlot();
    else this.freeSlot();
    this.mode = 'recording';
    this.claimed.interrupt(error);
    this.record({ kind: 'expired', error, expiry });
  }

  private interrupted(): void {
    if (this.mode === 'over' || this.mode === 'recording') return;
    if (this.mode === 'running') this.awaitSlot();
    else this.freeSlot();
    this.loseLease();
  }

  // ---- recording

  private record(outcome: Outcome): void {
    this.mode = 'recording';
    this.cancelTimeout();
    try {
      const command = commandFor(outcome, this.claimed, this.dependencies.isStopping(), () => this.retryNow());
      const spawned = command.kind === 'finish' ? (this.spawning?.parts() ?? []) : [];
      if (command.kind !== 'finish' || spawned.length === 0) this.recordEnd(outcome, command);
      else this.recordSpawned(spawned, 0, (last) => this.recordEnd(outcome, { ...command, spawned: last }));
    } catch (error) {
      this.failBy(error);
    }
  }

  private recordEnd(outcome: Outcome, command: JobCommand): void {
    // A job that waits for all that is spawned is not freed by this end.
    const isAlone = command.kind !== 'finish' || command.spawned !== undefined;
    const onWritten = (failure: Error | null) => {
      if (failure !== null) this.failBy(failure);
      else this.recorded(outcome, command);
    };
    this.claimed.record(command, onWritten, isAlone ? undefined : this.dependencies.alongWith(this.job));
  }

  /** Writes what was spawned, part by part, but for the last one, which goes with the end of the attempt. */
  private recordSpawned(parts: readonly Spawned[], at: number, onRest: (last: Spawned) => void): void {
    const part = parts[at]!;
    if (at === parts.length - 1) return onRest(part);
    this.claimed.record({ kind: 'spawn', attempt: this.claimed.attempt, spawned: part }, (failure) => {
      if (failure === null) this.recordSpawned(parts, at + 1, onRest);
      else this.failBy(failure);
    });
  }

  private recorded(outcome: Outcome, command: JobCommand): void {
    const { memoize } = this.job.definition;
    if (memoize === undefined || command.kind !== 'finish') return this.end(this.tell(outcome, command));
    remember(this.claimed, memoize, this.dependencies).then(
      () => this.end(this.tell(outcome, command)),
      (error: unknown) => this.failBy(error),
    );
  }

  /**
   * No attempt is left without an ending. If its outcome cannot be worked out, or cannot be written, that is the failure of
   * the attempt, and the job goes on as after any exception.
   */
  private failBy(error: unknown): void {
    this.freeSlot();
    if (error instanceof LeaseLostError) return this.loseLease();
    if (this.mode === 'over') return;
    this.mode = 'recording';
    const { claimed, dependencies } = this;
    const message = `the outcome of the attempt could not be recorded: ${wordsFor(error)}`;
    dependencies.logger.error({ ...this.about, err: error }, message);
    const failure = { reason: 'system/exception', exception: 'OutcomeNotRecorded', message: cutMessage(message) };
    const { attempt } = claimed;
    const command = {
      kind: 'fault',
      attempt,
      cause: 'exception',
      failure,
      errorNames: [],
      ...this.retryNow(),
    } as const;
    claimed.record(command, (again) => {
      if (again === null) return this.end(claimed.state.status === 'failed' ? 'failed' : 'faulted');
      if (again instanceof LeaseLostError) return this.loseLease();
      dependencies.logger.error(
        { ...this.about, err: again },
        'a job could not be run to its end here; its lease will end',
      );
      this.end('leasesLost');
    });
  }

  private retryNow() {
    const { policyOfType, environment } = this.dependencies;
    return { policyOfType, now: environment.now(), random: environment.random() };
  }

  // ---- over

  private loseLease(): void {
    if (this.mode === 'over') return;
    const why = this.claimed.interruptedBy?.message ?? 'the job is no longer held by this worker';
    this.dependencies.logger.warn(this.about, `the outcome of a run is discarded: ${why}`);
    this.end('leasesLost');
  }

  private end(ending: RunEnding): void {
    if (this.mode === 'over') return;
    this.mode = 'over';
    this.cancelTimeout();
    this.dependencies.heartbeats.remove(this.claimed);
    this.dependencies.onOver(this.claimed, ending);
  }

  /** Tells how a run ended, once that is in the log: the logger always, the reporter for errors and aborts that are not silent. */
  private tell(outcome: Outcome, command: JobCommand): RunEnding {
    const { claimed, about } = this;
    const { logger, reporter } = this.dependencies;
    if (outcome.kind === 'returned') {
      logger.debug(about, 'job finished');
      return 'finished';
    }
    const { graphId, id, type, attempt } = claimed;
    const report = () => reporter.report(outcome.error, { graphId, id, type, attempt });
    if (command.kind === 'abort') {
      if (!command.silent) report();
      logger[command.silent ? 'info' : 'warn'](about, `job aborted: ${command.message}`);
      return 'aborted';
    }
    if (command.kind === 'skip') {
      logger.info(about, `job skipped: ${command.reason}`);
      return 'skipped';
    }
    const { status, delayMs, failure } = claimed.state;
    if (command.kind === 'defer') {
      logger.info(about, `job deferred, it may start again in ${delayMs} ms: ${command.reason}`);
      return 'deferred';
    }
    const again = delayMs === null ? 'at once' : `in ${delayMs} ms`;
    const next = status === 'failed' ? 'job failed' : `attempt failed, the job may start again ${again}`;
    const message = `${next}: ${failure?.message ?? failure?.exception}`;
    if (command.kind === 'fault' && (command.cause === 'fault' || command.cause === 'released')) {
      logger.info(about, message);
    } else {
      report();
      logger.error({ ...about, failure, ...(command.kind === 'fault' ? { stack: command.stack } : {}) }, message);
    }
    return status === 'failed' ? 'failed' : 'faulted';
  }

  // ---- the slot

  /** The handler was told to end: its slot is free when it has, or after a while. */
  private awaitSlot(): void {
    this.cancelGrace = this.dependencies.environment.setTimer(graceMs, () => this.freeSlot());
  }

  private freeSlot(): void {
    this.cancelGrace();
    if (this.isSlotFree) return;
    this.isSlotFree = true;
    this.dependencies.onSlotFree(this.claimed.type);
  }
}
