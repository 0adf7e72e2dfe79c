import type { NewEvent, WorkerIdentity } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import { decideJob, type JobSubject } from '../domain/job-decisions.js';
import type { LiveProjection } from '../domain/live-projection.js';
import { evolveJob, type RecordedJobEvent } from '../domain/job.js';
import {
  type Append,
  type AppendAlong,
  type AppendResult,
  type EventLog,
  type LogError,
  streamKey,
} from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import { isoTime } from '../prelude/iso-time.js';
import { type Along, ClaimedJob, type ClaimedJobDependencies } from './claimed-job.js';
import type { PlaceOwner } from '../domain/limit-places.js';
import { LimitDesk } from './limit-desk.js';
import type { Logger } from './logger.js';
import type { OwnTimers } from './own-timers.js';
import type { ReadyQueue } from './ready-queue.js';
import type { RetryingLog } from './retrying-log.js';
import type { Slots } from './slots.js';
import type { WorkerStatistics } from './worker.js';

export interface ClaimsDependencies {
  readonly worker: WorkerIdentity;
  readonly leaseMs: number;
  /** What a claimed job needs. */
  readonly holding: ClaimedJobDependencies;
  readonly queue: ReadyQueue;
  /** The graphs as this worker sees them now. */
  readonly projection: LiveProjection;
  readonly slots: Slots;
  readonly log: RetryingLog;
  readonly environment: OwnTimers;
  readonly logger: Logger;
  readonly statistics: WorkerStatistics;
  readonly eventLog: EventLog;
  /** Keeps a job that is this worker's and does not run yet. */
  readonly hold: (claimed: ClaimedJob) => void;
  /** Runs a job that is this worker's from now on, in a slot that is occupied already. */
  readonly run: (job: JobNode, claimed: ClaimedJob) => void;
  /** The log takes no more claims from this worker, now or later. */
  readonly onUnwritable: (error: LogError) => void;
  /** All claims of a batch are decided: there may be free slots for more. */
  readonly onDecided: () => void;
  /** Told of work that a stop must wait for. */
  readonly underWay: (work: Promise<void>) => void;
}

/** A claim to be written. */
interface Claim {
  /** The job's stream. */
  readonly key: string;
  readonly job: JobNode;
  readonly append: Append;
  /** For what it takes places, if it has limits. */
  readonly owner: PlaceOwner;
  /** What the worker holds once the claim is in the log. */
  readonly hold: () => ClaimedJob;
}

/**
 * Claims ready jobs: takes from the queue as many as there are free slots, and appends a JobStarted for each at the
 * revision this worker has seen, all in one batch. A claim ends in one of three ways. *won*: the job runs here. *lost*:
 * another worker was faster; the job is contested, and is offered again only when this worker has seen the event that
 * beat it. *unwritable*: the log is closed or refuses; the job goes back to the queue.
 */
export class Claims {
  /** Jobs that another worker claimed first, and the revision that says so. */
  private readonly contested = new Map<JobNode, number>();
  /** Claims that have not come back through the log yet, of which graph, and when they were sent, on the monotonic clock. */
  private readonly sent = new Map<string, { readonly graphId: string; readonly at: number }>();
  /** Jobs that run when their claims have come back: what their parents are to them, and returned, is known only then. */
  private readonly held = new Map<string, { readonly job: JobNode; readonly claimed: ClaimedJob }>();

  /** Where jobs that have limits get their places. */
  readonly limits: LimitDesk;

  constructor(private readonly dependencies: ClaimsDependencies) {
    const { queue, log: retrying, eventLog: log, onDecided: onRoom } = dependencies;
    this.limits = new LimitDesk({ ...dependencies, log, retrying, onRoom, offer: (job) => queue.offerAgain(job) });
  }

  /** Claims as many ready jobs as there are free slots. Null if there is none; else resolves when all are decided. */
  claimReady(): Promise<void> | null {
    const { limits } = this;
    const { queue, slots, projection } = this.dependencies;
    const dequeue = () => queue.dequeue(slots.free, (type) => (projection.mayStart(type) ? slots.freeOf(type) : 0));
    if (slots.free > 0) limits.callUp();
    let jobs = dequeue();
    // Those that came meanwhile may be set aside behind others that cannot run here.
    while (jobs.length === 0 && slots.free > 0 && limits.callUp()) jobs = dequeue();
    return jobs.length > 0 ? this.claim(jobs) : null;
  }

  /** How many claims have not come back through the log. */
  get underWay(): number {
    return this.sent.size;
  }

  /** The graphs of which a claim is under way, or has not come back through the log yet; one may come several times. */
  *graphIds(): Generator<string> {
    for (const { graphId } of this.sent.values()) yield graphId;
  }

  /** Notes a claim that has come back through the log, by its stream, and how long that took. */
  saw(key: string): void {
    this.runHeld(key);
    const sent = this.sent.get(key);
    if (sent === undefined) return;
    this.sent.delete(key);
    this.dependencies.queue.claimTook(this.dependencies.environment.monotonic() - sent.at);
  }

  /**
   * The claim of a job that becomes ready by the end of another, to go into the log along with that. So a chain takes one
   * commit a job. Only when nothing else is offered: otherwise jobs are claimed in their order, and share their commits
   * anyway.
   */
  alongWith(ended: JobNode, ending: NewEvent): Along | null {
    const { queue, slots, eventLog } = this.dependencies;
    if (eventLog.joinsStreams !== true || slots.free < 1 || !queue.isEmpty) return null;
    const job = ended.children.find((child) => this.isFreedBy(child, ended));
    if (job === undefined) return null;
    const claim = this.claimOf(job, { ...job.subject(), waitsFor: [] }, ending.id);
    if (claim === null || this.sent.has(claim.key)) return null;
    this.send(claim);
    return { appends: [claim.append], onAnswer: (wentIn) => this.concludeAlong(claim, wentIn) };
  }

  private isFreedBy(child: JobNode, parent: JobNode): boolean {
    const { queue, slots, projection } = this.dependencies;
    const { type } = child.definition;
    const { graph, status } = child;
    // Of the parent, this worker may not even have seen the start: a handler can end before that has come back.
    const isFreed = child.isReadyOnceFinished(parent);
    // One that says something of time may have to wait, or to be watched; one that has limits, for a place.
    const isFree = !child.isTimed && child.definition.limits === undefined;
    const canRun = isFreed && isFree && status === 'unstarted' && graph.isOpen && graph.pause === null;
    return canRun && queue.handles(type) && projection.mayStart(type) && slots.freeOf(type) > 0;
  }

  private concludeAlong({ key, job, hold }: Claim, wentIn: boolean): void {
    const { slots, statistics, onDecided } = this.dependencies;
    statistics.claims += 1;
    if (!wentIn) {
      statistics.claimsLost += 1;
      this.sent.delete(key);
      slots.release(job.definition.type);
      return onDecided();
    }
    this.runOnceSeen(key, job, hold());
  }

  /** Runs a job when its claim has come back through the log: what its parents are to it stands there. */
  private runOnceSeen(key: string, job: JobNode, claimed: ClaimedJob): void {
    this.dependencies.hold(claimed);
    this.held.set(key, { job, claimed });
    const seen = this.dependencies.projection.job(claimed.graphId, claimed.id);
    const hasComeBack = seen === undefined || seen.state.revision >= claimed.state.revision;
    if (hasComeBack) this.runHeld(key);
  }

  private runHeld(key: string): void {
    const held = this.held.get(key);
    if (held === undefined) return;
    this.held.delete(key);
    const { job, claimed } = held;
    const now = this.dependencies.projection.job(claimed.graphId, claimed.id);
    if (now === undefined) claimed.lose('its graph has ended');
    this.dependencies.run(now ?? job, claimed);
  }

  private send({ key, job }: Claim): void {
    this.dependencies.slots.occupy(job.definition.type);
    this.sent.set(key, { graphId: job.graph.id, at: this.dependencies.environment.monotonic() });
  }

  /** Offers those contested jobs again whose deciding event this worker has seen by now. */
  offerContested(): void {
    for (const [job, revision] of this.contested) this.offerOnceSeen(job, revision);
  }

  private offerOnceSeen(job: JobNode, revision: number): void {
    if (job.isReady && job.state.revision < revision) return;
    this.contested.delete(job);
    this.dependencies.queue.offerAgain(job);
  }

  private async claim(jobs: readonly JobNode[]): Promise<void> {
    const { limits } = this;
    const { queue, onDecided } = this.dependencies;
    const claims: Claim[] = [];
    const later: Promise<void>[] = [];
    const refused: JobNode[] = [];
    for (const job of jobs) {
      const claim = this.claimOf(job, job.subject(), job.record.above.readyCause);
      const takes = limits.takes(job);
      // The rules do not let the job start yet: its timer was a little early. By now its wait may be over.
      if (claim === null) {
        if (takes) refused.push(job);
        else queue.offerAgain(job);
      } else if (!takes) claims.push(claim);
      else if (limits.joins(job)) claims.push(withPlaces(claim, limits.placesFor(job, claim.owner)));
      else later.push(this.claimAfterPlaces(claim));
    }
    if (refused.length > 0) later.push(this.refuse(refused));
    if (claims.length > 0) await this.claimTogether(claims);
    else if (later.length === 0) onDecided();
    await Promise.all(later);
  }

  private async refuse(jobs: readonly JobNode[]): Promise<void> {
    const { limits } = this;
    const { queue, onDecided } = this.dependencies;
    await limits.settle(jobs);
    for (const job of jobs) queue.offerAgain(job);
    onDecided();
  }

  private async claimTogether(claims: readonly Claim[]): Promise<void> {
    const { limits } = this;
    const { log, onUnwritable, onDecided } = this.dependencies;
    for (const claim of claims) this.send(claim);
    const results = await log.append(claims.map((claim) => claim.append));
    if (E.isLeft(results)) onUnwritable(results.left);
    claims.forEach((claim, index) => this.conclude(claim, E.isRight(results) ? results.right[index]! : null));
    const limited = claims.flatMap(({ job }) => (limits.takes(job) ? [job] : []));
    if (limited.length > 0) await limits.settle(limited);
    onDecided();
  }

  /** The log cannot take places and claim together, or only the log's clock tells whether the places were to be had. */
  private async claimAfterPlaces(claim: Claim): Promise<void> {
    const { limits } = this;
    const { log, slots, queue, statistics, onUnwritable, onDecided } = this.dependencies;
    const { job, key, owner, append } = claim;
    this.send(claim);
    if (await limits.take(job, owner)) {
      const results = await log.append([append]);
      if (E.isLeft(results)) onUnwritable(results.left);
      const result = E.isRight(results) ? results.right[0]! : null;
      this.conclude(claim, result);
      if (result?.appended !== true) await limits.lost(job, owner);
    } else {
      statistics.claims += 1;
      statistics.claimsLost += 1;
      this.sent.delete(key);
      slots.release(job.definition.type);
      queue.offerAgain(job);
    }
    await limits.settle([job]);
    onDecided();
  }

  private conclude({ key, job, append, owner, hold }: Claim, result: AppendResult | null): void {
    const { queue, slots, logger, statistics } = this.dependencies;
    if (result !== null) statistics.claims += 1;
    if (result?.appended === true) {
      if (this.limits.takes(job)) this.limits.won(job, owner);
      if (job.hasFixedInputs) return this.dependencies.run(job, hold());
      return this.runOnceSeen(key, job, hold());
    }
    this.sent.delete(key);
    slots.release(job.definition.type);
    if (result === null) return queue.offerAgain(job);
    statistics.claimsLost += 1;
    const about = { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
    if (result.actualRevision === null) {
      // It is not offered again until its stream has been repaired and read again.
      logger.error({ ...about, err: result.problem }, `a job cannot be claimed: ${result.problem.message}`);
      return;
    }
    // Refused where its own stream was as expected: another took the place, or it is too early.
    if (append.along !== undefined && result.actualRevision === append.expectedRevision) {
      this.limits.refused(job);
      return queue.offerAgain(job);
    }
    this.contested.set(job, result.actualRevision);
    logger.debug({ ...about, revision: append.expectedRevision }, 'another worker was faster to claim the job');
    // The event that beat it may have come before this answer, and no other may follow.
    this.offerOnceSeen(job, result.actualRevision);
  }

  private claimOf(job: JobNode, subject: JobSubject, causationId: string | null): Claim | null {
    const { environment, worker, leaseMs, queue, holding } = this.dependencies;
    const decision = decideJob(subject, { kind: 'start', worker, leaseMs, hasWaited: queue.hasWaited(job) });
    if (E.isLeft(decision)) return null;
    const event = decision.right[0]!;
    const id = environment.newId();
    const expectedRevision = subject.state.revision;
    const sentAt = environment.now();
    const started: NewEvent = { id, event, causationId, actor: worker.id };
    const append: Append = { graphId: job.graph.id, jobId: job.id, expectedRevision, events: [started] };
    const hold = () => {
      const recordedAt = isoTime(sentAt);
      const recorded = { id, revision: expectedRevision + 1, recordedAt, ...event } as RecordedJobEvent;
      const state = evolveJob(subject.state, recorded);
      return new ClaimedJob(holding, { ...subject, state, status: state.status });
    };
    const { attempt } = event.data as { readonly attempt: number };
    const owner = { graphId: job.graph.id, jobId: job.id, attempt, after: expectedRevision };
    return { key: streamKey(append), job, append, owner, hold };
  }
}

function withPlaces(claim: Claim, along: readonly AppendAlong[]): Claim {
  return { ...claim, append: { ...claim.append, along } };
}
