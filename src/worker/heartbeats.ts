import type { RunningJob } from '../handlers/handler.js';
import { checkedBeat } from '../handlers/output.js';
import { E } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import type { Environment } from '../store/environment.js';
import type { ClaimedJob } from './claimed-job.js';
import type { Logger } from './logger.js';

export interface HeartbeatsOptions {
  readonly environment: Environment;
  /** Between two heartbeats of a job. */
  readonly heartbeatMs: number;
  readonly logger: Logger;
}

/**
 * Sends the heartbeats of the jobs that run here, with one timer for all of them. They are counted from a job's last sign of
 * life, so that a handler's own heartbeats replace these. A beat that cannot be written ends the lease.
 */
export class Heartbeats {
  /** Those that are to beat, the one whose last sign is oldest first. */
  private readonly jobs = new Set<ClaimedJob>();
  private isTimed = false;

  constructor(private readonly options: HeartbeatsOptions) {}

  add(claimed: ClaimedJob): void {
    this.jobs.add(claimed);
    if (!this.isTimed) this.beatIn(this.options.heartbeatMs);
  }

  remove(claimed: ClaimedJob): void {
    this.jobs.delete(claimed);
  }

  /** A job has just given a sign of life: it goes to the end. */
  sawSign(claimed: ClaimedJob): void {
    if (this.jobs.delete(claimed)) this.jobs.add(claimed);
  }

  private beatIn(ms: number): void {
    this.isTimed = true;
    this.options.environment.setTimer(Math.max(1, ms), () => {
      this.isTimed = false;
      this.beatAll();
    });
  }

  private beatAll(): void {
    const { environment, heartbeatMs } = this.options;
    const now = environment.monotonic();
    for (const claimed of this.jobs) {
      const silentMs = now - claimed.lastSignAt;
      if (silentMs < heartbeatMs) return this.beatIn(heartbeatMs - silentMs);
      this.beat(claimed, silentMs - heartbeatMs);
    }
  }

  private beat(claimed: ClaimedJob, lateMs: number): void {
    this.jobs.delete(claimed);
    if (claimed.isOver) return;
    if (lateMs > claimed.leaseMs / 2) {
      this.options.logger.warn(
        { lateMs: Math.round(lateMs), type: claimed.type },
        'a heartbeat is late: something keeps the event loop busy, or stopped the process',
      );
    }
    claimed.record({ kind: 'heartbeat', attempt: claimed.attempt }, (failure) => {
      if (failure === null && !claimed.isOver) this.add(claimed);
    });
  }
}

/**
 * The heartbeat of a handler. Calls that come while a beat is being written become one beat, with the last details; each
 * caller hears when it is recorded.
 */
export function coalescedHeartbeat(claimed: ClaimedJob): RunningJob['heartbeat'] {
  let next: { details: Json | undefined; progress: number | undefined; written: Promise<void> } | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const send = async () => {
    await last.catch(() => {});
    const { details, progress } = next!;
    next = null;
    await claimed.write({ kind: 'heartbeat', attempt: claimed.attempt, details, progress });
  };
  return (details, progress) => {
    const checked = checkedBeat(details, progress);
    if (E.isLeft(checked)) return unheard(Promise.reject(checked.left));
    if (next === null) {
      next = { details: undefined, progress: undefined, written: Promise.resolve() };
      next.written = last = unheard(send());
    }
    if (checked.right !== undefined) next.details = checked.right;
    if (progress !== undefined) next.progress = progress;
    return next.written;
  };
}

/** A handler need not wait for its heartbeats; a failed one must not become an unhandled rejection. */
function unheard(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
