import type { Configuration } from '../config/configuration.js';
import type { NewEvent, RecordedEvent, WorkerIdentity } from '../domain/events.js';
import type { JobNode } from '../domain/graph.js';
import { decideJob } from '../domain/job-decisions.js';
import { evolveJob, type RecordedJobEvent } from '../domain/job.js';
import { leaseLengthMs } from '../domain/lease.js';
import type { Handlers } from '../handlers/handler.js';
import { type Append, LogError, type Subscription } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { E } from '../prelude/fp.js';
import { LiveFeed } from '../store/live-feed.js';
import type { Store } from '../store/store.js';
import { ClaimedJob } from './claimed-job.js';
import type { Logger } from './logger.js';
import { Monitor } from './monitor.js';
import { OwnTimers } from './own-timers.js';
import { delay, Outage, type RetryingLog, retryingLog } from './retrying-log.js';
import { Slots } from './slots.js';
import { ReadyQueue } from './ready-queue.js';
import type { ErrorReporter } from './reporter.js';
import { runJob } from './run-job.js';
import type { Worker, WorkerStatistics } from './worker.js';

const snapshotEveryMs = 600_000;

/** How many leases the log may fail a worker on end, before the worker gives up. */
const outageLeasesMax = 10;

/**
 * The worker. Its parts: a feed that keeps the live projection up to the log, a queue of what is ready, the jobs it
 * holds, and a monitor of what others hold. Everything happens in answer to events of the log, ends of handlers, and
 * timers; each of them may free a place or make a job ready, and so calls `claimMore`.
 *
 * It is in one of three modes. *working*; *stopping*: claims nothing new, and what runs may end; *stopped*: holds
 * nothing, and has let go of subscription and timers.
 */
export class RunningWorker implements Worker {
  readonly id: string;
  readonly statistics = emptyStatistics();
  readonly stopped: Promise<void>;
  private mode: 'working' | 'stopping' | 'stopped' = 'working';
  private settleStopped: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} };
  private stopping: Promise<void> | null = null;
  private readonly identity: WorkerIdentity;
  private readonly environment: OwnTimers;
  private readonly feed: LiveFeed;
  private readonly queue: ReadyQueue;
  private readonly monitor: Monitor;
  private readonly log: RetryingLog;
  private readonly health: Outage;
  private readonly giveUp = new AbortController();
  private subscription: Subscription | null = null;
  private following: Promise<void> = Promise.resolve();
  /** Jobs that run here. */
  private readonly claimed = new Map<string, ClaimedJob>();
  private readonly slots: Slots;
  /** Claims on their way, and runs of jobs up to their last write; a stop waits for these. */
  private readonly underWay = new Set<Promise<unknown>>();
  /** Jobs somebody else was faster to claim, and the revision that says so; offered again once that has been seen. */
  private readonly contested = new Map<JobNode, number>();
  /** Claims on their way there and back through the log, and when they were sent, on the monotonic clock. */
  private readonly claimSentAt = new Map<string, number>();
  private readonly leaseMs: number;
  /** What looks ready in the middle of an old log was taken long ago: claims begin where the log ends. */
  private isCaughtUp = false;
  private lastActiveAt: number;

  constructor(
    private readonly store: Store,
    private readonly handlers: Handlers,
    private readonly configuration: Configuration,
    private readonly logger: Logger,
    private readonly reporter: ErrorReporter,
  ) {
    const { log } = store;
    const environment = new OwnTimers(store.environment);
    this.environment = environment;
    this.id = `${environment.host}-${environment.pid}-${environment.newId().slice(0, 8)}`;
    const { host, pid, process } = environment;
    this.identity = { id: this.id, host, pid, ...(process === undefined ? {} : { process }) };
    this.leaseMs = leaseLengthMs(configuration['heartbeat.sleep-time'], configuration['heartbeat.tolerance']);
    this.slots = new Slots(configuration.concurrency, (type) => configuration.types[type]?.concurrency ?? Infinity);
    this.health = new Outage(
      environment,
      (lastsMs, error) => this.logFailed(lastsMs, error),
      (error) => this.fail(error.message, error),
    );
    this.log = retryingLog(log, environment, logger, this.health, this.giveUp.signal);
    this.queue = new ReadyQueue(
      this.id,
      (type) => Object.hasOwn(handlers, type),
      environment,
      () => this.isCaughtUp,
      () => this.claimMore(),
      (workerId) => this.feed.projection.runningBy(workerId),
      configuration.concurrency,
    );
    this.feed = new LiveFeed(
      log,
      this.queue,
      (graphId, upTo) => this.log.read(log.readGraph(graphId, upTo)),
      (graphId, error) => this.logger.error({ graphId, err: error }, `a graph is left alone: ${error.message}`),
    );
    const isHeld = (job: JobNode) => this.claimed.has(keyOf(job.graph.id, job.id));
    const { projection } = this.feed;
    this.monitor = new Monitor({
      projection,
      environment,
      worker: this.identity,
      logger,
      log,
      health: this.health,
      isHeld,
    });
    this.lastActiveAt = environment.monotonic();
    this.stopped = new Promise((resolve, reject) => {
      this.settleStopped = { resolve, reject };
    });
    this.stopped.catch(() => {}); // Whoever does not ask need not hear.
  }

  async begin(): Promise<void> {
    await this.feed.start();
    this.logger.info({ workerId: this.id, types: Object.keys(this.handlers) }, 'worker started');
    this.following = this.follow().catch((error: unknown) => {
      this.fail(error instanceof LogError ? error.message : 'following the log failed', error);
    });
    const period = this.configuration['heartbeat.sleep-time'];
    this.every(
      () => this.configuration['sleep-time'],
      () => this.sayIdle(),
    );
    this.every(
      () => this.monitor.waitMs(period),
      () => this.monitor.look(),
    );
    // A log may grow by what does not concern this worker, which the next one should not have to look through.
    this.every(
      () => snapshotEveryMs,
      () => this.saveSnapshot(0),
    );
  }

  stop(): Promise<void> {
    this.stopping ??= this.end(null);
    return this.stopping;
  }

  // ---- what comes from the log

  private async follow(): Promise<void> {
    const safetyNetMs = this.configuration['detector-sleep-time'];
    this.subscription = this.store.log.subscribe({ after: this.feed.projection.position, safetyNetMs });
    for await (const message of this.subscription) {
      if (message.kind === 'interrupted') {
        this.health.failed('reading', message.error);
        continue;
      }
      this.health.worked('reading');
      if (message.kind === 'events') await this.applyEvents(message.events);
      else {
        this.feed.passOver(message.upTo);
        this.isCaughtUp = true;
      }
      this.claimMore();
    }
    if (this.mode === 'working') this.fail('the store was closed', null);
  }

  private async applyEvents(events: readonly RecordedEvent[]): Promise<void> {
    await this.feed.apply(events);
    for (const event of events) {
      this.learnFrom(event);
      this.letGoOfLost(event);
    }
    for (const [job, revision] of this.contested) {
      if (job.isReady && job.state.revision < revision) continue;
      this.contested.delete(job);
      this.queue.offerAgain(job);
    }
    await this.saveSnapshot();
  }

  /** What others do tells which jobs to leave to them, and how soon what this worker does is heard of. */
  private learnFrom(event: RecordedEvent): void {
    if (event.type === 'JobStarted') {
      this.queue.sawClaim(event.data.worker.id);
      if (event.data.worker.id === this.id) this.heardOfClaim(keyOf(event.graphId, event.jobId));
    }
    if (event.type !== 'JobFinished' || event.jobId === null) return;
    const job = this.feed.projection.job(event.graphId, event.jobId);
    const startedAt = job?.state.startedAt ?? null;
    if (job === undefined || startedAt === null) return;
    this.queue.jobTook(job.definition.type, Date.parse(event.recordedAt) - Date.parse(startedAt));
  }

  private heardOfClaim(key: string): void {
    const sentAt = this.claimSentAt.get(key);
    if (sentAt === undefined) return;
    this.claimSentAt.delete(key);
    this.queue.claimTook(this.environment.monotonic() - sentAt);
  }

  private async saveSnapshot(worthIt?: number): Promise<void> {
    await this.feed
      .saveSnapshot(worthIt)
      .catch((error: unknown) => this.logger.warn({ err: error }, 'no snapshot could be saved'));
  }

  /** Finds out which running jobs an event has taken away, through their own streams or through their graph. */
  private letGoOfLost({ type, graphId, jobId }: RecordedEvent): void {
    const isAboutOne = type === 'JobStarted' || type === 'Heartbeat' || type === 'JobFinished';
    const concerned = isAboutOne ? [this.claimed.get(keyOf(graphId, jobId))] : this.claimed.values();
    for (const claimed of concerned) if (claimed?.graphId === graphId) this.letGoIfLost(claimed);
  }

  private letGoIfLost(claimed: ClaimedJob): void {
    const graph = this.feed.projection.graphs.get(claimed.graphId);
    const job = graph?.jobs.get(claimed.id);
    const isBehind = job !== undefined && job.state.revision < claimed.state.revision;
    if (claimed.isOver || isBehind || (job?.status === 'started' && job.state.attempt === claimed.attempt)) return;
    if (claimed.isWriting) {
      // What took it away may be its own ending, on the way back to us. The answer tells.
      this.track(claimed.written().then(() => this.letGoIfLost(claimed)));
      return;
    }
    claimed.lose(graph === undefined ? 'its graph has ended' : `it is ${job?.status ?? 'gone'} by now`);
    if (graph === undefined) this.track(claimed.followGraphAbort());
  }

  private logFailed(lastsMs: number, error: LogError): void {
    // By then others, who may have no log either, are late with their heartbeats.
    if (lastsMs > this.leaseMs / 2) this.monitor.beginAnew();
    if (lastsMs <= outageLeasesMax * this.leaseMs || !this.configuration['heartbeat.monitor-shutdown']) return;
    this.fail(`the log has failed for longer than ${outageLeasesMax} leases`, error);
  }

  // ---- claiming

  private claimMore(): void {
    if (this.mode !== 'working' || !this.isCaughtUp) return;
    const jobs = this.queue.dequeue(this.slots.free, (type) => this.slots.freeOf(type));
    if (jobs.length > 0) this.track(this.claim(jobs));
  }

  private async claim(jobs: readonly JobNode[]): Promise<void> {
    const claims = jobs.flatMap((job) => this.claimOf(job));
    // A job the rules do not let start yet: its timer was a little early. By now its back-off may have ended.
    if (claims.length < jobs.length) {
      const claimed = new Set(claims.map((claim) => claim.job));
      for (const job of jobs) if (!claimed.has(job)) this.queue.offerAgain(job);
    }
    if (claims.length === 0) return this.claimMore();
    for (const { job } of claims) this.slots.occupy(job.definition.type);
    const sentAt = this.environment.monotonic();
    for (const { job } of claims) this.claimSentAt.set(keyOf(job.graph.id, job.id), sentAt);
    const results = await this.log.append(claims.map((claim) => claim.append));
    // The log takes no more from this worker, now or later. What it does not claim, others can.
    if (E.isLeft(results)) this.fail('claims cannot be written', results.left);
    claims.forEach(({ job, append, hold }, index) => {
      const result = E.isRight(results) ? results.right[index]! : null;
      if (result?.appended === true) {
        this.statistics.claims += 1;
        this.run(job, hold());
        return;
      }
      this.claimSentAt.delete(keyOf(job.graph.id, job.id));
      this.slots.release(job.definition.type);
      if (result === null) return this.queue.offerAgain(job);
      this.statistics.claims += 1;
      this.statistics.claimsLost += 1;
      if (result.actualRevision === null) {
        this.logger.error({ ...refTo(job), err: result.problem }, `a job cannot be claimed: ${result.problem.message}`);
        return; // It is not offered again until its stream has been mended and read anew.
      }
      this.contested.set(job, result.actualRevision);
      this.logger.debug(
        { ...refTo(job), revision: append.expectedRevision },
        'another worker was faster to claim the job',
      );
    });
    this.claimMore();
  }

  private claimOf(job: JobNode) {
    const { environment } = this;
    const subject = job.subject();
    const hasWaited = this.queue.hasWaited(job);
    const decision = decideJob(subject, { kind: 'start', worker: this.identity, leaseMs: this.leaseMs, hasWaited });
    if (E.isLeft(decision)) return [];
    const event = decision.right[0]!;
    const id = environment.newId();
    const expectedRevision = subject.state.revision;
    const sentAt = environment.now();
    const started: NewEvent = { id, event, causationId: job.record.readyCause, actor: this.id };
    const append: Append = { graphId: job.graph.id, jobId: job.id, expectedRevision, events: [started] };
    const hold = () => {
      const recordedAt = new Date(sentAt).toISOString();
      const recorded = { id, revision: expectedRevision + 1, recordedAt, ...event } as RecordedJobEvent;
      const state = evolveJob(subject.state, recorded);
      return new ClaimedJob(
        { log: this.log, environment, worker: this.identity },
        { ...subject, state, status: state.status },
      );
    };
    return [{ job, append, hold }];
  }

  // ---- running

  private run(job: JobNode, claimed: ClaimedJob): void {
    const { type } = job.definition;
    const key = keyOf(claimed.graphId, claimed.id);
    const release = () => {
      this.slots.release(type);
      this.claimMore();
    };
    this.claimed.set(key, claimed);
    if (this.mode !== 'working') {
      release();
      return this.track(this.handBack(claimed));
    }
    const run = runJob(job, claimed, {
      handler: this.handlers[type]!,
      policyOfType: this.configuration.types[type]?.retry,
      heartbeatMs: Math.min(this.configuration['heartbeat.sleep-time'], claimed.leaseMs / 2),
      environment: this.environment,
      log: this.store.log,
      persistent: this.log,
      logger: this.logger,
      reporter: this.reporter,
      onPlaceFree: release,
      isStopping: () => this.mode !== 'working',
    });
    this.track(
      run.then((ending) => {
        if (this.claimed.get(key) === claimed) this.claimed.delete(key);
        this.statistics[ending] += 1;
        this.lastActiveAt = this.environment.monotonic();
      }),
    );
  }

  /** Hands a job back for others to run. False if the log would not take that. */
  private async handBack(claimed: ClaimedJob): Promise<boolean> {
    const message = `worker ${this.id} stops`;
    claimed.interrupt(new OverseerError('worker-stopping', message));
    const failure = { reason: 'system/released', exception: 'Released', message };
    const { attempt } = claimed;
    const now = this.environment.now();
    const written = claimed.write({
      kind: 'fault',
      attempt,
      cause: 'released',
      failure,
      errorNames: [],
      now,
      random: 0,
    });
    try {
      await written;
      return true;
    } catch (error) {
      this.logger.warn({ err: error }, 'a job could not be handed back; its lease will end');
      return !this.health.isFailing('writing');
    }
  }

  // ---- ending

  /** Stops because going on makes no sense. The host process goes on. */
  private fail(why: string, cause: unknown): void {
    if (this.stopping !== null) return;
    const error = new OverseerError('worker-failed', `worker ${this.id} stops: ${why}`, { cause });
    this.logger.error({ err: error }, error.message);
    this.giveUp.abort();
    for (const claimed of this.claimed.values()) claimed.lose(why);
    this.stopping = this.end(error);
  }

  private async end(failure: OverseerError | null): Promise<void> {
    const { environment } = this;
    this.mode = 'stopping';
    this.logger.info({ workerId: this.id, running: this.claimed.size }, 'worker is stopping');
    await this.ended(this.configuration['stop-timeout']);
    const left = [...this.claimed.values()].filter((claimed) => !claimed.isOver);
    const handedBack = left.map((claimed) => this.handBack(claimed));
    for (const each of handedBack) this.track(each);
    await this.ended(this.leaseMs);
    this.mode = 'stopped';
    this.giveUp.abort();
    const kept = (await Promise.all(handedBack)).filter((isBack) => !isBack).length;
    this.subscription?.close();
    this.queue.close();
    this.environment.cancelAll();
    await this.following;
    await this.saveSnapshot(0);
    await this.reporter.close();
    this.logger.info({ workerId: this.id, ...this.statistics, at: environment.now() }, 'worker stopped');
    const ending = failure ?? this.notHandedBack(kept);
    if (ending === null) this.settleStopped.resolve();
    else this.settleStopped.reject(ending);
  }

  private notHandedBack(jobs: number): OverseerError | null {
    if (jobs === 0) return null;
    const what = jobs === 1 ? 'a job' : `${jobs} jobs`;
    const message = `worker ${this.id} stopped, but the log would not take that ${what} was handed back; others run it once its lease is over`;
    return new OverseerError('worker-failed', message);
  }

  /** Waits until nothing is under way any more, at most so long. */
  private async ended(mostMs: number): Promise<void> {
    const patience = new AbortController();
    const tooLong = delay(this.environment, mostMs, patience.signal).then(() => 'too long');
    while (this.underWay.size > 0) {
      const first = await Promise.race([tooLong, Promise.all(this.underWay)]);
      if (first === 'too long') break;
    }
    patience.abort();
  }

  private track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => this.fail('of a defect', error))
      .finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }

  // ---- time

  /** Does something again and again, never twice at once, until the worker stops. */
  private every(ms: () => number, work: () => Promise<void> | void): void {
    const next = () => {
      if (this.mode === 'stopped') return;
      this.environment.setTimer(ms(), () => {
        Promise.resolve(work()).then(next, (error: unknown) => this.fail('of a defect', error));
      });
    };
    next();
  }

  private sayIdle(): void {
    const idleMs = this.environment.monotonic() - this.lastActiveAt;
    if (this.claimed.size > 0 || idleMs < this.configuration['sleep-time']) return;
    this.logger.info({ workerId: this.id, idleMs: Math.round(idleMs) }, 'no ready job to run; waiting');
    this.claimMore();
  }
}

function emptyStatistics(): WorkerStatistics {
  return { claims: 0, claimsLost: 0, finished: 0, failed: 0, faulted: 0, aborted: 0, leasesLost: 0 };
}

function keyOf(graphId: string, jobId: string | null): string {
  return `${graphId}/${jobId}`;
}

function refTo(job: JobNode): object {
  return { graphId: job.graph.id, jobId: job.id, type: job.definition.type };
}
