import { setMaxListeners } from 'node:events';
import type { DomainEvent, NewEvent, WorkerIdentity } from '../domain/events.js';
import { decideJob, type JobCommand, type JobSubject } from '../domain/job-decisions.js';
import { evolveJob, type JobState, type RecordedJobEvent } from '../domain/job.js';
import type { Expiry } from '../domain/timing.js';
import { type Append, type LogError, streamKey } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { isoTime } from '../prelude/iso-time.js';
import type { Environment } from '../store/environment.js';
import { newEvents } from '../store/new-events.js';
import { type Answer, isUnwritable, type Outbox } from './outbox.js';

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
  readonly outbox: Outbox;
  readonly environment: Environment;
  readonly worker: WorkerIdentity;
  /** Told of each sign of life that the log has recorded. */
  readonly onSign?: (claimed: ClaimedJob) => void;
}

/** A command, or what makes it when it is its turn to be written. */
type CommandToWrite = JobCommand | (() => JobCommand);

/** Why a command was not written: the lease is lost, or the log cannot take such an event. Null if it was. */
type Written = LeaseLostError | LogError | null;

/** Appends to other streams that an ending brings about: they go into the log together with it, or it goes alone. */
export interface Along {
  readonly appends: readonly Append[];
  readonly onAnswer: (wentIn: boolean) => void;
}

/** Makes what goes along with an event. */
export type AlongWith = (event: NewEvent) => Along | null;

interface Write {
  readonly command: CommandToWrite;
  readonly alongWith: AlongWith;
  readonly onWritten: (failure: Written) => void;
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
  /** What is to be written, in order. The first is on its way. */
  private readonly writes: Write[] = [];
  private whenDone: (() => void)[] = [];
  /** Created on first use: most handlers never ask, and it is the costliest part of a run. */
  private controller: AbortController | null = null;
  private interruption: Error | null = null;
  private readonly onInterruption: (() => void)[] = [];
  private ending: 'recorded' | LeaseLostError | null = null;
  private expiry: Expiry | null = null;
  private onExpiry: ((expiry: Expiry) => void) | null = null;
  /** Its stream. */
  readonly key: string;
  /** When the log last recorded a sign of life, on the monotonic clock. */
  lastSignAt: number;

  constructor(
    private readonly dependencies: ClaimedJobDependencies,
    private subject: JobSubject,
  ) {
    this.lastSignAt = dependencies.environment.monotonic();
    this.key = streamKey({ graphId: subject.graphId, jobId: subject.definition.id });
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
  write(command: CommandToWrite): Promise<void> {
    return new Promise((resolve, reject) => {
      this.record(command, (failure) => (failure === null ? resolve() : reject(failure)));
    });
  }

  /** As {@link write}, for the ending that most jobs have: it costs no promise, and others may go along with it. */
  record(command: CommandToWrite, onWritten: (failure: Written) => void, alongWith: AlongWith = () => null): void {
    this.writes.push({ command, onWritten, alongWith });
    if (this.writes.length === 1) this.writeNext();
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

  /** Notes that a time limit of the job has run out while this attempt has it. */
  expire(expiry: Expiry): void {
    this.expiry = expiry;
    this.onExpiry?.(expiry);
  }

  /** Calls back when a time limit runs out, at once if it has already. */
  whenExpired(callback: (expiry: Expiry) => void): void {
    this.onExpiry = callback;
    if (this.expiry !== null) callback(this.expiry);
  }

  /** Calls back when the attempt is interrupted, at once if it is already. */
  whenInterrupted(callback: () => void): void {
    if (this.interruption !== null) callback();
    else this.onInterruption.push(callback);
  }

  /** Whether an append is under way, which may be in the log already. */
  get isWriting(): boolean {
    return this.writes.length > 0;
  }

  /** Resolves when the appends under way have been answered. */
  async written(): Promise<void> {
    if (this.isWriting) await new Promise<void>((resolve) => this.whenDone.push(resolve));
  }

  /** Appends JobAborted for a graph that was aborted, so that the job's own stream says so too. */
  async followGraphAbort(): Promise<void> {
    const event: DomainEvent = {
      type: 'JobAborted',
      data: { by: this.workerId, message: 'its graph was aborted', silent: true },
    };
    if (this.state.status !== 'started') return;
    await new Promise<void>((resolve) => {
      this.dependencies.outbox.send(
        this.appendOf([event]),
        () => true,
        () => resolve(),
      );
    });
  }

  private writeNext(): void {
    const { command, alongWith } = this.writes[0]!;
    const made = typeof command === 'function' ? command() : command;
    if (this.ending instanceof LeaseLostError) return this.done(this.ending);
    const decision = decideJob(this.subject, made);
    if (E.isLeft(decision)) return this.done(this.lose(decision.left.message));
    const append = this.appendOf(decision.right);
    const along = alongWith(append.events[0]!);
    if (along === null) return this.send(append);
    this.dependencies.outbox.send({ ...append, along: along.appends }, this.isWanted, (answer) => {
      along.onAnswer(E.isRight(answer) && answer.right.appended);
      // Refused where its own stream was as expected: others were in the way, and alone it may go in.
      const isOthers =
        E.isRight(answer) && !answer.right.appended && answer.right.actualRevision === append.expectedRevision;
      if (isOthers || (E.isLeft(answer) && isUnwritable(answer.left))) this.send(append);
      else this.done(this.conclude(append, answer));
    });
  }

  private send(append: Append): void {
    this.dependencies.outbox.send(append, this.isWanted, (answer) => this.done(this.conclude(append, answer)));
  }

  private readonly isWanted = () => !(this.ending instanceof LeaseLostError);

  /** The first write has come to its end. Goes on with the next. */
  private done(failure: Written): void {
    const { onWritten } = this.writes.shift()!;
    const isMore = this.isWriting;
    onWritten(failure);
    if (isMore) return this.writeNext();
    if (this.isWriting) return; // It led to another write, which is on its way.
    const waiting = this.whenDone;
    this.whenDone = [];
    for (const resolve of waiting) resolve();
  }

  private conclude(append: Append, answer: Answer): Written {
    if (E.isLeft(answer)) return isUnwritable(answer.left) ? answer.left : this.lose(answer.left.message);
    const result = answer.right;
    if (!result.appended) {
      return this.lose(
        result.actualRevision === null
          ? result.problem.message
          : `its stream is at revision ${result.actualRevision}, and this attempt's last event at ${this.state.revision}`,
      );
    }
    // The log's own time is known when the event comes back; until then, this host's clock stands in for it.
    const recordedAt = isoTime(this.dependencies.environment.now());
    let state = this.state;
    append.events.forEach(({ id, event }, index) => {
      const revision = append.expectedRevision + 1 + index;
      state = evolveJob(state, { id, revision, recordedAt, ...event } as RecordedJobEvent);
    });
    this.subject = { ...this.subject, state, status: state.status };
    this.lastSignAt = this.dependencies.environment.monotonic();
    this.dependencies.onSign?.(this);
    if (state.status !== 'started') this.ending ??= 'recorded';
    return null;
  }

  private appendOf(events: readonly DomainEvent[]): Append {
    const { state, graphId } = this.subject;
    const created = newEvents(this.dependencies.environment, events, state.lastEventId, this.workerId);
    return { graphId, jobId: this.id, expectedRevision: state.revision, events: created };
  }
}
