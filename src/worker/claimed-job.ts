import { setMaxListeners } from 'node:events';
import type { DomainEvent, WorkerIdentity } from '../domain/events.js';
import { decideJob, type JobCommand, type JobSubject } from '../domain/job-decisions.js';
import { evolveJob, type JobState, type RecordedJobEvent } from '../domain/job.js';
import type { LogError } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import type { RetryingLog } from './retrying-log.js';
import { newEvents } from '../store/new-events.js';

/** What the log will not take, whoever writes it: the lease is not lost by that, and something else may be written. */
function isUnwritable({ code }: LogError): boolean {
  return code === 'event-invalid' || code === 'append-too-large';
}

/** What an attempt tries to say about a job that is no longer its own. Nothing was written. */
export class LeaseLostError extends OverseerError {
  override readonly name = 'LeaseLostError';
  declare readonly code: 'lease-lost';
  constructor(
    readonly graphId: string,
    readonly jobId: string,
    readonly attempt: number,
    why: string,
  ) {
    super(
      'lease-lost',
      `attempt ${attempt} of job ${JSON.stringify(jobId)} of graph ${graphId} has lost its lease: ${why}`,
    );
  }
}

export interface HeldJobDependencies {
  readonly log: RetryingLog;
  readonly environment: Environment;
  readonly worker: WorkerIdentity;
}

/**
 * A job this worker has claimed, and the only hand that writes about it.
 *
 * Its events go out one after another, each at the revision the one before left: that revision is the fencing token. As
 * soon as an append is refused, somebody else has written to the stream (a monitor that took the lease, an operator's
 * abort), and the lease is lost: the signal aborts, and nothing is written any more. `over` says that the attempt is
 * ended or lost, whichever came first.
 */
export class ClaimedJob {
  private queue: Promise<void> = Promise.resolve();
  private writing = 0;
  /** Made when a handler asks for it: most never do, and it is the dearest thing a run could have. */
  private controller: AbortController | null = null;
  private interruption: Error | null = null;
  private readonly onInterruption: (() => void)[] = [];
  private ending: 'recorded' | LeaseLostError | null = null;
  /** When the log last took a sign of life, on the monotonic clock. */
  lastSignAt: number;

  constructor(
    private readonly dependencies: HeldJobDependencies,
    private subject: JobSubject,
  ) {
    this.lastSignAt = dependencies.environment.monotonic();
  }

  get graphId(): string {
    return this.subject.graphId;
  }

  get id(): string {
    return this.subject.definition.id;
  }

  get type(): string {
    return this.subject.definition.type;
  }

  get state(): JobState {
    return this.subject.state;
  }

  get attempt(): number {
    return this.subject.state.attempt;
  }

  get leaseMs(): number {
    return this.subject.state.leaseMs!;
  }

  /** For the handler: aborts when its outcome is not wanted any more. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      // A handler may well give its one signal to many calls; Node would warn of the eleventh as of a leak.
      setMaxListeners(0, this.controller.signal);
      if (this.interruption !== null) this.controller.abort(this.interruption);
    }
    return this.controller.signal;
  }

  /** Why the attempt's outcome is not wanted any more, or null. */
  get interruptedBy(): Error | null {
    return this.interruption;
  }

  get isOver(): boolean {
    return this.ending !== null;
  }

  /**
   * Writes what a command leads to. Resolves when it is in the log; rejects with a LeaseLostError if it is refused, or
   * with a LogError if the log cannot take such an event at all.
   */
  write(command: JobCommand): Promise<void> {
    const before = this.writing === 0 ? null : this.queue;
    this.writing += 1;
    const written = this.writeAfter(before, command);
    this.queue = written;
    return written;
  }

  /** Gives the attempt up from this side: whatever its handler does from now on is not written. */
  lose(why: string): LeaseLostError {
    const lost = new LeaseLostError(this.graphId, this.id, this.attempt, why);
    this.ending ??= lost;
    this.interrupt(lost);
    return lost;
  }

  /** Tells the handler that its outcome is not wanted any more. */
  interrupt(reason: Error): void {
    if (this.interruption !== null) return;
    this.interruption = reason;
    this.controller?.abort(reason);
    for (const callback of this.onInterruption) callback();
  }

  /** Calls back when the attempt is interrupted, at once if it is already. */
  whenInterrupted(callback: () => void): void {
    if (this.interruption !== null) callback();
    else this.onInterruption.push(callback);
  }

  /** Whether something this worker wrote may be in the log without its knowing yet. */
  get isWriting(): boolean {
    return this.writing > 0;
  }

  /** Resolves when what is being written has been answered. */
  async written(): Promise<void> {
    await this.queue.catch(() => {});
  }

  /** Appends JobAborted for a graph that was aborted, so that the job's own stream tells it too. */
  async followGraphAbort(): Promise<void> {
    const event: DomainEvent = {
      type: 'JobAborted',
      data: { by: this.dependencies.worker.id, message: 'its graph was aborted', silent: true },
    };
    if (this.state.status === 'started') await this.dependencies.log.append([this.appendOf([event])]);
  }

  private async writeAfter(before: Promise<void> | null, command: JobCommand): Promise<void> {
    try {
      if (before !== null) await before.catch(() => {});
      await this.writeNow(command);
    } finally {
      this.writing -= 1;
    }
  }

  private async writeNow(command: JobCommand): Promise<void> {
    if (this.ending instanceof LeaseLostError) throw this.ending;
    const decision = decideJob(this.subject, command);
    if (E.isLeft(decision)) throw this.lose(decision.left.message);
    const append = this.appendOf(decision.right);
    const results = await this.dependencies.log.append([append], () => !(this.ending instanceof LeaseLostError));
    if (E.isLeft(results)) throw isUnwritable(results.left) ? results.left : this.lose(results.left.message);
    const result = results.right[0]!;
    if (!result.appended) {
      throw this.lose(
        result.actualRevision === null
          ? result.problem.message
          : `the job has moved on to revision ${result.actualRevision} without it (it held ${this.state.revision})`,
      );
    }
    // When the log took it is known when it comes back from there; until then, by this host's clock.
    const recordedAt = new Date(this.dependencies.environment.now()).toISOString();
    let state = this.state;
    append.events.forEach(({ id, event }, index) => {
      const revision = append.expectedRevision + 1 + index;
      state = evolveJob(state, { id, revision, recordedAt, ...event } as RecordedJobEvent);
    });
    this.subject = { ...this.subject, state, status: state.status };
    this.lastSignAt = this.dependencies.environment.monotonic();
    if (state.status !== 'started') this.ending ??= 'recorded';
  }

  private appendOf(events: readonly DomainEvent[]) {
    const { environment, worker } = this.dependencies;
    const { state, graphId } = this.subject;
    const created = newEvents(environment, events, state.lastEventId, worker.id);
    return { graphId, jobId: this.id, expectedRevision: state.revision, events: created };
  }
}
