import { whenAborted } from './when-aborted.js';

/** Sets timers: see `afterMs`, and an environment of tests. */
interface Timers {
  setTimer(ms: number, callback: () => void): () => void;
}

/** Waits, or stops waiting when the signal aborts. */
export function delay(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = () => {
      cancel();
      unlisten();
      resolve();
    };
    const cancel = timers.setTimer(ms, done);
    const unlisten = whenAborted(signal, done);
  });
}
