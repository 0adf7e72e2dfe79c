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

/** The log refuses this event from anyone. The lease is not lost by that, and another event may be written. */
function isUnwritable({ code }: LogError): boolean {
  return code === 'event-invalid' || code === 'append-too-large';
}

/** The job no longer belongs to the attempt that tried to write about it. Nothing was written. */
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

export interface ClaimedJobDependencies {
  readonly log: RetryingLog;
  readonly environment: Environment;
  readonly worker: WorkerIdentity;
}

/**
 * A job this worker has claimed. All that the worker writes about it goes through here.
 *
 * Its events are appended one after another, each at the revision that the one before left: that revision is the fencing
 * token. When an append is refused, somebody else has written to the stream (a monitor that took the lease, an operator's
 * abort), and the lease is lost: the signal aborts, and nothing more is written. `isOver` says that the attempt has ended
 * or is lost.
 */
export class ClaimedJob {
  private queue: Promise<void> = Promise.resolve();
  private writing = 0;
  /** Created on first use: most handlers never ask, and it is the costliest part of a run. */
  private controller: AbortController | null = null;
  private interruption: Error | null = null;
  private readonly onInterruption: (() => void)[] = [];
  private ending: 'recorded' | LeaseLostError | null = null;
  /** When the log last recorded a sign of life, on the monotonic clock. */
  lastSignAt: number;

  constructor(
    private readonly dependencies: ClaimedJobDependencies,
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

  get workerId(): string {
    return this.dependencies.worker.id;
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

  /** For the handler: aborts when its outcome will not be recorded. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      // A handler may pass its one signal to many calls; Node would warn of a leak at the eleventh.
      setMaxListeners(0, this.controller.signal);
      if (this.interruption !== null) this.controller.abort(this.interruption);
    }
    return this.controller.signal;
  }

  /** Why the attempt's outcome will not be recorded, or null. */
  get interruptedBy(): Error | null {
    return this.interruption;
  }

  get isOver(): boolean {
    return this.ending !== null;
  }

  /**
   * Appends the events that a command leads to. Resolves when it is in the log; rejects with a LeaseLostError if it is refused, or
   * with a LogError if the log cannot take such an event at all.
   */
  write(command: JobCommand): Promise<void> {
    const before = this.writing === 0 ? null : this.queue;
    this.writing += 1;
    const written = this.writeAfter(before, command);
    this.queue = written;
    return written;
  }

  /** Gives the attempt up: whatever its handler does from now on is not written. */
  lose(why: string): LeaseLostError {
    const lost = new LeaseLostError(this.graphId, this.id, this.attempt, why);
    this.ending ??= lost;
    this.interrupt(lost);
    return lost;
  }

  /** Tells the handler that its outcome will not be recorded. */
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

  /** Whether an append is under way, which may be in the log already. */
  get isWriting(): boolean {
    return this.writing > 0;
  }

  /** Resolves when the appends under way have been answered. */
  async written(): Promise<void> {
    await this.queue.catch(() => {});
  }

  /** Appends JobAborted for a graph that was aborted, so that the job's own stream says so too. */
  async followGraphAbort(): Promise<void> {
    const event: DomainEvent = {
      type: 'JobAborted',
      data: { by: this.workerId, message: 'its graph was aborted', silent: true },
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
          : `its stream is at revision ${result.actualRevision}, and this attempt's last event at ${this.state.revision}`,
      );
    }
    // The log's own time is known when the event comes back; until then, this host's clock stands in for it.
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
    const { state, graphId } = this.subject;
    const created = newEvents(this.dependencies.environment, events, state.lastEventId, this.workerId);
    return { graphId, jobId: this.id, expectedRevision: state.revision, events: created };
  }
}
