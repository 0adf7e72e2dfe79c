import { setTimeout as delay } from 'node:timers/promises';
import { isLocked } from './errors.js';

const pauseMs = { first: 1, most: 50 };

/**
 * Does work with the file, and tries again for up to `waitMs` while it is locked. The waiting is done here and not in
 * SQLite, which would block the whole process: no timer, no heartbeat, no signal.
 */
export async function whenFree<A>(work: () => A, waitMs: number): Promise<A> {
  const startedAt = performance.now();
  for (let retry = 0; ; retry++) {
    try {
      return work();
    } catch (error) {
      if (!isLocked(error) || performance.now() - startedAt >= waitMs) throw error;
    }
    await delay(pauseBefore(retry));
  }
}

/** Partly random, so that waiting processes do not all come back at once. */
export function pauseBefore(retry: number): number {
  return Math.min(pauseMs.first * 2 ** retry, pauseMs.most) * (0.5 + Math.random() / 2);
}
