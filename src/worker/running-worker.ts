import type { RecordedEvent, WorkerIdentity } from '../domain/events.js';
import { leaseLengthMs } from '../domain/lease.js';
import { LogError, streamKey } from '../log/event-log.js';
import { OverseerError } from '../prelude/errors.js';
import { LiveFeed } from '../store/live-feed.js';
import { ClaimedJobs } from './claimed-jobs.js';
import { Claims } from './claims.js';
import { Following } from './following.js';
import { Heartbeats } from './heartbeats.js';
import { learnFrom } from './learn.js';
import { Monitor } from './monitor.js';
import { Outbox } from './outbox.js';
import { OwnTimers } from './own-timers.js';
import { PauseTeller } from './pause-teller.js';
import { ReadyQueue } from './ready-queue.js';
import { Outage, type RetryingLog, retryingLog } from './retrying-log.js';
import { notHandedBack, Runs } from './runs.js';
import type { RunningWorkerOptions } from './running-worker-options.js';
import { Shares } from './shares.js';
import { Slots } from './slots.js';
import { UnderWay } from './under-way.js';
import { Watches } from './watches.js';
import { workerIdentity } from './worker-id.js';
import { emptyStatistics, type Worker } from './worker.js';

/** What a worker logs when it has been idle for long, with for how long: `idleMs`. */
export const idleMessage = 'no ready job to run; waiting';

const snapshotEveryMs = 600_000;

/** After how many leases without a working log a worker gives up. */
const outageLeasesMax = 10;

/**
 * The worker. Its parts: a feed that keeps the live projection up to date with the log, a queue of ready jobs, the claims it
 * makes on them (each one append of a JobStarted at the revision it has seen: one worker's append fits, the others' are
 * refused), the jobs it has claimed, and a monitor of the jobs that others have. It acts on events of the log, on ends of
 * handlers, and on timers. Each of them may free a slot or make a job ready, and so calls `claimMore`.
 *
 * It is in one of three modes. *working*: it claims and runs. *stopping*: it claims nothing new, and running jobs may
 * end. *stopped*: it holds no job, and has closed its subscription and timers.
 */
export class RunningWorker implements Worker {
  readonly id: string;
  readonly statistics = emptyStatistics();
  private settleStopped: { resolve(): void; reject(error: unknown): void } = { resolve() {}, reject() {} };
  readonly stopped = this.untilStopped();
  private mode: 'working' | 'stopping' | 'stopped' = 'working';
  private stopping: Promise<void> | null = null;
  private readonly environment: OwnTimers;
  private readonly feed: LiveFeed;
  private readonly queue: ReadyQueue;
  private readonly claims: Claims;
  private readonly monitor: Monitor;
  private readonly log: RetryingLog;
  private readonly health: Outage;
  private readonly giveUp = new AbortController();
  private readonly underWay: UnderWay;
  private readonly heartbeats: Heartbeats;
  private readonly shares: Shares;
  private readonly following: Following;
  private followed: Promise<void> = Promise.resolve();
  /** Jobs that run here. */
  private readonly claimed: ClaimedJobs;
  private readonly runs: Runs;
  private readonly slots: Slots;
  private readonly pauses: PauseTeller;
  private readonly watches: Watches;
  private readonly leaseMs: number;
  /** Whether it looks for jobs to claim before this turn is over. */
  private willClaim = false;

  constructor(private readonly options: RunningWorkerOptions) {
    const { store, configuration, logger } = options;
    const { log } = store;
    const environment = new OwnTimers(store.environment);
    const worker = workerIdentity(environment, Object.keys(options.handlers));
    this.environment = environment;
    this.id = worker.id;
    this.leaseMs = leaseLengthMs(configuration['heartbeat.sleep-time'], configuration['heartbeat.tolerance']);
    this.slots = new Slots(configuration.concurrency, (type) => configuration.types[type]?.concurrency ?? Infinity);
    this.pauses = new PauseTeller(Object.keys(options.handlers), logger);
    this.underWay = new UnderWay(environment, (error) => this.fail('of a defect', error));
    this.health = new Outage(
      environment,
      (lastsMs, error) => this.logFailed(lastsMs, error),
      (error) => this.fail(error.message, error),
    );
    this.log = retryingLog({ log, environment, logger, health: this.health, giveUp: this.giveUp.signal });
    this.queue = this.newQueue();
    this.feed = new LiveFeed(
      log,
      this.queue,
      (graphId, upTo) => this.log.read(log.readGraph(graphId, upTo)),
      (graphId, error) => logger.error({ graphId, err: error }, `a graph is left alone: ${error.message}`),
    );
    this.claimed = new ClaimedJobs(this.feed.projection, this.underWay);
    this.shares = this.newShares(worker);
    this.following = this.newFollowing();
    // A heartbeat is forced at half a lease, however far apart they are set.
    const heartbeatMs = Math.min(configuration['heartbeat.sleep-time'], this.leaseMs / 2);
    this.heartbeats = new Heartbeats({ environment, heartbeatMs, logger });
    const outbox = new Outbox(this.log, (error) => this.fail('of a defect', error));
    const { claimed, slots, health, underWay, statistics } = this;
    this.runs = new Runs(options, {
      workerId: worker.id,
      given: {
        environment,
        retrying: this.log,
        heartbeats: this.heartbeats,
        isStopping: () => this.mode !== 'working',
        alongWith: (job) => (ending) => (this.mode === 'working' ? this.claims.alongWith(job, ending) : null),
      },
      ...{ claimed, slots, health, underWay, statistics },
      onSlotFree: () => this.claimSoon(),
      onOver: (each) => this.claims.limits.over(each),
    });
    this.claims = this.newClaims(worker, outbox);
    this.watches = this.newWatches(worker);
    this.monitor = new Monitor({
      worker,
      environment,
      logger,
      projection: this.feed.projection,
      log,
      health: this.health,
      isHeld: (job) => this.claimed.has(job),
    });
  }

  async begin(): Promise<void> {
    await this.feed.start(await this.shares.begin());
    this.options.logger.info({ workerId: this.id, types: Object.keys(this.options.handlers) }, 'worker started');
    this.followed = this.follow();
    const { 'heartbeat.sleep-time': periodMs, 'sleep-time': idleMs } = this.options.configuration;
    const every = (ms: number | (() => number), work: () => Promise<void> | void) => {
      const due = typeof ms === 'number' ? () => ms : ms;
      this.environment.every(due, work, (error) => this.fail('of a defect', error));
    };
    every(idleMs, () => this.sayIdle());
    const untilMonitor = () => this.monitor.waitMs(periodMs);
    every(untilMonitor, () => this.monitor.look());
    // A log may grow by events that do not concern this worker; the next one should not have to read them all.
    every(snapshotEveryMs, () => this.saveSnapshot(0));
  }

  stop(): Promise<void> {
    this.stopping ??= this.end(null);
    return this.stopping;
  }

  private untilStopped(): Promise<void> {
    const stopped = new Promise<void>((resolve, reject) => {
      this.settleStopped = { resolve, reject };
    });
    stopped.catch(() => {}); // Whoever does not ask need not hear.
    return stopped;
  }

  private newClaims(worker: WorkerIdentity, outbox: Outbox): Claims {
    const { environment, queue, slots, log, statistics, leaseMs, feed } = this;
    const { store, logger } = this.options;
    return new Claims({
      ...{ worker, environment, logger, leaseMs, queue, slots, log, statistics },
      holding: { outbox, environment, worker, onSign: (claimed) => this.heartbeats.sawSign(claimed) },
      projection: feed.projection,
      eventLog: store.log,
      hold: (claimed) => this.claimed.add(claimed),
      run: (job, claimed) => this.runs.start(job, claimed),
      onUnwritable: (error) => this.fail('claims cannot be written', error),
      onDecided: () => this.claimMore(),
      underWay: (work) => this.underWay.add(work),
    });
  }

  private newQueue(): ReadyQueue {
    const { handlers, configuration } = this.options;
    return new ReadyQueue({
      workerId: this.id,
      ownSlots: configuration.concurrency,
      environment: this.environment,
      handles: (type) => Object.hasOwn(handlers, type),
      isOwn: (job) => this.shares.isOwn(job.graph.id),
      isLive: () => this.following.isCaughtUp,
      onOffer: () => this.claimMore(),
      runningBy: (workerId) => this.feed.projection.runningBy(workerId),
      admits: (job) => this.claims.limits.admits(job),
      onUnready: (job) => this.claims.limits.forget(job),
    });
  }

  private newShares(worker: WorkerIdentity): Shares {
    const { handlers, configuration, store } = this.options;
    return new Shares({
      worker,
      slots: configuration.concurrency,
      handles: (type) => Object.hasOwn(handlers, type),
      environment: this.environment,
      log: store.log,
      feed: this.feed,
      claimsUnderWay: () => this.claims.underWay,
      onChange: () => this.following.changeShare(),
      onDefect: (error) => this.fail('of a defect', error),
    });
  }

  private newFollowing(): Following {
    const { feed, shares, health, log: retrying } = this;
    return new Following({
      ...{ feed, shares, health, retrying },
      log: this.options.store.log,
      safetyNetMs: this.options.configuration['detector-sleep-time'],
      heldGraphs: () => new Set([...this.claimed.graphIds(), ...this.claims.graphIds()]),
      onLeave: () => this.queue.forgetOthers(),
      onEvents: (events) => this.applied(events),
      onMessage: () => this.afterMessage(),
    });
  }

  private newWatches(worker: WorkerIdentity): Watches {
    const { environment, log, feed } = this;
    return new Watches({
      ...{ worker, environment, log, feed, store: this.options.store, logger: this.options.logger },
      isLive: () => this.following.isCaughtUp,
      held: (job) => this.claimed.get(job),
      underWay: (work) => this.underWay.add(work),
      onDefect: (error) => this.fail('of a defect', error),
    });
  }

  // ---- what comes from the log

  private async follow(): Promise<void> {
    try {
      const wasClosed = await this.following.follow();
      if (!wasClosed) this.fail('the store was closed', null);
    } catch (error) {
      this.fail(error instanceof LogError ? error.message : 'following the log failed', error);
    }
  }

  private async applied(events: readonly RecordedEvent[]): Promise<void> {
    const { id: workerId, queue, shares, claims, feed } = this;
    for (const event of events) {
      const key = streamKey(event);
      learnFrom(event, key, { workerId, queue, shares, claims, feed });
      this.claimed.loseTaken(event, key);
    }
    this.watches.hear(events);
    this.claims.limits.hear(events);
    this.claims.offerContested();
    await this.saveSnapshot();
  }

  private afterMessage(): void {
    const { feed, following } = this;
    if (following.isCaughtUp) {
      this.pauses.tell(feed.projection.work);
      this.watches.begin();
    }
    this.shares.decide();
    this.claimMore();
  }

  private async saveSnapshot(worthIt?: number): Promise<void> {
    await this.feed
      .saveSnapshot(worthIt)
      .catch((error: unknown) => this.options.logger.warn({ err: error }, 'no snapshot could be saved'));
  }

  private logFailed(lastsMs: number, error: LogError): void {
    // Others may have lost the log too, and so be late with their heartbeats.
    if (lastsMs > this.leaseMs / 2) this.monitor.beginAnew();
    if (lastsMs <= outageLeasesMax * this.leaseMs || !this.options.configuration['heartbeat.monitor-shutdown']) return;
    this.fail(`the log has failed for longer than ${outageLeasesMax} leases`, error);
  }

  // ---- running

  /** Jobs that end together free their slots one by one; what is ready for those is claimed in one go. */
  private claimSoon(): void {
    if (this.willClaim) return;
    this.willClaim = true;
    queueMicrotask(() => {
      this.willClaim = false;
      try {
        this.claimMore();
      } catch (error) {
        this.fail('of a defect', error);
      }
    });
  }

  private claimMore(): void {
    if (this.mode !== 'working' || !this.following.mayClaim) return;
    const decided = this.claims.claimReady();
    if (decided !== null) this.underWay.add(decided);
    this.shares.tellUse(this.slots.free > 0 && this.queue.isEmpty);
  }

  // ---- ending

  /** Stops because it makes no sense to go on. The host process goes on. */
  private fail(why: string, cause: unknown): void {
    if (this.stopping !== null) return;
    const error = new OverseerError('worker-failed', `worker ${this.id} stops: ${why}`, { cause });
    this.options.logger.error({ err: error }, error.message);
    this.giveUp.abort();
    for (const claimed of this.claimed.all()) claimed.lose(why);
    this.stopping = this.end(error);
  }

  private async end(failure: OverseerError | null): Promise<void> {
    const { environment } = this;
    this.mode = 'stopping';
    this.watches.close();
    this.options.logger.info({ workerId: this.id, running: this.claimed.size }, 'worker is stopping');
    await this.underWay.ended(this.options.configuration['stop-timeout']);
    const handedBack = this.runs.handAllBack();
    await this.underWay.ended(this.leaseMs);
    this.mode = 'stopped';
    this.giveUp.abort();
    const kept = await handedBack;
    this.following.close();
    this.claims.limits.close();
    this.queue.close();
    this.environment.cancelAll();
    await this.followed;
    await this.saveSnapshot(0);
    await this.options.reporter.close();
    this.options.logger.info({ workerId: this.id, ...this.statistics, at: environment.now() }, 'worker stopped');
    const ending = failure ?? notHandedBack(this.id, kept);
    if (ending === null) this.settleStopped.resolve();
    else this.settleStopped.reject(ending);
  }

  // ---- time

  private sayIdle(): void {
    const idleMs = this.environment.monotonic() - this.runs.lastEndedAt;
    if (this.claimed.size > 0 || idleMs < this.options.configuration['sleep-time']) return;
    this.options.logger.info({ workerId: this.id, idleMs: Math.round(idleMs) }, idleMessage);
    this.claimMore();
  }
}
