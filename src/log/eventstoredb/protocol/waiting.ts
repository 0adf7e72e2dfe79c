import { delay } from '../../../prelude/delay.js';
import { afterMs } from '../../../prelude/timer.js';
import { whenAborted } from '../../../prelude/when-aborted.js';

/** Works on all items, at most `atOnce` at a time. Results are in the order of the items; the first failure ends it. */
export async function inParallel<A, B>(
  atOnce: number,
  items: readonly A[],
  work: (item: A) => Promise<B>,
): Promise<readonly B[]> {
  const results: B[] = new Array<B>(items.length);
  let next = 0;
  let hasFailed = false;
  const workThrough = async () => {
    while (next < items.length && !hasFailed) {
      const index = next++;
      try {
        results[index] = await work(items[index]!);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, workThrough));
  return results;
}

/** Waits, or stops waiting when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay({ setTimer: afterMs }, ms, signal);
}

/** Waits for work to end, with or without an error, but no longer than `ms`. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(timer);
}

/** The result of work; rejects at once when the signal aborts, so that closing never waits for a silent server. */
export function unlessAborted<A>(signal: AbortSignal, work: Promise<A>): Promise<A> {
  return new Promise((resolve, reject) => {
    const unlisten = whenAborted(signal, () => reject(new Error('aborted while waiting')));
    work.then(resolve, reject).finally(unlisten);
  });
}
