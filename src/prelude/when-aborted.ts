/** For each signal that somebody waits on: whom to call back, and how to stop listening. */
interface Waiting {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls back once when a signal aborts, or at once if it has. Returns a function that cancels it.
 *
 * All who wait on one signal share one listener. Node warns of a leak from the eleventh listener on, and a
 * program may well use one signal for thousands of waits.
 */
export function whenAborted(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const { callbacks, listener } = waiting.get(signal) ?? listenTo(signal);
  // A function of its own each time, since the same callback may be given twice.
  const call = () => callback();
  callbacks.add(call);
  return () => {
    if (!callbacks.delete(call) || callbacks.size > 0 || waiting.get(signal)?.callbacks !== callbacks) return;
    signal.removeEventListener('abort', listener);
    waiting.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Waiting {
  const callbacks = new Set<() => void>();
  const listener = () => {
    waiting.delete(signal);
    const all = [...callbacks];
    callbacks.clear();
    for (const callback of all) callback();
  };
  const added = { callbacks, listener };
  signal.addEventListener('abort', listener, { once: true });
  waiting.set(signal, added);
  return added;
}
