import type { WorkerIdentity } from '../domain/events.js';
import type { LiveProjection } from '../domain/eligibility.js';
import type { JobNode } from '../domain/graph.js';
import { decideJob } from '../domain/job-decisions.js';
import { isLeaseExpired } from '../domain/lease.js';
import type { Append, EventLog } from '../log/event-log.js';
import { E } from '../prelude/fp.js';
import type { Environment } from '../store/environment.js';
import type { Logger } from './logger.js';
import type { LogHealth } from './persistence.js';
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

/** Looks cost little; at least one a second, so that a job with a short lease that comes up meanwhile is seen in time. */
const lookMs = { least: 20, most: 1000 };

interface Observation {
  readonly revision: number;
  readonly at: number;
}

/**
 * Watches the jobs other workers run. A job whose stream stays silent for longer than its lease, counted on this
 * worker's own clock since it saw the last event, is taken from its owner with a JobFaulted at the revision judged: if
 * the owner, or another monitor, has written in the meantime, the append is refused and nothing has happened.
 */
export class Monitor {
  private readonly observed = new Map<JobNode, Observation>();
  private nextLookAt: number | null = null;

  constructor(private readonly dependencies: MonitorDependencies) {}

  /** How long until the next look, for leases to be judged in good time: a tenth of the shortest one, within bounds. */
  waitMs(sleepTimeMs: number): number {
    const wait = Math.max(lookMs.least, Math.min(sleepTimeMs, lookMs.most, this.shortestLeaseMs() / 10));
    this.nextLookAt = this.dependencies.environment.monotonic() + wait;
    return wait;
  }

  /** Looks at every started job, and takes back those whose lease is over. */
  async look(): Promise<void> {
    const { projection, environment, isHeld } = this.dependencies;
    const now = environment.monotonic();
    const expired: JobNode[] = [];
    this.forgetIfPaused(now);
    for (const job of this.observed.keys()) if (!projection.started.has(job)) this.observed.delete(job);
    for (const job of projection.started.keys()) {
      const { revision, leaseMs } = job.state;
      const seen = this.observed.get(job);
      if (seen?.revision !== revision) this.observed.set(job, { revision, at: now });
      else if (isLeaseExpired(seen.at, now, leaseMs!) && !isHeld(job)) expired.push(job);
    }
    if (expired.length > 0) await this.takeBack(expired, now);
  }

  /** A worker that was stopped itself cannot tell the silence of others from its own: it begins to watch anew. */
  private forgetIfPaused(now: number): void {
    if (this.nextLookAt !== null && now - this.nextLookAt > this.shortestLeaseMs() / 2) this.observed.clear();
  }

  private shortestLeaseMs(): number {
    let shortest = Infinity;
    for (const job of this.dependencies.projection.started.keys()) shortest = Math.min(shortest, job.state.leaseMs!);
    return shortest;
  }

  private async takeBack(jobs: readonly JobNode[], now: number): Promise<void> {
    const { environment, logger, worker } = this.dependencies;
    const appends: Append[] = [];
    for (const job of jobs) {
      const silentMs = Math.round(now - this.observed.get(job)!.at);
      const owner = job.state.worker!;
      const message = `worker ${owner.id} on ${owner.host} (pid ${owner.pid}) gave no sign of life for ${silentMs} ms`;
      logger.warn(
        { graphId: job.graph.id, jobId: job.id, attempt: job.state.attempt, silentMs },
        `lease expired: ${message}`,
      );
      const decision = decideJob(job.subject(), {
        kind: 'fault',
        attempt: job.state.attempt,
        cause: 'lease-expired',
        failure: { reason: 'system/lease-expired', exception: 'LeaseExpired', message },
        errorNames: [],
        now: environment.now(),
        random: 0,
      });
      if (E.isLeft(decision)) continue;
      const { lastEventId, revision } = job.state;
      const events = newEvents(environment, decision.right, lastEventId, worker.id);
      appends.push({ graphId: job.graph.id, jobId: job.id, expectedRevision: revision, events });
    }
    // Tried once: the next look judges anew, and by then the owner may have shown itself.
    const results = await this.dependencies.log.append(appends)();
    if (E.isLeft(results)) this.dependencies.health.failed('writing', results.left);
  }
}
