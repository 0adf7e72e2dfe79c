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
 * The heartbeat of a handler. Calls that come while one waits to be written become one with it, with the last details; each
 * caller hears when it is recorded. It waits in its place: an ending that comes after it is written after it.
 */
export function coalescedHeartbeat(claimed: ClaimedJob): RunningJob['heartbeat'] {
  let waiting: { details: Json | undefined; progress: number | undefined; written: Promise<void> } | null = null;
  return (details, progress) => {
    const checked = checkedBeat(details, progress);
    if (E.isLeft(checked)) return unheard(Promise.reject(checked.left));
    if (waiting !== null) {
      if (checked.right !== undefined) waiting.details = checked.right;
      if (progress !== undefined) waiting.progress = progress;
      return waiting.written;
    }
    const beat = { details: checked.right, progress, written: Promise.resolve() };
    waiting = beat;
    const { attempt } = claimed;
    beat.written = unheard(
      claimed.write(() => {
        waiting = null;
        return { kind: 'heartbeat', attempt, details: beat.details, progress: beat.progress };
      }),
    );
    return beat.written;
  };
}

/** A handler need not wait for its heartbeats; a failed one must not become an unhandled rejection. */
function unheard(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
