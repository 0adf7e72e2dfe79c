import type { RunningJob } from '../handlers/handler.js';
import { checkedBeat } from '../handlers/output.js';
import { E } from '../prelude/fp.js';
import type { Json } from '../prelude/json.js';
import type { Environment } from '../store/environment.js';
import type { ClaimedJob } from './claimed-job.js';
import type { Logger } from './logger.js';

/** How a worker's own heartbeats are sent. */
export interface BeatOptions {
  readonly environment: Environment;
  /** Between two heartbeats. */
  readonly heartbeatMs: number;
  readonly logger: Logger;
}

/** Sends heartbeats while the job runs. A beat that cannot be written ends the lease. Returns how to stop. */
export function keepBeating(claimed: ClaimedJob, { environment, heartbeatMs, logger }: BeatOptions): () => void {
  let cancel = () => {};
  const beat = () => {
    const lateMs = environment.monotonic() - claimed.lastSignAt - heartbeatMs;
    if (lateMs > claimed.leaseMs / 2) {
      logger.warn(
        { lateMs: Math.round(lateMs), type: claimed.type },
        'a heartbeat is late: something keeps the event loop busy, or stopped the process',
      );
    }
    if (!claimed.isOver) claimed.write({ kind: 'heartbeat', attempt: claimed.attempt }).then(wait, () => {});
  };
  // Counted from the last sign of life, so that a handler's own heartbeats replace the automatic ones.
  const wait = () => {
    const silentMs = environment.monotonic() - claimed.lastSignAt;
    cancel = environment.setTimer(Math.max(1, heartbeatMs - silentMs), () => {
      if (environment.monotonic() - claimed.lastSignAt >= heartbeatMs) beat();
      else wait();
    });
  };
  wait();
  return () => cancel();
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
