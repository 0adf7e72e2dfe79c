import type { WorkerIdentity } from '../domain/events.js';
import type { LiveProjection } from '../domain/live-projection.js';
import type { JobNode } from '../domain/graph.js';
import { decideJob } from '../domain/job-decisions.js';
import { isLeaseExpired } from '../domain/lease.js';
import type { Append, EventLog } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import type { Logger } from './logger.js';
import type { LogHealth } from './retrying-log.js';
import { newEvents } from '../store/new-events.js';

export interface MonitorDependencies {
  readonly projection: LiveProjection;
  readonly environment: Environment;
  readonly worker: WorkerIdentity;
  readonly logger: Logger;
  readonly log: EventLog;
  readonly health: LogHealth;
  /** Whether this worker itself runs the job. */
  readonly isHeld: (job: JobNode) => boolean;
}

/** Looking costs little. At least once a second, so that a job with a short lease that starts meanwhile is seen in time. */
const lookMs = { least: 20, most: 1000 };

/** What is known of a started job since its last event. */
interface Observation {
  readonly revision: number;
  readonly at: number;
  /** Whether taking it back was refused: somebody has written an event that was not seen here yet. It is not tried again. */
  isRefused: boolean;
}

/** A job to take back, and why. */
interface Lost {
  readonly job: JobNode;
  readonly why: string;
}

/**
 * Watches the jobs that other workers run, and takes back those that have lost their owner: a job whose stream has been silent
 * for longer than its lease, by this worker's own clock since it saw the last event; and at once a job whose owner ran on
 * this machine and has ended. It appends a JobFaulted at the revision it judged. If the owner or another monitor has
 * written in the meantime, the append is refused and nothing happens.
 */
export class Monitor {
  private readonly observed = new Map<JobNode, Observation>();
  private nextLookAt: number | null = null;

  constructor(private readonly dependencies: MonitorDependencies) {}

  /** How long until the next look: a tenth of the shortest lease, within bounds. */
  waitMs(sleepTimeMs: number): number {
    const wait = Math.max(lookMs.least, Math.min(sleepTimeMs, lookMs.most, this.shortestLeaseMs() / 10));
    this.nextLookAt = this.dependencies.environment.monotonic() + wait;
    return wait;
  }

  /** Looks at every started job, and takes back those whose lease is over or whose owner has ended. */
  async look(): Promise<void> {
    const { projection, environment, isHeld } = this.dependencies;
    const now = environment.monotonic();
    const lost: Lost[] = [];
    this.forgetIfPaused(now);
    for (const job of this.observed.keys()) if (!projection.started.has(job)) this.observed.delete(job);
    const isGone = this.goneWorkers();
    for (const job of projection.started.keys()) {
      const seen = this.observe(job, now);
      if (isHeld(job) || seen.isRefused) continue;
      const owner = job.state.worker!;
      const named = `worker ${owner.id} on ${owner.host} (pid ${owner.pid})`;
      const silentMs = Math.round(now - seen.at);
      if (isGone(owner)) lost.push({ job, why: `the process of ${named} is gone` });
      else if (isLeaseExpired(seen.at, now, job.state.leaseMs!)) {
        lost.push({ job, why: `${named} gave no sign of life for ${silentMs} ms` });
      }
    }
    if (lost.length > 0) await this.reclaim(lost);
  }

  /** Starts to watch again: a worker that could not read or write for a while cannot tell others' silence from its own. */
  beginAnew(): void {
    this.observed.clear();
  }

  private observe(job: JobNode, now: number): Observation {
    const { revision } = job.state;
    const known = this.observed.get(job);
    if (known?.revision === revision) return known;
    const fresh = { revision, at: now, isRefused: false };
    this.observed.set(job, fresh);
    return fresh;
  }

  /** Asks once per look about each worker, however many jobs it holds. */
  private goneWorkers(): (worker: WorkerIdentity) => boolean {
    const known = new Map<string, boolean>();
    return (worker) => {
      const asked = known.get(worker.id) ?? this.dependencies.environment.isGone?.(worker) ?? false;
      known.set(worker.id, asked);
      return asked;
    };
  }

  /** The same holds for a worker whose process was suspended. */
  private forgetIfPaused(now: number): void {
    if (this.nextLookAt !== null && now - this.nextLookAt > this.shortestLeaseMs() / 2) this.beginAnew();
  }

  private shortestLeaseMs(): number {
    let shortest = Infinity;
    for (const job of this.dependencies.projection.started.keys()) shortest = Math.min(shortest, job.state.leaseMs!);
    return shortest;
  }

  private async reclaim(lost: readonly Lost[]): Promise<void> {
    const { logger, health, log } = this.dependencies;
    const takings = lost.flatMap((each) => this.taking(each));
    // Tried once: the next look judges again, and by then the owner may have given a sign of life.
    const results = await log.append(takings.map(({ append }) => append))();
    if (E.isLeft(results)) return health.failed('writing', results.left);
    health.worked('writing');
    takings.forEach(({ job, why, append, attempt }, index) => {
      const about = { graphId: job.graph.id, jobId: job.id, attempt };
      if (results.right[index]!.appended) return logger.warn(about, `lease expired: ${why}`);
      const seen = this.observed.get(job);
      if (seen?.revision === append.expectedRevision) seen.isRefused = true;
      logger.debug(about, `its lease would have expired (${why}), but somebody has written to its stream`);
    });
  }

  private taking({ job, why }: Lost) {
    const { environment, worker } = this.dependencies;
    const { attempt, lastEventId, revision } = job.state;
    const failure = { reason: 'system/lease-expired', exception: 'LeaseExpired', message: why };
    const command = {
      kind: 'fault',
      attempt,
      cause: 'lease-expired',
      failure,
      errorNames: [],
      now: environment.now(),
      random: 0,
    } as const;
    const decision = decideJob(job.subject(), command);
    if (E.isLeft(decision)) return [];
    const events = newEvents(environment, decision.right, lastEventId, worker.id);
    const append: Append = { graphId: job.graph.id, jobId: job.id, expectedRevision: revision, events };
    return [{ job, why, attempt, append }];
  }
}
