/** Node counts a timer in 31 bits, and turns a longer one into one millisecond. */
const timerMsMax = 2 ** 31 - 1;

/**
 * Calls back once, after at least that many milliseconds, however many they are; returns a function that cancels it. Time is
 * counted on the monotonic clock.
 */
export function afterMs(ms: number, callback: () => void): () => void {
  const endsAt = performance.now() + ms;
  const wait = (leftMs: number) =>
    leftMs <= timerMsMax ? setTimeout(callback, leftMs) : setTimeout(waitOn, timerMsMax);
  const waitOn = () => {
    timer = wait(endsAt - performance.now());
  };
  let timer = wait(ms);
  return () => clearTimeout(timer);
}
