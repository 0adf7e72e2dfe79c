import { setTimeout as delay } from 'node:timers/promises';
import { isLocked } from './errors.js';

const pauseMs = { first: 1, most: 50 };

/**
 * Does something with the file as soon as nobody else has it locked, for so long. Waiting is done here and not in
 * SQLite, which waits without letting anything else happen in this process: no timer, no heartbeat, no signal.
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

/** With some chance in it, so that those who wait do not all come back at once. */
export function pauseBefore(retry: number): number {
  return Math.min(pauseMs.first * 2 ** retry, pauseMs.most) * (0.5 + Math.random() / 2);
}
