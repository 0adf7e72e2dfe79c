/**
 * Does something after a while, and not before somebody looks at the page: a page that nobody looks at asks nothing.
 *
 * @returns calls it off
 */
export function whenSeen(afterMs: number, act: () => void): () => void {
  const waiting = new AbortController();
  const timer = setTimeout(() => {
    if (document.visibilityState !== 'hidden') act();
    else document.addEventListener('visibilitychange', act, { once: true, signal: waiting.signal });
  }, afterMs);
  return () => {
    clearTimeout(timer);
    waiting.abort();
  };
}
