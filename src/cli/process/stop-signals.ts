import { constants } from 'node:os';
import { endProcess } from './end-process.js';

/** The terminal that is closed asks for the same as whoever interrupts: to come to an end. */
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
type StopSignal = (typeof stopSignals)[number];

/**
 * Within this time a second signal is the first one once more. `npx` passes on what its whole process group has got, a
 * supervisor signals each process of a service, and so does a parent that was signalled itself.
 */
const sameSignalMs = 1000;

/** Calls of {@link onStopSignal} that listen. While there are none, a signal ends the process. */
let listening = 0;

/**
 * Calls back at the first signal to stop, for everything to come to a good end; another one, later than a second,
 * ends the process at once. Returns how to stop listening.
 */
export function onStopSignal(stop: (signal: StopSignal) => void): () => void {
  let isHeard = false;
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const heard = (signal: StopSignal) => {
    if (isOver) endAtOnce(signal);
    if (isHeard) return;
    isHeard = true;
    // Signals that came while something kept the process busy are all heard together, after its timers have run.
    timer = setTimeout(() => setImmediate(() => (isOver = true)), sameSignalMs).unref();
    stop(signal);
  };
  listening += 1;
  for (const signal of stopSignals) process.on(signal, heard);
  return () => {
    listening -= 1;
    clearTimeout(timer);
    for (const signal of stopSignals) process.off(signal, heard);
  };
}

/**
 * The first process of a container is spared by signals it does not listen to, where any other would be ended. It
 * listens, so that a command ends in a container as it does elsewhere.
 */
export function endAtSignals(): void {
  if (process.pid !== 1) return;
  for (const signal of [...stopSignals, 'SIGQUIT'] as const) {
    process.on(signal, () => {
      if (listening === 0 || signal === 'SIGQUIT') endAtOnce(signal);
    });
  }
}

export function endAtOnce(signal: NodeJS.Signals): never {
  endProcess(128 + constants.signals[signal]);
}
